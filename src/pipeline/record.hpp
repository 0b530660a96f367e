#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/inputs.hpp"
#include "pipeline/report.hpp"

namespace kmpack {

/// What a finished cell left in the workspace: enough to use it again, nothing else.
struct CellRecord {
  InputParts parts;  ///< what went in
  std::string package;
  std::string flavor;     ///< FlavorId::text() of its kernel
  KernelRelease release;  ///< of its kernel
  std::string result;     ///< key of the build in the cache of results; empty: not there
  /// The modules were built for this other kernel and taken as they are (--reuse-compatible); empty: they were built for this.
  KernelRelease reused_from;
  std::vector<FinishedModule> modules;
  std::vector<PackageFile> packages;  ///< in the workspace
  std::filesystem::path symvers;      ///< Module.symvers of the build, in the workspace
  std::string symvers_sha256;
};

/// Paths in the file are relative to its directory, so a workspace can be moved. Errors: file-unwritable.
void write_record(const std::filesystem::path& file, const CellRecord& record);

/// Nothing when the file is absent, of another schema or damaged. What it names may have changed since.
std::optional<CellRecord> find_record(const std::filesystem::path& file);

/// Are all artifacts there with the digests they had?
bool is_whole(const CellRecord& record);

/// The record of a cell that was built with these inputs and can be taken as it is; otherwise nothing, and the cell is built
/// again.
std::optional<CellRecord> read_record(const std::filesystem::path& file, const std::string& inputs);

}  // namespace kmpack
