#include "pipeline/order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/graph.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

/// Where a dkms.conf says that it needs another package.
SourceSpan place_of_need(const Manifest& manifest, const PackageName& wanted) {
  std::error_code unseen;
  if (!manifest.dkms || !std::filesystem::is_regular_file(manifest.file, unseen)) return {manifest.file, 0, 0};
  return {manifest.file, line_of_directive(read_file(manifest.file), "BUILD_DEPENDS", wanted.str()), 0};
}

Diagnostic missing(const Manifest& manifest, const PackageName& wanted, std::vector<std::string> names) {
  std::erase(names, manifest.name.str());
  const auto guess = nearest(wanted.str(), names);
  return {.code = "dependency-missing",
          .message = fmt::format("{} needs the package {}, which is not in this run", manifest.name.str(), wanted.str()),
          .where = place_of_need(manifest, wanted),
          .hint = guess ? fmt::format("did you mean '{}'?", *guess)
                        : std::string("name the manifest or directory of that package on the command line, too")};
}

Diagnostic cycle(std::span<const std::shared_ptr<const Manifest>> manifests, const std::vector<std::size_t>& packages) {
  std::string row;
  for (const std::size_t package : packages) row += fmt::format("{} needs ", manifests[package]->name.str());
  const Manifest& first = *manifests[packages.front()];
  const PackageName& needed = manifests[packages[packages.size() > 1 ? 1 : 0]]->name;
  return {.code = "dependency-cycle",
          .message = fmt::format("{}{}: none of them can be built first", row, first.name.str()),
          .where = place_of_need(first, needed),
          .hint = "make one package of modules that need each other"};
}

}  // namespace

void check_dependencies(std::span<const std::shared_ptr<const Manifest>> manifests, Diagnostics& problems) {
  std::map<PackageName, std::size_t> places;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    places.emplace(manifests[i]->name, i);
    names.push_back(manifests[i]->name.str());
  }
  Needs needs(manifests.size());
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    for (const PackageName& wanted : manifests[i]->build_depends) {
      if (const auto found = places.find(wanted); found != places.end()) {
        needs[i].push_back(found->second);
      } else {
        problems.report(missing(*manifests[i], wanted, names));
      }
    }
  }
  if (const Ordering found = ordered(needs); !found.cycle.empty()) problems.report(cycle(manifests, found.cycle));
}

void check_dependencies(std::span<const Cell> cells, Diagnostics& problems) {
  std::vector<std::shared_ptr<const Manifest>> manifests;
  std::set<PackageName> seen;
  for (const Cell& cell : cells) {
    if (seen.insert(cell.manifest->name).second) manifests.push_back(cell.whole ? cell.whole : cell.manifest);
  }
  check_dependencies(manifests, problems);
}

CellNeeds needs_of(std::span<const Cell> cells) {
  std::map<PackageName, std::vector<std::optional<std::size_t>>> needed;  // cells of a package, by number of the kernel
  const Manifest* last = nullptr;
  for (const Cell& cell : cells) {
    if (cell.manifest.get() == last) continue;
    last = cell.manifest.get();
    for (const PackageName& package : last->build_depends) needed[package];
  }
  CellNeeds needs(cells.size());
  if (needed.empty()) return needs;
  // Kernels by id, and each id made once: there may be a million cells.
  std::unordered_map<const Kernel*, std::size_t> numbers;
  std::unordered_map<std::string, std::size_t> ids;
  const auto number_of = [&](const Kernel& kernel) {
    const auto [known, is_new] = numbers.try_emplace(&kernel);
    if (is_new) known->second = ids.try_emplace(kernel.id(), ids.size()).first->second;
    return known->second;
  };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto found = needed.find(cells[i].manifest->name);
    if (found == needed.end()) continue;
    const std::size_t kernel = number_of(*cells[i].kernel);
    if (found->second.size() <= kernel) found->second.resize(kernel + 1);
    if (!found->second[kernel]) found->second[kernel] = i;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const PackageName& package : cells[i].manifest->build_depends) {
      const auto& places = needed[package];
      const std::size_t kernel = number_of(*cells[i].kernel);
      needs[i].push_back({.package = package, .cell = kernel < places.size() ? places[kernel] : std::nullopt});
    }
  }
  return needs;
}

std::vector<std::size_t> in_order(const CellNeeds& needs) {
  std::vector<std::size_t> order;
  order.reserve(needs.size());
  std::vector<bool> is_placed(needs.size());
  std::vector<std::size_t> left;
  const auto place = [&](std::size_t cell) {
    const bool is_ready =
        std::ranges::all_of(needs[cell], [&](const CellNeed& need) { return !need.cell || is_placed[*need.cell]; });
    if (is_ready) order.push_back(cell);
    if (is_ready) is_placed[cell] = true;
    return is_ready;
  };
  for (std::size_t cell = 0; cell < needs.size(); ++cell) {
    if (!place(cell)) left.push_back(cell);
  }
  // As often as the longest row of packages that need each other has members, at most.
  while (!left.empty()) KMPACK_ASSERT(std::erase_if(left, place) > 0);
  return order;
}

std::optional<Diagnostic> unmet_need(const Cell& cell, std::span<const CellNeed> needs, const FateOf& fate_of) {
  if (needs.empty()) return std::nullopt;
  const std::string& name = cell.manifest->name.str();
  const std::string kernel = cell.kernel->id();
  for (const CellNeed& need : needs) {
    const std::string& other = need.package.str();
    Diagnostic problem{.where = place_of_need(*cell.manifest, need.package)};
    if (!need.cell) {
      problem.code = "dependency-missing";
      problem.message = fmt::format("{} needs {}, which this run does not build for {}", name, other, kernel);
      problem.hint = fmt::format("name the kernel in the <kernels> of {}, or exclude it for {} with a reason", other, name);
      return problem;
    }
    const Fate fate = fate_of(*need.cell);
    if (fate.status == Status::excluded) {
      problem.code = "dependency-excluded";
      problem.message = fmt::format("{} needs {}, which is excluded for {}: {}", name, other, kernel, fate.reason);
      problem.hint = fmt::format("exclude the kernel for {}, too", name);
      return problem;
    }
    if (fate.status == Status::failed) {
      problem.code = "dependency-failed";
      problem.message = fmt::format("{} needs {}, which failed for {}", name, other, kernel);
      problem.notes = {std::string(fate.reason)};
      return problem;
    }
  }
  return std::nullopt;
}

BuiltDependency built_dependency(const Cell& cell, const std::filesystem::path& symvers,
                                 std::span<const FinishedModule> modules) {
  BuiltDependency built{.cell = cell, .symvers = symvers, .modules = {}};
  for (const FinishedModule& module : modules) built.modules.push_back(read_module_facts(module.path));
  return built;
}

CellTurns::CellTurns(const CellNeeds& needs, std::span<const std::chrono::milliseconds> expected)
    : open_(needs.size()), waiting_(needs.size()), rank_(needs.size()), left_(needs.size()) {
  const std::vector<std::size_t> order = in_order(needs);
  for (auto cell = order.rbegin(); cell != order.rend(); ++cell) {
    // What waits for this one stands behind it in the order and has its rank already.
    rank_[*cell] -= expected.empty() ? 1 : expected[*cell].count();
    for (const CellNeed& need : needs[*cell]) {
      if (!need.cell) continue;
      ++open_[*cell];
      waiting_[*need.cell].push_back(*cell);
      rank_[*need.cell] = std::min(rank_[*need.cell], rank_[*cell]);
    }
  }
  for (std::size_t cell = 0; cell < needs.size(); ++cell) {
    if (open_[cell] == 0) ready_.emplace(rank_[cell], cell);
  }
}

std::optional<std::size_t> CellTurns::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  static_cast<void>(changed_.wait(lock, stop, [&] { return left_ == 0 || !ready_.empty(); }));
  if (stop.stop_requested() || left_ == 0) return std::nullopt;
  const std::size_t cell = ready_.begin()->second;
  ready_.erase(ready_.begin());
  --left_;
  if (left_ == 0) changed_.notify_all();
  return cell;
}

void CellTurns::finished(std::size_t cell) {
  const std::scoped_lock lock(mutex_);
  for (const std::size_t after : waiting_[cell]) {
    if (--open_[after] == 0) ready_.emplace(rank_[after], after);
  }
  changed_.notify_all();
}

}  // namespace kmpack
