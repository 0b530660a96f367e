#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Private to the lint of dkms.conf.
namespace kmpack::detail {

/// A word as it is written, quotes and all; a backslash with its line end is left out.
struct ShellWord {
  std::string text;
  std::uint32_t line = 0;
};

/// One simple command: its words without redirections, reserved words before it left out.
struct ShellCommand {
  std::vector<ShellWord> words;
  bool fed_by_pipe = false;  ///< its input comes from the command before it in the list
};

/// `NAME=value` or `NAME[index]+=value` that stays in the shell.
struct ShellAssignment {
  std::string name;
  std::string index;  ///< as written between the brackets; empty without
  bool indexed = false;
  bool exported = false;
  std::string value;  ///< as written
  std::uint32_t line = 0;
};

/// Every simple command of a bash text in the order of writing, those of command substitutions before the command that holds
/// them.
///
/// Shape:   nothing is run and nothing expanded. Comments, continued lines, quotes, here-documents and `[[ … ]]` are known well
///          enough that what stands in them is not taken for commands; text that bash would refuse gives what can be made out.
/// Threads: safe from many.
/// Source:  bash(1), "SHELL GRAMMAR", "QUOTING".
std::vector<ShellCommand> shell_commands(std::string_view text, std::uint32_t first_line = 1);

/// Assignments among the commands, not those made for one command only (`X=1 make`).
std::vector<ShellAssignment> shell_assignments(const std::vector<ShellCommand>& commands);

/// Names that a text refers to: `$NAME`, `${NAME…}`, and every name inside of `$((…))`, `((…))` and brackets of an index.
std::set<std::string> shell_references(std::string_view text);

/// What a word means when nothing in it is expanded: quotes taken away, `$x` kept.
std::string unquoted(std::string_view word);

}  // namespace kmpack::detail
