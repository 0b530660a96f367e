#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "manifest/fields.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"
#include "manifest/text_block.hpp"

namespace kmpack {
namespace {

// kmpack sets these for every call of kbuild; another value would build something else than was planned.
constexpr auto kOwnVariables = std::to_array<std::string_view>({"M", "MO", "O", "V", "ARCH", "SRCARCH", "CC", "CROSS_COMPILE",
                                                                "KBUILD_EXTRA_SYMBOLS", "KBUILD_EXTMOD", "KBUILD_OUTPUT",
                                                                "KBUILD_MODPOST_WARN", "KERNELRELEASE", "MAKEFLAGS", "SHELL"});

bool is_variable_name(std::string_view text) noexcept {
  const bool digit_first = text.front() >= '0' && text.front() <= '9';
  return !digit_first &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void read_variable(const XmlElement& element, std::set<std::string>& seen, MakeSpec& make, Reading& reading) {
  check_shape(element, shape_of("variable"), reading);
  const auto name = reading.attribute(element, "name");
  const auto value = reading.attribute(element, "value");
  if (!name || !value) return;
  if (!is_variable_name(name->text)) {
    reading.error("make-variable-invalid", fmt::format("{} is not a name of a make variable", shown(name->text)), name->line,
                  "use letters, digits and '_'");
  } else if (std::ranges::find(kOwnVariables, name->text) != kOwnVariables.end()) {
    reading.error("make-variable-reserved", fmt::format("the make variable {} is set by kmpack", shown(name->text)), name->line,
                  "remove it");
  } else {
    if (!seen.insert(name->text).second) {
      reading.error("entry-duplicate", fmt::format("the make variable {} is given twice", shown(name->text)), name->line,
                    "keep one");
    }
    make.variables.push_back({.name = name->text, .value = value->text});
  }
}

void read_command(const XmlElement& element, std::vector<BuildCommand>& commands, Reading& reading) {
  check_shape(element, shape_of(element.name), reading);
  BuildCommand command{
      .text = as_command(element.text), .when = read_condition(element, reading), .where = reading.at(element.line)};
  if (command.text.empty()) {
    reading.error("value-empty", fmt::format("<{}> is empty", element.name), element.line,
                  "write the commands between its tags, or remove it");
    return;
  }
  commands.push_back(std::move(command));
}

}  // namespace

MakeSpec read_make(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("make"), reading);
  MakeSpec make;
  if (const auto target = reading.attribute(element, "target")) {
    // A word that make would take for an option, a variable or two targets is refused.
    const bool plain = target->text.front() != '-' && target->text.find_first_of(" =$%:;#\\\"'") == std::string::npos;
    if (plain) make.target = target->text;
    if (!plain) {
      reading.error("make-target-invalid", fmt::format("{} is {}, which is not one target", target->what, shown(target->text)),
                    target->line, "write one word; variables go into <variable>");
    }
  }
  std::set<std::string> seen;
  for (const XmlElement& child : element.children) {
    if (reading.exhausted()) break;
    if (child.name == "variable") read_variable(child, seen, make, reading);
    if (child.name == "before") read_command(child, make.before, reading);
    if (child.name == "command") read_command(child, make.commands, reading);
    if (child.name == "after") read_command(child, make.after, reading);
  }
  return make;
}

}  // namespace kmpack
