#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "cli/verify_groups.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "verify/relations.hpp"

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

/// By name, real or provided.
using Offers = std::multimap<std::string, const PackageContents*, std::less<>>;

Offers offers_of(std::span<const PackageContents* const> packages) {
  Offers offers;
  for (const PackageContents* package : packages) {
    std::set<std::string> names{package->name};
    for (const std::string& text : package->provides) {
      for (const Alternative& one : parse_alternatives(text)) names.insert(one.name);
    }
    for (const std::string& name : names) offers.emplace(name, package);
  }
  return offers;
}

/// One package for each name.
std::vector<const PackageContents*> needed_by(const PackageContents& package, const Offers& offers) {
  std::map<const PackageContents*, unsigned> fits;
  for (const std::string& need : package.needs) {
    for (const Alternative& one : parse_alternatives(need)) {
      const auto [begin, end] = offers.equal_range(one.name);
      for (auto offer = begin; offer != end; ++offer) ++fits[offer->second];
    }
  }
  std::map<std::string, const PackageContents*> best;
  for (const auto& [found, count] : fits) {
    const PackageContents*& place = best[found->name];
    const bool better =
        place == nullptr || count > fits[place] || (count == fits[place] && compare_versions(place->version, found->version) < 0);
    if (better) place = found;
  }
  std::vector<const PackageContents*> needed;
  for (const auto& [name, found] : best) needed.push_back(found);
  return needed;
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

std::vector<fs::path> installation_of(const PackageContents& package, std::span<const PackageContents> same_kernel,
                                      std::span<const PackageContents> others) {
  std::vector<const PackageContents*> stock;
  for (const auto& packages : {same_kernel, others}) {
    for (const PackageContents& other : packages) {
      if (other.family == package.family && other.name != package.name) stock.push_back(&other);
    }
  }
  const Offers offers = offers_of(stock);
  std::vector<const PackageContents*> chosen{&package};
  for (std::size_t at = 0; at < chosen.size(); ++at) {
    for (const PackageContents* found : needed_by(*chosen[at], offers)) {
      const bool there = std::ranges::any_of(chosen, [&](const auto* one) { return one->name == found->name; });
      if (!there) chosen.push_back(found);
    }
  }
  std::vector<fs::path> files;
  for (const PackageContents* one : chosen) files.push_back(one->file);
  return files;
}

}  // namespace kmpack
