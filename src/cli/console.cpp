#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

const char* code_of(Paint paint) noexcept {
  switch (paint) {
    case Paint::good:
      return "\x1b[32m";
    case Paint::bad:
      return "\x1b[1;31m";
    case Paint::warn:
      return "\x1b[33m";
    case Paint::dim:
      return "\x1b[2m";
    case Paint::bold:
      return "\x1b[1m";
    case Paint::plain:
      break;
  }
  return "";
}

bool terminal(int descriptor) noexcept {
  const char* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && kind != nullptr && std::string_view{kind} != "dumb" && *kind != '\0';
}

// Source: no-color.org: set and not empty.
bool colour_refused() noexcept {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

bool coloured(Colour colour, int descriptor) noexcept {
  if (colour == Colour::automatic) return !colour_refused() && terminal(descriptor);
  return colour == Colour::always;
}

/// 0, or the errno that stopped it.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Those of one byte, and U+0080 to U+009F: terminals take them for the beginning of a command, too.
std::string without_controls(std::string_view text, std::string_view kept) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool single = byte < 0x20 || byte == 0x7F;
    const bool pair = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) - 0x80U < 0x20U;
    if (pair) ++i;
    result += pair || (single && kept.find(text[i]) == std::string_view::npos) ? '?' : text[i];
  }
  return result;
}

}  // namespace

std::string painted(std::string_view text, Paint paint, bool coloured) {
  if (!coloured || paint == Paint::plain) return std::string{text};
  return code_of(paint) + std::string{text} + "\x1b[0m";
}

std::string painted(const Diagnostic& diagnostic, bool coloured) {
  std::string text = without_controls(to_text(diagnostic), "\n\t");
  if (!coloured) return text;
  const bool error = diagnostic.severity == Severity::error;
  const std::string_view word = error ? "error:" : "warning:";
  const auto at = text.find(word);
  if (at != std::string::npos) text.replace(at, word.size(), painted(word, error ? Paint::bad : Paint::warn, true));
  return text;
}

Console::Console(Colour colour, Verbosity verbosity, Rendering rendering)
    : verbosity_(verbosity),
      rendering_(rendering),
      coloured_out_(coloured(colour, STDOUT_FILENO) && rendering == Rendering::text),
      coloured_err_(coloured(colour, STDERR_FILENO)),
      live_(terminal(STDERR_FILENO) && verbosity == Verbosity::normal) {}

void Console::answer(std::string_view text) const {
  if (const int failure = write_all(STDOUT_FILENO, text); failure != 0) throw_system_error(failure, "write", "standard output");
}

void Console::raw(std::string_view text) const noexcept { write_all(STDERR_FILENO, text); }

void Console::say(std::string_view line) const {
  if (verbosity_ != Verbosity::quiet) raw(std::string{line} + "\n");
}

void Console::complain(const Diagnostic& diagnostic) const {
  if (diagnostic.severity == Severity::warning && verbosity_ == Verbosity::quiet) return;
  raw(painted(diagnostic, coloured_err_) + "\n");
}

void Console::complain(const Diagnostics& diagnostics) const {
  for (const Diagnostic& diagnostic : diagnostics.all()) complain(diagnostic);
}

TerminalSize terminal_size() noexcept {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::size_t columns(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char byte : text) count += continues(byte) ? 0U : 1U;
  return count;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string{text};
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if (continues(text[end])) continue;
    if (++count >= width) break;
  }
  return std::string{text.substr(0, end)} + (width == 0 ? "" : "…");
}

std::string printable(std::string_view text) { return without_controls(text, {}); }

}  // namespace kmpack
