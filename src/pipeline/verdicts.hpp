#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "headers/opened_headers.hpp"
#include "kmpack/dependency.hpp"
#include "pipeline/order.hpp"
#include "pipeline/request.hpp"
#include "pipeline/reuse.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// What decides, besides the cells and what lies in the workspace.
struct VerdictParts {
  const Request& request;
  const HeaderSources& sources;
  OpenedHeaders& headers;
  const OpenPgpKey* package_key;  ///< null: rpms bear no signature
  Context& context;
};

struct Verdicts {
  std::map<std::size_t, CompatibleBuild> compatible;  ///< by cell: the build of another kernel that could be taken for it
  std::set<std::size_t> kept;                         ///< cells whose record is taken as it is
};

/// Say of each cell that is to be built whether there is something that need not be made anew, and else why it is to be built:
/// its verdict and reason.
///
/// Shape:   reads the workspace and locks nothing. A cell that needs another one which is to be built is built as well, as far as
///          one can say before. Reads nothing for cells of packages and flavors that the workspace has no record of.
/// Errors:  file-unreadable, source-missing (sources of a cell that has a record); those of OpenedHeaders and
/// Certificate::load().
Verdicts give_verdicts(std::vector<Cell>& cells, const CellNeeds& needs, const VerdictParts& parts);

/// For --reuse-compatible, by the keys of cells: the builds of other kernels that are taken instead of a new one.
///
/// Shape:   decided before anything is built, so that it does not hang on which cell is first: packages
///          that this run makes anew are not linked.
/// Errors:  as give_verdicts().
std::map<std::string, CompatibleBuild> reusable_builds(std::vector<Cell> cells, const CellNeeds& needs,
                                                       const VerdictParts& parts);

}  // namespace kmpack
