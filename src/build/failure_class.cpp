#include "build/failure_class.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

using Texts = std::span<const std::string_view>;

/// How compilers put it that a source and the headers do not mean the same functions, types and members.
constexpr auto kApi = std::to_array<std::string_view>({"implicit declaration of function",
                                                       "call to undeclared function",
                                                       "too few arguments",
                                                       "too many arguments",
                                                       "has no member named",
                                                       "no member named",
                                                       "incompatible pointer type",
                                                       "incompatible function pointer type",
                                                       "incompatible integer to pointer",
                                                       "incompatible pointer to integer",
                                                       "incompatible type",
                                                       "conflicting types for",
                                                       "undeclared",
                                                       "unknown type name",
                                                       "incomplete type",
                                                       "incomplete definition of type",
                                                       "invalid use of undefined type",
                                                       "storage size of",
                                                       "redefinition of",
                                                       "redeclared as",
                                                       "redeclaration of",
                                                       "follows non-static declaration",
                                                       "makes integer from pointer",
                                                       "makes pointer from integer",
                                                       "void value not ignored",
                                                       "has no such member",
                                                       "is not a structure or union",
                                                       "invalid initializer",
                                                       "initialization of ",
                                                       "assignment to ",
                                                       "passing argument "});

constexpr auto kMemory = std::to_array<std::string_view>(
    {"Killed", "Cannot allocate memory", "out of memory", "virtual memory exhausted", "std::bad_alloc"});

constexpr auto kDisk =
    std::to_array<std::string_view>({"No space left on device", "Disk quota exceeded", "fixdep: not all data was written"});

bool has_any(std::string_view text, Texts needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) { return text.find(needle) != std::string_view::npos; });
}

/// `macro "X" requires 2 arguments, but only 1 given`, `macro "X" passed 3 arguments, but takes just 2`.
bool is_macro_call(std::string_view text) {
  return text.find("macro ") != std::string_view::npos &&
         (text.find(" requires ") != std::string_view::npos || text.find(" passed ") != std::string_view::npos ||
          text.find("arguments provided to function-like macro") != std::string_view::npos);
}

bool is_missing_header(std::string_view text) {
  constexpr std::string_view kGcc = ": No such file or directory";
  if (text.ends_with(kGcc)) return text.substr(0, text.size() - kGcc.size()).ends_with(".h");
  return text.ends_with("file not found");
}

/// configure's own words for a program it looked for: `flex not found`. Of a library or a header it says the same.
bool lacks_program(std::string_view message) {
  constexpr auto kOfPrograms = std::to_array<std::string_view>(
      {"not found in PATH", "not found in $PATH", "not found in your PATH", "in your PATH", "no acceptable ", "in $PATH"});
  if (has_any(message, kOfPrograms)) return true;
  const std::string_view name = message.substr(0, message.find(' '));
  const std::string_view rest = trimmed(message.substr(name.size()));
  const bool is_word =
      !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+_-") == std::string_view::npos;
  constexpr auto kLacking =
      std::to_array<std::string_view>({"not found", "was not found", "is required", "is missing", "is not installed"});
  return is_word && !name.starts_with("lib") && !name.ends_with("headers") && has_any(rest.substr(0, 16), kLacking);
}

/// `/bin/sh: 1: x: not found`, `bash: line 1: x: command not found`, `env: 'x': No such file or directory`.
bool is_missing_tool(std::string_view line) {
  constexpr std::string_view kConfigure = "configure: error: ";
  if (line.starts_with(kConfigure)) return lacks_program(line.substr(kConfigure.size()));
  // What a script names in its first line.
  if (line.ends_with(": cannot execute: required file not found") || line.find(": bad interpreter: ") != std::string_view::npos)
    return true;
  if (line.ends_with("not found in PATH") || line.ends_with("not found in $PATH")) return true;
  const bool shell = line.starts_with("/bin/sh: ") || line.starts_with("/bin/bash: ") || line.starts_with("bash: ") ||
                     line.find(": line ") != std::string_view::npos;
  if (shell && line.ends_with(": not found")) return true;
  if (line.ends_with(": command not found")) return true;
  if (line.find("env: ") != std::string_view::npos && line.ends_with(": No such file or directory")) return true;
  // make found no program of that name: `make[1]: gcc-99: No such file or directory`.
  return line.starts_with("make") && line.find("***") == std::string_view::npos &&
         (line.ends_with(": No such file or directory") || line.ends_with(": Command not found"));
}

bool is_modposts(std::string_view line) {
  return line.find("modpost: ") != std::string_view::npos &&
         (line.ends_with(" undefined!") || line.find("uses symbol") != std::string_view::npos ||
          line.find("GPL-incompatible module") != std::string_view::npos);
}

struct Place {
  std::string_view file;
  std::uint32_t line = 0;
  std::string_view rest;
};

/// `file:12:34: text` or `file:12: text`.
Place split_place(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return {{}, 0, text};
  std::string_view rest = text.substr(colon + 1);
  std::uint32_t line = 0;
  const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), line);
  if (failed != std::errc() || line == 0) return {{}, 0, text};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!rest.starts_with(':')) return {{}, 0, text};
  rest.remove_prefix(1);
  std::uint32_t column = 0;
  const auto [after, no_column] = std::from_chars(rest.data(), rest.data() + rest.size(), column);
  const auto digits = static_cast<std::size_t>(after - rest.data());
  if (no_column == std::errc() && rest.substr(digits).starts_with(':')) rest.remove_prefix(digits + 1);
  return {text.substr(0, colon), line, trimmed(rest)};
}

/// The text after `error: `, where a compiler says so.
std::string_view without_severity(std::string_view text) {
  for (const std::string_view severity : {"fatal error: ", "error: ", "internal compiler error: ", "Error: ", "*** "}) {
    if (text.starts_with(severity)) return text.substr(severity.size());
    const std::size_t at = text.find(std::string(": ") + std::string(severity));
    if (at != std::string_view::npos && text.find(' ') > at) return text.substr(at + 2 + severity.size());
  }
  return text;
}

bool is_compilers(std::string_view line) {
  return line.find("error: ") != std::string_view::npos || line.find(": Error: ") != std::string_view::npos;
}

FailureClass class_of(std::string_view line, std::string_view message) {
  if (has_any(line, kDisk)) return FailureClass::disk_full;
  if (has_any(line, kMemory)) return FailureClass::out_of_memory;
  if (is_missing_tool(line)) return FailureClass::missing_tool;
  if (is_modposts(line)) return FailureClass::api_change;
  if (!is_compilers(line) || line.starts_with("configure: ")) return FailureClass::other;
  if (is_missing_header(message)) return FailureClass::missing_header;
  return has_any(message, kApi) || is_macro_call(message) ? FailureClass::api_change : FailureClass::compiler_error;
}

struct ClassOfCode {
  std::string_view code;
  FailureClass kind;
};

constexpr auto kCodes = std::to_array<ClassOfCode>({{"compiler-missing", FailureClass::missing_tool},
                                                    {"disk-full", FailureClass::disk_full},
                                                    {"module-not-built", FailureClass::missing_module},
                                                    {"symbol-crc-differs", FailureClass::api_change},
                                                    {"symbol-gpl-only", FailureClass::api_change},
                                                    {"symbol-namespace", FailureClass::api_change},
                                                    {"symbol-unresolved", FailureClass::api_change},
                                                    {"tool-missing", FailureClass::missing_tool}});

}  // namespace

Failure failure_of_line(std::string_view line) {
  const Place place = split_place(line);
  const std::string_view message = without_severity(place.rest);
  return {.kind = class_of(line, message), .file = std::string(place.file), .line = place.line, .message = std::string(message)};
}

Failure failure_of(const Diagnostic& problem) {
  const auto found = std::ranges::find(kCodes, problem.code, &ClassOfCode::code);
  const SourceSpan where = problem.where.value_or(SourceSpan{});
  return {.kind = found == kCodes.end() ? FailureClass::other : found->kind,
          .file = where.file.string(),
          .line = where.line,
          .message = problem.message};
}

}  // namespace kmpack
