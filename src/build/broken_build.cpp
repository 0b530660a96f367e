#include "build/broken_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <utility>

#include "build/failure_class.hpp"
#include "build/first_error.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// The first error of a build stands near the start of its log; a log of any size is not worth its memory.
constexpr std::size_t kLogRead = std::size_t{16} << 20;

std::string start_of(const fs::path& log) {
  std::ifstream file(log, std::ios::binary);
  std::string text(std::min<std::uintmax_t>(fs::file_size(log), kLogRead), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// How bash, and bwrap before it, tell that a signal ended what they ran.
constexpr int kKilledStatus = 128 + 9;

FailureClass class_of_end(const Completed& completed) {
  if (completed.timed_out) return FailureClass::timeout;
  if (completed.exit_code == 127) return FailureClass::missing_tool;
  const bool killed = completed.signal == 9 || completed.exit_code == kKilledStatus;
  return killed ? FailureClass::out_of_memory : FailureClass::other;
}

BuildFailure failure(const BrokenBuild& build, const std::string& why, Failure facts) {
  const bool full = facts.kind == FailureClass::disk_full;
  Diagnostic problem;
  problem.code = full ? "disk-full" : "build-failed";
  problem.message =
      fmt::format("{} does not build for {}: {}", build.cell.manifest->name.str(), build.cell.kernel->release.str(), why);
  problem.notes.push_back("log: " + build.log.string());
  for (const Diagnostic& warning : build.warnings) problem.notes.push_back(warning.message);
  if (full) problem.hint = "free space there, or choose another place with --workspace";
  return {std::move(problem), std::move(facts)};
}

}  // namespace

BuildFailure failed_build(const BrokenBuild& build, const Completed& completed, std::string_view what) {
  const auto found = completed.timed_out ? std::nullopt : first_error(start_of(build.log), build.source_roots);
  if (found) return failure(build, *found, failure_of_line(*found));
  const std::string why = fmt::format("{} ended with {}", what, completed.how());
  return failure(build, why, {.kind = class_of_end(completed), .file = {}, .line = 0, .message = why});
}

std::optional<BuildFailure> hidden_failure(const BrokenBuild& build) {
  const auto found = first_error(start_of(build.log), build.source_roots);
  if (!found) return std::nullopt;
  return failure(build, *found, failure_of_line(*found));
}

Diagnostic link_skipped(const Cell& cell, const fs::path& link) {
  return {.severity = Severity::warning,
          .code = "source-link-skipped",
          .message = fmt::format("the link '{}' leads out of the source and was left out", link.string()),
          .where = cell.manifest->source.where,
          .notes = {},
          .hint = "put what it points to into the source, when the build needs it"};
}

Diagnostic not_confined(const Cell& cell) {
  return {.severity = Severity::warning,
          .code = "build-not-confined",
          .message = fmt::format("the build commands of {} run unconfined, and do not find /lib/modules/{}/build",
                                 cell.manifest->name.str(), cell.kernel->release.str()),
          .where = {},
          .notes = {"bubblewrap is not installed, or this machine lets users make no namespaces"},
          .hint = "install bubblewrap, and let users make namespaces"};
}

Error source_gone(const Cell& cell, const fs::path& log) {
  return Error({.code = "build-source-gone",
                .message = fmt::format("the build of {} for {} removed the directory it was in", cell.manifest->name.str(),
                                       cell.kernel->release.str()),
                .where = SourceSpan{cell.manifest->file, 0, 0},
                .notes = {"log: " + log.string()},
                .hint = "look in its commands for what removes $build_dir, $dkms_tree or $source_tree"});
}

Error leads_away(const Cell& cell, const fs::path& directory, const fs::path& log) {
  return Error({.code = "build-leads-away",
                .message = fmt::format("the directory '{}' of {} has become a link that leads out of the source",
                                       directory.empty() ? "." : directory.string(), cell.manifest->name.str()),
                .where = SourceSpan{cell.manifest->file, 0, 0},
                .notes = {"log: " + log.string()},
                .hint = "copy in the build's commands what has to be there; nothing outside is built in"});
}

Error no_kbuild(const Cell& cell, const fs::path& directory) {
  return Error({.code = "kbuild-file-missing",
                .message = fmt::format("the source of {} has no Kbuild and no Makefile in '{}'", cell.manifest->name.str(),
                                       directory.empty() ? "." : directory.string()),
                .where = cell.manifest->source.where,
                .notes = {},
                .hint = "name the directory of the module's Kbuild file in the manifest"});
}

}  // namespace kmpack
