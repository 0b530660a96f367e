#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cli/verify_groups.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_package(const fs::path& path) { return path.extension() == ".deb" || path.extension() == ".rpm"; }

std::vector<fs::path> package_files(std::span<const fs::path> arguments) {
  std::vector<fs::path> files;
  for (const fs::path& argument : arguments) {
    if (!fs::is_directory(argument)) {
      files.push_back(argument);
      continue;
    }
    for (const TreeEntry& entry : walk(argument)) {
      if (entry.type == EntryType::file && is_package(entry.relative)) files.push_back(argument / entry.relative);
    }
  }
  if (files.empty()) {
    throw Error{Diagnostic{.code = "packages-none",
                           .message = "no .deb and no .rpm below " + arguments.front().string(),
                           .where = {},
                           .notes = {},
                           .hint = "give the packages, or the directory that 'kmpack build' wrote them to"}};
  }
  return files;
}

KernelRelease release_in(const PackageContents& contents) {
  for (const ContentEntry& entry : contents.entries) {
    if (entry.type == ContentType::directory || !is_module_file(entry.path.filename().string())) continue;
    if (auto release = release_of(entry.path)) return *release;
  }
  return {};
}

}  // namespace

PackageGroups group_packages(std::span<const fs::path> arguments, const std::stop_token& stop) {
  PackageGroups groups;
  std::map<KernelRelease, PackageGroup> by_release;
  for (const fs::path& file : package_files(arguments)) {
    if (stop.stop_requested()) throw Cancelled{};
    try {
      PackageContents contents = read_contents(file, stop);
      const KernelRelease release = release_in(contents);
      auto& place = release.empty() ? groups.others : by_release[release].packages;
      place.push_back(std::move(contents));
    } catch (const Error& error) {
      VerifyReport report;
      report.packages = {file};
      report.fail("readable", error.diagnostic());
      groups.unreadable.push_back(std::move(report));
    }
  }
  for (auto& [release, group] : by_release) {
    group.release = release;
    groups.kernels.push_back(std::move(group));
  }
  return groups;
}

std::vector<fs::path> installation_of(const PackageContents& package, std::span<const PackageContents> others) {
  std::vector<fs::path> files{package.file};
  for (const PackageContents& other : others) {
    const bool needed = std::ranges::any_of(package.needs, [&other](const std::string& relation) {
      const auto names = words(relation);
      return !names.empty() && names.front() == other.name;
    });
    if (needed && other.family == package.family) files.push_back(other.file);
  }
  return files;
}

}  // namespace kmpack
