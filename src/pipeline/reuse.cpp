#include "pipeline/reuse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "inspect/loads_elsewhere.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Of a long row of kernels the last few decide: who skipped more updates than these gets a build of his own.
constexpr std::size_t kBuildsAsked = 4;

/// What a cell's key begins with for each kernel of its flavor.
std::string key_without_release(const Cell& cell) {
  std::string key = cell.key();
  key.resize(key.size() - cell.kernel->release.str().size());
  return key;
}

/// 6.1 of 6.1.0-56-amd64. Kernels of another series have other symbols, which nobody needs to be told.
std::string_view series_of(std::string_view release) {
  const auto major = release.find('.');
  const auto minor = major == std::string_view::npos ? major : release.find_first_not_of("0123456789", major + 1);
  return release.substr(0, minor);
}

/// Releases of one series that `prefix` and one of the keys make, newest first.
std::vector<std::string> releases_before(const CellKeys& keys, const std::string& prefix, const std::string& release) {
  std::vector<std::string> releases;
  for (auto key = keys.lower_bound(prefix); key != keys.end() && key->starts_with(prefix); ++key) {
    std::string other = key->substr(prefix.size());
    if (series_of(other) == series_of(release) && compare_versions(other, release) < 0) releases.push_back(std::move(other));
  }
  std::ranges::sort(releases, [](const auto& left, const auto& right) { return compare_versions(left, right) > 0; });
  return releases;
}

}  // namespace

std::optional<std::string_view> linker_of_modules(const Cell& cell, std::span<const Format> formats) {
  const InstallRules& rules = cell.kernel->rules;
  const bool only_rpm = formats.empty() ? rules.family == PackageFamily::rpm
                                        : std::ranges::all_of(formats, [](Format format) { return format == Format::rpm; });
  // A package that asks for its very kernel cannot stay when that goes.
  if (!only_rpm || cell.manifest->rpm_policy.pin.value_or(rules.rpm.pin) != KernelPin::symbols) return std::nullopt;
  if (rules.rpm.style == RpmStyle::kmp) return "kernel-scriptlets";
  if (rules.rpm.style == RpmStyle::kmod) return "weak-modules";
  return std::nullopt;
}

const OlderBuildSearch::Build* OlderBuildSearch::build_at(const std::string& key) {
  const auto [known, is_new] = builds_.try_emplace(key);
  std::optional<Build>& build = known->second;
  if (!is_new) return build ? &*build : nullptr;
  auto record = find_record(workspace_ / "cells" / key / "record.json");
  if (!record || !record->reused_from.empty() || record->modules.empty() || !is_whole(*record)) return nullptr;
  build = Build{.record = *std::move(record), .modules = {}};
  for (const FinishedModule& module : build->record.modules) build->modules.push_back(read_module_facts(module.path));
  return &*build;
}

bool OlderBuildSearch::has_any(const Cell& cell) const {
  const std::string prefix = key_without_release(cell);
  const auto key = keys_.lower_bound(prefix);
  return key != keys_.end() && key->starts_with(prefix);
}

OlderBuilds OlderBuildSearch::of(const Cell& cell, const HeaderTree& headers, const ManifestDigests& digests) {
  OlderBuilds answer;
  if (!headers.config.modversions) return answer;
  const std::string prefix = key_without_release(cell);
  std::size_t asked = 0;
  for (const std::string& release : releases_before(keys_, prefix, cell.kernel->release.str())) {
    const Build* const build = build_at(prefix + release);
    // A key may be read in two ways; the record knows.
    if (build == nullptr || build->record.package != cell.manifest->name.str() ||
        build->record.flavor != cell.kernel->flavor.text()) {
      continue;
    }
    const InputParts& parts = build->record.parts;
    const auto is = [&parts](InputPart part, const std::string& value) {
      const auto found = parts.find(part);
      return found != parts.end() && found->second == value;
    };
    const bool same_sources = is(InputPart::sources, digests.sources);
    if (!same_sources || !is(InputPart::manifest, digests.manifest)) {
      if (answer.refused.empty())
        answer.refused = fmt::format("{} changed since the build for {}", same_sources ? "manifest" : "source", release);
      continue;
    }
    const LoadsElsewhere here = loads_elsewhere(build->modules, headers);
    if (here.loads) {
      answer.loads =
          CompatibleBuild{prefix + release, build->record, fmt::format("the build for {} loads here: {}", release, here.reason)};
      answer.refused.clear();
      return answer;
    }
    if (answer.refused.empty()) answer.refused = fmt::format("{} (against the build for {})", here.reason, release);
    if (++asked == kBuildsAsked) break;
  }
  return answer;
}

}  // namespace kmpack
