#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/failure.hpp"
#include "kmpack/module.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// A build of which something did not succeed.
struct BrokenBuild {
  const Cell& cell;
  const std::filesystem::path& log;
  std::vector<std::string> source_roots;  ///< every name its source had; taken off the paths in messages
  const std::vector<Diagnostic>& warnings;
};

/// What was run: how to call it, and where it was asked for.
struct RanStep {
  std::string name;
  SourceSpan where;
};

/// What to say of a make or command that ended badly: the first error in the log, else how it ended and its last words.
BuildFailure failed_build(const BrokenBuild& build, const Completed& completed, const RanStep& ran);

/// The compiler's complaint, when commands ended well although there is one: those that go on after a failed make do.
std::optional<BuildFailure> hidden_failure(const BrokenBuild& build);

/// What else a build has to say of its cell: a link that was left out, commands without a confinement, a source that is gone, a
/// directory that has become a link, or one without Kbuild.
Diagnostic link_skipped(const Cell& cell, const std::filesystem::path& link);
Diagnostic not_confined(const Cell& cell);
Error source_gone(const Cell& cell, const std::filesystem::path& log);
Error leads_away(const Cell& cell, const std::filesystem::path& directory, const std::filesystem::path& log);
Error no_kbuild(const Cell& cell, const std::filesystem::path& directory);

}  // namespace kmpack
