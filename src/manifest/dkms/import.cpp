#include "manifest/dkms/import.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/dkms/evaluate.hpp"
#include "manifest/dkms/messages.hpp"
#include "manifest/identity.hpp"
#include "manifest/reading.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::string value_of(const DkmsDump& dump, const std::string& directive) {
  const auto found = dump.seen.find(directive);
  if (found == dump.seen.end() || !found->second.contains(0)) return {};
  return std::string(trimmed(found->second.at(0)));
}

bool begins_with_mark(const fs::path& conf) { return read_file(conf).starts_with("\xef\xbb\xbf"); }

void report_missing(const DkmsOrigin& origin, std::string_view directive, Diagnostics& problems) {
  problems.report({.code = "dkms-name-missing",
                   .message = fmt::format("the dkms.conf sets no {}", directive),
                   .where = SourceSpan{origin.conf, 0, 0},
                   .notes = {},
                   .hint = begins_with_mark(origin.conf)
                               ? "take the byte order mark off the file's start: bash takes it for the beginning of a word"
                               : fmt::format("add {}=\"…\"; without it dkms does not take the package, either", directive)});
}

/// `dkms add` evaluates for the kernel that runs. No wanted kernel is known yet, and confs end where there is none: an invented
/// one has what they look for before they go on.
std::optional<DkmsDump> evaluate_for_some_kernel(const DkmsOrigin& origin, CommandRunner& runner, std::stop_token stop,
                                                 Diagnostics& problems) {
  const TempDir tree;
  fs::permissions(tree.path(), fs::perms{0755});
  DkmsKernel kernel{.release = KernelRelease("6.1.0-1-amd64"),
                    .arch = std::string(host_architecture().machine),
                    .source_dir = tree.path(),
                    .config = tree.path() / "include/config/auto.conf",
                    .distribution = "debian12"};
  for (const char* directory : {"include/config", "include/generated", "include/linux", "scripts"})
    make_directories(tree.path() / directory);
  for (const char* file : {".config", "include/config/auto.conf", "Makefile", "Module.symvers", "include/generated/autoconf.h"})
    write_file(tree.path() / file, "");
  write_file(tree.path() / "include/config/kernel.release", kernel.release.str() + "\n");
  return evaluate_dkms(origin, kernel, runner, std::move(stop), problems);
}

std::vector<std::string> all_names(const DkmsDump& dump) {
  std::vector<std::string> names;
  const auto found = dump.seen.find("BUILT_MODULE_NAME");
  if (found != dump.seen.end()) {
    for (const auto& [index, name] : found->second) names.push_back(name);
  }
  return names;
}

}  // namespace

std::optional<Manifest> manifest_from_dkms(const DkmsOrigin& asked, CommandRunner& runner, std::stop_token stop,
                                           Diagnostics& problems) {
  DkmsOrigin origin = asked;
  origin.conf = fs::absolute(asked.conf).lexically_normal();
  const std::size_t before = problems.error_count();
  const auto dump = evaluate_for_some_kernel(origin, runner, std::move(stop), problems);
  if (!dump || problems.error_count() != before) return std::nullopt;
  origin.name = value_of(*dump, "PACKAGE_NAME");
  origin.version = value_of(*dump, "PACKAGE_VERSION");
  if (origin.name.empty()) report_missing(origin, "PACKAGE_NAME", problems);
  if (origin.version.empty()) report_missing(origin, "PACKAGE_VERSION", problems);
  if (problems.error_count() != before) report_dkms_messages(*dump, origin, DkmsPlaces({}, {}, {}), problems);
  if (problems.error_count() != before) return std::nullopt;

  Manifest manifest;
  manifest.file = origin.conf;
  manifest.source = {
      .directory = origin.conf.parent_path(), .archive = {}, .sha256 = {}, .subdirectory = {}, .where = {origin.conf, 0, 0}};
  set_dkms_identity(manifest, origin.name, origin.version, problems);
  if (problems.error_count() != before) return std::nullopt;
  std::vector<std::string> names = all_names(*dump);
  names.push_back(origin.name);
  std::vector<std::string> guesses = fill_identity(manifest, module_sources(manifest.source.directory, names), origin.conf);
  if (!guesses.empty()) {
    problems.report({.severity = Severity::warning,
                     .code = "dkms-guess",
                     .message = "a dkms.conf has no license, summary and maintainer; the sources were asked",
                     .where = SourceSpan{origin.conf, 0, 0},
                     .notes = std::move(guesses),
                     .hint = "run 'kmpack init --flavor PATTERN' and complete the kmpack.xml it writes"});
  }
  manifest.dkms = std::move(origin);
  return manifest;
}

}  // namespace kmpack
