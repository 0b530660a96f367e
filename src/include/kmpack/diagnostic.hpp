#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// A place in a file the user wrote. Lines and columns count from 1; 0 means unknown.
struct SourceSpan {
  std::filesystem::path file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const SourceSpan&) const = default;
};

enum class Severity { warning, error };

/// One thing to tell the user.
///
/// `code` is a slug with static storage, listed in docs/diagnostics.md. `message` is one sentence, lower case, without a
/// full stop. `hint` is the next thing to do.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string_view code;
  std::string message;
  std::optional<SourceSpan> where;
  std::vector<std::string> notes;
  std::optional<std::string> hint;
};

/// Text of one diagnostic as users see it, several lines, without a final newline:
/// `file:line: error: message [code]`, then `  note: …` and `  hint: …` lines.
std::string to_text(const Diagnostic& diagnostic);

/// Everything found wrong (or odd) in one input. Readers report here and go on; the caller asks ok().
class Diagnostics {
 public:
  void report(Diagnostic diagnostic);
  void append(Diagnostics other);
  /// True when nothing of severity error was reported.
  [[nodiscard]] bool ok() const noexcept { return errors_ == 0; }
  [[nodiscard]] std::size_t error_count() const noexcept { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const noexcept { return all_; }

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

/// What stops the work at hand. Carries one Diagnostic; stage borders add notes.
class Error : public std::exception {
 public:
  explicit Error(Diagnostic diagnostic);
  [[nodiscard]] const Diagnostic& diagnostic() const noexcept { return diagnostic_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  Error& add_note(std::string note);

 private:
  Diagnostic diagnostic_;
  std::string text_;
};

/// Thrown where work ends because a stop was asked for. Not an Error, so that `catch (const Error&)` cannot swallow ctrl-C.
struct Cancelled {};

/// Run `work`; an Error that leaves it carries `note` as well.
template <class Work>
decltype(auto) with_context(std::string note, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    error.add_note(std::move(note));
    throw;
  }
}

}  // namespace kmpack
