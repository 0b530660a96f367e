#include "build/broken_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <utility>

#include "base/text.hpp"
#include "build/failure_class.hpp"
#include "build/first_error.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// The first error of a build stands near the start of its log; a log of any size is not worth its memory.
constexpr std::size_t kLogRead = std::size_t{16} << 20;

std::string start_of(const fs::path& log) {
  std::ifstream file(log, std::ios::binary);
  std::string text(std::min<std::uintmax_t>(fs::file_size(log), kLogRead), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// How bash, and bwrap before it, tell that a signal ended what they ran.
constexpr int kKilledStatus = 128 + 9;

FailureClass class_of_end(const Completed& completed) {
  if (completed.timed_out) return FailureClass::timeout;
  if (completed.exit_code == 127) return FailureClass::missing_tool;
  const bool killed = completed.signal == 9 || completed.exit_code == kKilledStatus;
  return killed ? FailureClass::out_of_memory : FailureClass::other;
}

/// What a command said at its end.
std::vector<std::string> last_words(std::string_view output) {
  constexpr std::size_t kLines = 3;
  constexpr std::size_t kLongest = 200;
  std::vector<std::string> lines;
  for (const std::string_view line : split(output, '\n')) {
    if (trimmed(line).empty()) continue;
    lines.push_back("it said: " + std::string(trimmed(line).substr(0, kLongest)));
  }
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return lines;
}

std::string hint_for(FailureClass kind) {
  switch (kind) {
    case FailureClass::timeout:
      return "look for what waits or does not end in it";
    case FailureClass::missing_tool:
      return "install the program that it calls";
    case FailureClass::out_of_memory:
      return "it was killed, as by a kernel that is out of memory: build fewer cells at once with --jobs";
    default:
      return "the command's own status decides, 0 is success; the log has all that it said";
  }
}

BuildFailure failure(const BrokenBuild& build, const std::string& why, Failure facts) {
  const bool full = facts.kind == FailureClass::disk_full;
  Diagnostic problem;
  problem.code = full ? "disk-full" : "build-failed";
  problem.message =
      fmt::format("{} does not build for {}: {}", build.cell.manifest->name.str(), build.cell.kernel->release.str(), why);
  problem.notes.push_back("log: " + build.log.string());
  for (const Diagnostic& warning : build.warnings) problem.notes.push_back(warning.message);
  if (full) problem.hint = "free space there, or choose another place with --workspace";
  return {std::move(problem), std::move(facts)};
}

}  // namespace

BuildFailure failed_build(const BrokenBuild& build, const Completed& completed, const RanStep& ran) {
  const auto found = completed.timed_out ? std::nullopt : first_error(start_of(build.log), build.source_roots);
  if (found) return failure(build, *found, failure_of_line(*found));
  const std::string why = fmt::format("{} ended with {}", ran.name, completed.how());
  Failure facts{.kind = class_of_end(completed), .file = {}, .line = 0, .message = why};
  if (ran.where.file.empty()) return failure(build, why, std::move(facts));
  facts.file = ran.where.file.string();
  facts.line = ran.where.line;
  Diagnostic problem = failure(build, why, facts).diagnostic();
  problem.where = ran.where;
  const std::vector<std::string> words = last_words(completed.tail);
  problem.notes.insert(problem.notes.begin(), words.begin(), words.end());
  if (!problem.hint) problem.hint = hint_for(facts.kind);
  return {std::move(problem), std::move(facts)};
}

std::optional<BuildFailure> hidden_failure(const BrokenBuild& build) {
  const auto found = first_error(start_of(build.log), build.source_roots);
  if (!found) return std::nullopt;
  return failure(build, *found, failure_of_line(*found));
}

Diagnostic link_skipped(const Cell& cell, const fs::path& link) {
  return {.severity = Severity::warning,
          .code = "source-link-skipped",
          .message = fmt::format("the link '{}' leads out of the source and was left out", link.string()),
          .where = cell.manifest->source.where,
          .notes = {},
          .hint = "put what it points to into the source, when the build needs it"};
}

Diagnostic not_confined(const Cell& cell) {
  return {.severity = Severity::warning,
          .code = "build-not-confined",
          .message = fmt::format("the build commands of {} run unconfined, and do not find /lib/modules/{}/build",
                                 cell.manifest->name.str(), cell.kernel->release.str()),
          .where = {},
          .notes = {"bubblewrap is not installed, or this machine lets users make no namespaces"},
          .hint = "install bubblewrap, and let users make namespaces"};
}

Error source_gone(const Cell& cell, const fs::path& log) {
  return Error({.code = "build-source-gone",
                .message = fmt::format("the build of {} for {} removed the directory it was in", cell.manifest->name.str(),
                                       cell.kernel->release.str()),
                .where = SourceSpan{cell.manifest->file, 0, 0},
                .notes = {"log: " + log.string()},
                .hint = "look in its commands for what removes $build_dir, $dkms_tree or $source_tree"});
}

Error leads_away(const Cell& cell, const fs::path& directory, const fs::path& log) {
  return Error({.code = "build-leads-away",
                .message = fmt::format("the directory '{}' of {} has become a link that leads out of the source",
                                       directory.empty() ? "." : directory.string(), cell.manifest->name.str()),
                .where = SourceSpan{cell.manifest->file, 0, 0},
                .notes = {"log: " + log.string()},
                .hint = "copy in the build's commands what has to be there; nothing outside is built in"});
}

Error no_kbuild(const Cell& cell, const fs::path& directory) {
  return Error({.code = "kbuild-file-missing",
                .message = fmt::format("the source of {} has no Kbuild and no Makefile in '{}'", cell.manifest->name.str(),
                                       directory.empty() ? "." : directory.string()),
                .where = cell.manifest->source.where,
                .notes = {},
                .hint = "name the directory of the module's Kbuild file in the manifest"});
}

}  // namespace kmpack
