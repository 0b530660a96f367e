#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/report.hpp"

namespace kmpack {

/// What a finished cell left in the workspace: enough to use it again, nothing else.
struct CellRecord {
  std::string inputs;  ///< digest of all that went in
  std::vector<FinishedModule> modules;
  std::vector<PackageFile> packages;  ///< in the workspace
  std::filesystem::path symvers;      ///< Module.symvers of the build, in the workspace
  std::string symvers_sha256;
};

/// Paths in the file are relative to its directory, so a workspace can be moved. Errors: file-unwritable.
void write_record(const std::filesystem::path& file, const CellRecord& record);

/// Nothing when the file is absent, of another schema or damaged, when it is of other inputs, or when an artifact it names is not
/// there with the digest it had: then the cell is built again.
std::optional<CellRecord> read_record(const std::filesystem::path& file, const std::string& inputs);

}  // namespace kmpack
