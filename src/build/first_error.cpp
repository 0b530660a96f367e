#include "build/first_error.hpp"

#include <array>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kLongest = 400;

/// Terminal colours (`ESC [ … letter`) are cut out; a compiler under a wrapper may have been told to use them.
std::string without_colours(std::string_view line) {
  std::string plain;
  plain.reserve(line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\033' && at + 1 < line.size() && line[at + 1] == '[') {
      at += 2;
      while (at < line.size() && (line[at] < '@' || line[at] > '~')) ++at;
    } else if (line[at] != '\r') {
      plain += line[at];
    }
  }
  return plain;
}

/// Lower is more telling. What a compiler says of a source line beats what make makes of it.
enum Rank { compiler, tool, make_says, none };

bool has_any(std::string_view line, std::initializer_list<std::string_view> needles) {
  for (const std::string_view needle : needles) {
    if (line.find(needle) != std::string_view::npos) return true;
  }
  return false;
}

bool starts_with_make(std::string_view line) { return line.starts_with("make: ") || line.starts_with("make["); }

Rank rank_of(std::string_view line) {
  if (starts_with_make(line)) {
    if (line.find("*** No rule to make target") != std::string_view::npos) return tool;
    // A program that make itself was to start.
    if (line.find("***") == std::string_view::npos &&
        (line.ends_with(": No such file or directory") || line.ends_with(": Command not found")))
      return tool;
    return line.find("*** ") != std::string_view::npos ? make_says : none;
  }
  if (has_any(line, {": warning: ", ": note: "})) return none;
  // gcc and clang; the assembler writes a capital E.
  if (has_any(line, {": error: ", ": fatal error: ", ": internal compiler error: ", ": Error: "})) return compiler;
  if (line.starts_with("ERROR: modpost: ") || line.starts_with("FATAL: modpost: ") || line.starts_with("ERROR: ")) return tool;
  if (has_any(line, {": undefined reference to ", ": multiple definition of ", "ld: cannot find ", "ld: error: "})) return tool;
  if (line.starts_with("/bin/sh: ") || line.starts_with("/bin/bash: ") || line.starts_with("bash: ")) return tool;
  if (line.ends_with(": command not found")) return tool;
  if (line.find("env: ") != std::string_view::npos && line.ends_with(": No such file or directory")) return tool;
  // A script that looks for what it needs; one whose first line names what is not there.
  if (line.ends_with("not found in PATH") || line.ends_with("not found in $PATH")) return tool;
  if (line.ends_with(": cannot execute: required file not found") || line.find(": bad interpreter: ") != std::string_view::npos)
    return tool;
  // kbuild's fixdep has no other words for a full disk.
  if (line == "fixdep: not all data was written to the output") return tool;
  if (line == "Killed" || has_any(line, {"No space left on device", "Cannot allocate memory"})) return tool;
  // A makefile's own $(error …): `Makefile:7: *** text.  Stop.`
  return line.find(": *** ") != std::string_view::npos ? tool : none;
}

std::string with_relative_paths(std::string line, std::span<const std::string> roots) {
  for (const std::string& root : roots) {
    if (root.empty()) continue;
    line = replaced(std::move(line), "'" + root + "/'", "'.'");
    line = replaced(std::move(line), root + "/", "");
  }
  return line;
}

/// No more than kLongest bytes, never half of a UTF-8 character.
std::string shortened(std::string line) {
  if (line.size() <= kLongest) return line;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
  return line + "…";
}

}  // namespace

std::optional<std::string> first_error(std::string_view log, std::span<const std::string> source_roots) {
  std::array<std::string, none> best;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    const std::string line = without_colours(trimmed(log.substr(0, end)));
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    const Rank rank = rank_of(line);
    if (rank == none || !best[rank].empty()) continue;
    best[rank] = line;
    if (rank == compiler) break;
  }
  for (std::string& line : best) {
    if (line.empty()) continue;
    return shortened(with_relative_paths(std::move(line), source_roots));
  }
  return std::nullopt;
}

}  // namespace kmpack
