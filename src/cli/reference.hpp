#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

struct Example {
  std::string_view line;
  std::string_view meaning;
};

/// What is said about a command beside its options.
struct CommandText {
  std::string_view path;       ///< "flavors fetch"; empty: kmpack itself
  std::string_view summary;    ///< one line, no full stop
  std::string_view arguments;  ///< [MANIFEST...]
  std::vector<Example> examples;
  std::string_view details;  ///< one paragraph; may be empty
};

/// All commands, in the order a reader wants them; kmpack itself first.
std::span<const CommandText> command_texts();
/// The text of one command. It must exist.
const CommandText& command_text(std::string_view path);

struct OptionHelp {
  std::string names;  ///< "-q, --quiet"
  std::string value;  ///< "N"; empty for a flag
  std::string text;
};

/// A command with its options, as help and man page show it.
struct CommandReference {
  const CommandText* text = nullptr;
  std::vector<OptionHelp> options;
};

/// Read from the option parser itself, so that help and man page cannot tell of options that do not exist.
struct Reference {
  std::vector<CommandReference> commands;  ///< without kmpack itself
  std::vector<OptionHelp> global;
};
Reference command_reference();

/// `--help` of a command ("" for kmpack itself): examples first.
std::string help_text(const Reference& reference, std::string_view path);

/// The man page: `page` is roff with the lines `@COMMANDS@`, `@OPTIONS@` and the word `@VERSION@` to be filled in.
std::string man_page(const Reference& reference, std::string_view page);

std::string_view version() noexcept;

}  // namespace kmpack
