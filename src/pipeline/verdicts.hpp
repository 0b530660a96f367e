#pragma once

#include <vector>

#include "headers/opened_headers.hpp"
#include "pipeline/order.hpp"
#include "pipeline/request.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// What decides, besides the cells and what lies in the workspace.
struct VerdictParts {
  const Request& request;
  const HeaderSources& sources;
  OpenedHeaders& headers;
  const OpenPgpKey* package_key;  ///< null: rpms bear no signature
};

/// Say of each cell that is to be built whether an earlier run did it already, and else why not: its verdict and reason.
///
/// Shape:   reads the workspace and locks nothing. A cell that needs another one which is to be built is built as well, as far as
///          one can say before. Costs nothing for cells of which the workspace has no record.
/// Errors:  file-unreadable, source-missing (sources of a cell that has a record); those of OpenedHeaders and
/// Certificate::load().
void give_verdicts(std::vector<Cell>& cells, const CellNeeds& needs, const VerdictParts& parts);

}  // namespace kmpack
