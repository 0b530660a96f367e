#include "headers/busybox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "headers/apt_archive.hpp"
#include "headers/packages.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

const std::string kPackage = "busybox-static";

[[noreturn]] void absent(const Architecture& architecture, std::string_view why, std::string hint) {
  throw Error({.code = "busybox-absent",
               .message = fmt::format("{} for {}, which a kernel of that architecture is booted with, {}", kPackage,
                                      architecture.deb, why),
               .where = {},
               .notes = {},
               .hint = std::move(hint)});
}

/// Says which of the unpacked packages is the one: its digest.
fs::path mark_of(const fs::path& cache, const Architecture& architecture) {
  return store_directory(cache) / kPackage / architecture.deb;
}

/// Debian 13 has it below /usr.
std::optional<fs::path> program_in(const fs::path& package) {
  for (const char* place : {"bin/busybox", "usr/bin/busybox"}) {
    if (is_there(package / place)) return package / place;
  }
  return std::nullopt;
}

std::optional<fs::path> stored(const fs::path& cache, const Architecture& architecture) {
  const fs::path mark = mark_of(cache, architecture);
  if (!is_there(mark)) return std::nullopt;
  ArchivePackage package{.name = kPackage};
  package.sha256 = trimmed(read_file(mark));
  // A mark that was damaged must not lead elsewhere.
  if (!is_safe_relative(package.sha256)) return std::nullopt;
  return program_in(package_directory(cache, package));
}

ArchivePackage newest(const HeaderSources& sources, const Architecture& architecture, const Errands& errands) {
  const std::vector<std::string> architectures{std::string(architecture.deb)};
  const std::vector<std::string> prefixes{kPackage};
  const AptAnswer answer = apt_packages(sources, architectures, architectures, prefixes, errands);
  const auto found = std::ranges::find_if(
      answer.packages, [&](const AptPackage& package) { return package.name == kPackage && package.arch == architecture.deb; });
  if (found == answer.packages.end()) {
    absent(architecture, "is in no package source of this machine",
           "add a package source that has it (Debian's has), or verify without --boot");
  }
  return {.role = ArchiveRole::image,
          .name = found->name,
          .version = found->version,
          .arch = found->arch,
          .url = found->url,
          .sha256 = found->sha256,
          .size = found->size};
}

}  // namespace

fs::path open_busybox(const HeaderSources& sources, const Architecture& architecture, const Errands& errands) {
  if (auto known = stored(sources.cache, architecture)) return *known;
  if (!may_download(sources)) {
    absent(architecture, "is not in the header store, and nothing may be fetched", "run the same command once without --offline");
  }
  const ArchivePackage package = newest(sources, architecture, errands);
  const FileLock lock = wait_for_lock(store_directory(sources.cache) / "lock", errands.stop);
  sweep_store(sources.cache);
  ensure_packages(sources, {&package, 1}, errands);
  const auto program = program_in(package_directory(sources.cache, package));
  if (!program) absent(architecture, fmt::format("has no busybox in its version {}", package.version), "verify without --boot");
  make_directories(mark_of(sources.cache, architecture).parent_path());
  write_file(mark_of(sources.cache, architecture), package.sha256 + "\n");
  return *program;
}

}  // namespace kmpack
