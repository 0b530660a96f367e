#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/module.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/record.hpp"

namespace kmpack {

/// The keys of the cells that a workspace has a directory for.
using CellKeys = std::set<std::string, std::less<>>;

/// A finished build of the same sources for another kernel of the flavor, whose modules load on this one as they are.
struct CompatibleBuild {
  std::string key;  ///< of its cell
  CellRecord record;
  std::string reason;  ///< "the build for R loads here: all 41 symbols have the same CRCs"
};

/// Do the target's own tools link modules of an installed package to other kernels that load them? Then a build of another kernel
/// needs no package of its own.
///
/// Source:  facts redhat.md section 5 (weak-modules), suse.md section 1.6 (kernel-scriptlets).
std::optional<std::string_view> linker_of_modules(const Cell& cell, std::span<const Format> formats);

/// What the builds for older kernels say about a cell that is to be built.
struct OlderBuilds {
  std::optional<CompatibleBuild> loads;
  std::string refused;  ///< why the newest of them is not taken; empty: there is none, or one loads
};

/// Looks for builds of other kernels in a workspace.
class OlderBuildSearch {
 public:
  OlderBuildSearch(std::filesystem::path workspace, const CellKeys& keys) : workspace_(std::move(workspace)), keys_(keys) {}

  /// Is there a build of the cell's package for another kernel of its flavor? Reads nothing.
  [[nodiscard]] bool has_any(const Cell& cell) const;

  /// Shape:   older kernels of the cell's flavor and series, of the same sources and manifest; the newest few, the newest first.
  ///          Neither builds that were themselves taken from another kernel nor what is damaged.
  OlderBuilds of(const Cell& cell, const HeaderTree& headers, const ManifestDigests& digests);

 private:
  struct Build {
    CellRecord record;
    std::vector<ModuleFacts> modules;
  };
  const Build* build_at(const std::string& key);

  std::filesystem::path workspace_;
  const CellKeys& keys_;
  std::map<std::string, std::optional<Build>> builds_;
};

}  // namespace kmpack
