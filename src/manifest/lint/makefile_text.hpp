#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Private to the lint.
namespace kmpack::detail {

enum class MakeLineKind { assignment, condition, rule, recipe, other };

/// One logical line of a Makefile.
struct MakeLine {
  MakeLineKind kind = MakeLineKind::other;
  std::uint32_t line = 0;  ///< where it begins
  std::string text;        ///< continued lines joined, comment taken off (not of recipes)
  std::string name;        ///< of an assignment
  std::string how;         ///< its operator: = := ?= += != or of a condition: ifeq ifneq ifdef ifndef
  std::vector<std::string> targets;
  std::vector<std::string> needs;
  std::size_t end = 0;  ///< of a condition: how many lines there are at its endif
};

/// The lines that a make reads for which `given` variables are set and `empty` ones are not: branches of conditions that this
/// decides are left out, others are all there.
///
/// Source:  GNU make manual 7.2.
std::vector<MakeLine> make_lines(std::string_view text, const std::set<std::string>& given, const std::set<std::string>& empty);

/// Names of `$(NAME)`, `${NAME}` and `$N` in a text, nested ones too; arguments of functions are looked through.
std::set<std::string> make_references(std::string_view text);

}  // namespace kmpack::detail
