#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/reference.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kWidth = 96;

/// Words of `text` in lines of at most kWidth columns, every line but the first indented.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  for (const std::string& word : words(text)) {
    if (column > indent && column + 1 + word.size() > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

std::string option_lines(const std::vector<OptionHelp>& options) {
  constexpr std::size_t kColumn = 30;
  std::string result;
  for (const OptionHelp& option : options) {
    // Long names without a short one stand under the other long names.
    std::string left =
        (option.names.starts_with("--") ? "      " : "  ") + option.names + (option.value.empty() ? "" : " " + option.value);
    left += left.size() + 2 <= kColumn ? std::string(kColumn - left.size(), ' ') : "\n" + std::string(kColumn, ' ');
    result += left + wrapped(option.text, kColumn) + "\n";
  }
  return result;
}

std::string example_lines(const CommandText& text) {
  std::string result;
  for (const Example& example : text.examples) {
    result += "  " + std::string{example.line} + "\n      " + std::string{example.meaning} + "\n";
  }
  return result;
}

std::string command_lines(std::span<const CommandText* const> commands) {
  std::size_t longest = 0;
  for (const CommandText* command : commands) longest = std::max(longest, command->path.size());
  std::string result;
  for (const CommandText* command : commands) {
    const std::string path{command->path};
    result += "  " + path + std::string(longest + 2 - path.size(), ' ') + std::string{command->summary} + "\n";
  }
  return result;
}

/// The commands below a word that is none by itself: three of `cache`.
std::vector<const CommandText*> commands_below(const Reference& reference, std::string_view group) {
  std::vector<const CommandText*> commands;
  for (const auto& command : reference.commands) {
    if (command.text->path.starts_with(std::string(group) + " ")) commands.push_back(command.text);
  }
  return commands;
}

std::string group_help(const Reference& reference, std::string_view group, std::span<const CommandText* const> commands) {
  std::string result = "kmpack " + std::string(group) + ": " + std::to_string(commands.size()) + " commands\n\nExamples:\n";
  for (const CommandText* command : commands) result += example_lines(*command);
  result += "\nUsage: kmpack " + std::string(group) + " COMMAND [OPTIONS]\n\nCommands:\n" + command_lines(commands);
  return result + "\nOptions of every command:\n" + option_lines(reference.global) +
         "\n'kmpack COMMAND --help' shows examples and options of a command.\n";
}

}  // namespace

std::string help_text(const Reference& reference, std::string_view path) {
  if (std::ranges::find(command_texts(), path, &CommandText::path) == command_texts().end()) {
    const auto commands = commands_below(reference, path);
    if (commands.size() > 1) return group_help(reference, path, commands);
    // `kmpack key --help` has nothing to say but what `kmpack key new --help` says.
    if (commands.size() == 1) return help_text(reference, commands.front()->path);
  }
  const CommandText& text = command_text(path);
  std::string result =
      (text.path.empty() ? "kmpack" : "kmpack " + std::string{text.path}) + ": " + std::string{text.summary} + "\n";
  result += "\nExamples:\n" + example_lines(text);
  result += "\nUsage: kmpack " + (text.path.empty() ? "" : std::string{text.path} + " ") + "[OPTIONS]" +
            (text.arguments.empty() ? "" : " " + std::string{text.arguments}) + "\n";
  if (!text.details.empty()) result += "\n" + wrapped(text.details, 0) + "\n";
  if (text.path.empty()) {
    std::vector<const CommandText*> commands;
    for (const auto& command : reference.commands) commands.push_back(command.text);
    result += "\nCommands:\n" + command_lines(commands);
  } else {
    const auto command = std::ranges::find(reference.commands, &text, &CommandReference::text);
    if (command != reference.commands.end() && !command->options.empty())
      result += "\nOptions:\n" + option_lines(command->options);
  }
  result += "\nOptions of every command:\n" + option_lines(reference.global);
  if (text.path.empty()) {
    result +=
        "\nExit status: 0 done, 1 a cell failed, 2 usage, 3 manifest or flavor, 4 environment, 5 verification,\n"
        "6 work to do (plan --since), 130 interrupted. 'kmpack COMMAND --help' shows examples and options of a command.\n";
  }
  return result;
}

}  // namespace kmpack
