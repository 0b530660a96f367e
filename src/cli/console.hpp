#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// Takes an answer piece by piece.
using Write = std::function<void(std::string_view)>;

enum class Paint { plain, good, bad, warn, dim, bold };

/// Text with its ANSI colour; unchanged without colour.
std::string painted(std::string_view text, Paint paint, bool coloured);

/// Diagnostic as text fit for a terminal, its severity coloured: what it quotes of a file may have control characters.
std::string painted(const Diagnostic& diagnostic, bool coloured);

/// Where answers and messages go, and what those places can show. Nothing else in kmpack prints.
class Console {
 public:
  /// Looks at the environment (NO_COLOR, TERM) and at what file descriptors 1 and 2 are.
  Console(Colour colour, Verbosity verbosity, Rendering rendering);

  /// A result, to standard output. Errors: file-unwritable, disk-full when it cannot be written.
  void answer(std::string_view text) const;
  /// A message, to standard error; not with --quiet.
  void say(std::string_view line) const;
  /// Text to standard error as it is. What cannot be written is lost: a closed terminal must not end a build.
  void raw(std::string_view text) const noexcept;
  /// To standard error; warnings not with --quiet.
  void complain(const Diagnostic& diagnostic) const;
  void complain(const Diagnostics& diagnostics) const;

  [[nodiscard]] bool coloured_answers() const noexcept { return coloured_out_; }
  [[nodiscard]] bool coloured_messages() const noexcept { return coloured_err_; }
  [[nodiscard]] bool live() const noexcept { return live_; }  ///< standard error is a terminal that can redraw
  [[nodiscard]] bool json() const noexcept { return rendering_ == Rendering::json; }
  [[nodiscard]] Verbosity verbosity() const noexcept { return verbosity_; }

 private:
  Verbosity verbosity_;
  Rendering rendering_;
  bool coloured_out_ = false;
  bool coloured_err_ = false;
  bool live_ = false;
};

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// Size of the terminal on standard error, or the default.
TerminalSize terminal_size() noexcept;

/// Columns that UTF-8 text takes, every code point counted as one.
std::size_t columns(std::string_view text) noexcept;
/// Text cut to at most `width` columns, with `…` where something was cut.
std::string cut(std::string_view text, std::size_t width);

/// Text from outside made fit for a terminal: control characters become `?`.
std::string printable(std::string_view text);

}  // namespace kmpack
