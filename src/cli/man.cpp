#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reference.hpp"

namespace kmpack {
namespace {

/// Plain text for roff: no escapes, no requests at the start of a line, hyphens that can be pasted.
std::string roff(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else {
      if (result.empty() && (letter == '.' || letter == '\'')) result += "\\&";
      result += letter;
    }
  }
  return result;
}

std::string option_items(const std::vector<OptionHelp>& options) {
  std::string result;
  for (const OptionHelp& option : options) {
    result += fmt::format(".TP\n\\fB{}\\fR", roff(option.names));
    if (!option.value.empty()) result += fmt::format(" \\fI{}\\fR", roff(option.value));
    result += "\n" + roff(option.text) + "\n";
  }
  return result;
}

std::string command_section(const CommandReference& command) {
  const CommandText& text = *command.text;
  std::string result = fmt::format(".SS {}\n{}.\n", roff(text.path), roff(text.summary));
  result += fmt::format(".PP\n\\fBkmpack {}\\fR [OPTIONS] {}\n", roff(text.path), roff(text.arguments));
  if (!text.details.empty()) result += ".PP\n" + roff(text.details) + "\n";
  result += option_items(command.options);
  for (const Example& example : text.examples) {
    result += fmt::format(".PP\n.RS\n.nf\n{}\n.fi\n.RE\n{}.\n", roff(example.line), roff(example.meaning));
  }
  return result;
}

}  // namespace

std::string man_page(const Reference& reference, std::string_view page) {
  std::string commands;
  for (const CommandReference& command : reference.commands) commands += command_section(command);
  std::string result = replaced(std::string{page}, "@COMMANDS@\n", commands);
  result = replaced(std::move(result), "@OPTIONS@\n", option_items(reference.global));
  return replaced(std::move(result), "@VERSION@", version());
}

}  // namespace kmpack
