#include "manifest/lint/shell.hpp"

#include <algorithm>
#include <array>

namespace kmpack::detail {
namespace {

constexpr int kDeepest = 20;
// Quotes in substitutions in quotes: what is deeper is hostile, and read as plain text.
constexpr int kDeepestQuotes = 100;

bool is_reserved(std::string_view word) noexcept {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "time", "esac"});
  return std::ranges::find(kWords, word) != kWords.end();
}

class Lexer {
 public:
  Lexer(std::string_view text, std::uint32_t line, int depth, std::vector<ShellCommand>& commands)
      : text_(text), line_(line), depth_(depth), commands_(commands) {}

  void run() {
    while (at_ < text_.size()) step();
    end_word();
    end_command(false);
  }

 private:
  struct HereDocument {
    std::string delimiter;
    bool tabs_off = false;
  };

  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  char take() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  void keep() {
    if (!in_word_) word_ = {.text = {}, .line = line_};
    in_word_ = true;
    word_.text += take();
  }

  void step() {
    const char c = peek();
    if (c == '\\') return escape();
    if (c == '\'' || c == '"' || c == '`' || c == '$') return quoted();
    if (c == '#' && !in_word_) {
      while (at_ < text_.size() && peek() != '\n') ++at_;
      return;
    }
    if (c == '\n') {
      end_word();
      end_command(false);
      take();
      return here_documents();
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      take();
      return end_word();
    }
    if (!in_test() && separator(c)) return;
    keep();
  }

  void escape() {
    if (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n')) {
      while (take() != '\n') {}
      return;
    }
    keep();
    if (at_ < text_.size()) keep();
  }

  void quoted() {
    if (nesting_ >= kDeepestQuotes) return keep();
    ++nesting_;
    quoted_part();
    --nesting_;
  }

  void quoted_part() {
    switch (peek()) {
      case '\'':
        return until('\'', false);
      case '"':
        return until('"', true);
      case '`':
        return substitution(1, '`');
      default:
        break;
    }
    if (peek(1) == '(') return substitution(2, ')');
    if (peek(1) == '{') return braces();
    if (peek(1) == '\'') keep();
    keep();
  }

  void until(char end, bool expanding) {
    keep();
    while (at_ < text_.size() && peek() != end) {
      if (expanding && peek() == '\\' && at_ + 1 < text_.size()) {
        escape();
      } else if (expanding && (peek() == '`' || (peek() == '$' && (peek(1) == '(' || peek(1) == '{')))) {
        quoted();
      } else {
        keep();
      }
    }
    if (at_ < text_.size()) keep();
  }

  void braces() {
    keep();
    keep();
    while (at_ < text_.size() && peek() != '}') {
      const char c = peek();
      if (c == '\\') {
        escape();
      } else if (c == '\'' || c == '"' || c == '`' || (c == '$' && (peek(1) == '(' || peek(1) == '{'))) {
        quoted();
      } else {
        keep();
      }
    }
    if (at_ < text_.size()) keep();
  }

  /// `…` or $(…): kept in the word as it is, and read for commands of its own.
  void substitution(std::size_t opening, char end) {
    for (std::size_t i = 0; i < opening; ++i) keep();
    const std::uint32_t line = line_;
    const std::size_t begin = at_;
    ++substitutions_;
    int open = 0;
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '\\') {
        keep();
        if (at_ < text_.size()) keep();
      } else if (end == ')' && (c == '\'' || c == '"')) {
        quoted();
      } else if (c == end && open == 0) {
        break;
      } else {
        if (end == ')' && c == '(') ++open;
        if (end == ')' && c == ')') --open;
        keep();
      }
    }
    const std::string_view inner = text_.substr(begin, at_ - begin);
    if (at_ < text_.size()) keep();
    --substitutions_;
    // Of $((…)) nothing is a command; what is within another substitution is read with that.
    if (substitutions_ == 0 && depth_ < kDeepest && !(end == ')' && inner.starts_with('(')))
      Lexer(inner, line, depth_ + 1, commands_).run();
  }

  [[nodiscard]] bool in_test() const {
    return !command_.words.empty() && command_.words.front().text == "[[" && command_.words.back().text != "]]";
  }

  /// Operators of the shell; false when the character is an ordinary one here.
  bool separator(char c) {
    if (c == '(' && in_word_ && word_.text.ends_with('=')) return compound_value(), true;
    if (c == '<' || c == '>') return redirection(), true;
    if (c == '&' && peek(1) == '>') return take(), redirection(), true;
    if (c == '(' && peek(1) == '(' && !in_word_ && command_.words.empty()) return arithmetic(), true;
    if (c != ';' && c != '&' && c != '|' && c != '(' && c != ')') return false;
    end_word();
    const bool pipe = c == '|' && peek(1) != '|';
    take();
    if (peek() == c || (pipe && peek() == '&')) take();
    end_command(pipe);
    return true;
  }

  void compound_value() {
    int open = 0;
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '\'' || c == '"' || c == '`' || c == '$') {
        quoted();
        continue;
      }
      if (c == '\\') {
        escape();
        continue;
      }
      if (c == '(') ++open;
      const bool last = c == ')' && --open == 0;
      keep();
      if (last) return;
    }
  }

  void arithmetic() {
    int open = 0;
    while (at_ < text_.size()) {
      const char c = take();
      if (c == '(') ++open;
      if (c == ')' && --open == 0) return;
    }
  }

  void redirection() {
    // `2>` is no word of its own.
    if (in_word_ && std::ranges::all_of(word_.text, [](char c) { return c >= '0' && c <= '9'; })) in_word_ = false;
    end_word();
    // What a here-string says is as good as an argument.
    const bool string = peek() == '<' && peek(1) == '<' && peek(2) == '<';
    const bool here = peek() == '<' && peek(1) == '<' && !string;
    while (peek() == '<' || peek() == '>' || peek() == '&' || peek() == '|') take();
    if (here && peek() == '-') {
      tabs_off_ = true;
      take();
    }
    drop_next_ = here ? Drop::here_document : string ? Drop::none : Drop::target;
  }

  void end_word() {
    if (!in_word_) return;
    in_word_ = false;
    if (drop_next_ == Drop::here_document) waiting_.push_back({unquoted(word_.text), tabs_off_});
    if (drop_next_ == Drop::none) {
      const bool leads = command_.words.empty();
      if (!leads || !is_reserved(word_.text)) command_.words.push_back(std::move(word_));
    }
    drop_next_ = Drop::none;
    tabs_off_ = false;
    word_ = {};
  }

  void end_command(bool pipe) {
    // A pipe may be continued in the next line.
    if (command_.words.empty() && !pipe) return;
    if (!command_.words.empty()) {
      command_.fed_by_pipe = pipe_;
      commands_.push_back(std::move(command_));
    }
    command_ = {};
    pipe_ = pipe;
  }

  void here_documents() {
    for (const HereDocument& document : waiting_) {
      while (at_ < text_.size()) {
        std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
        at_ += line.size();
        if (at_ < text_.size()) take();
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (document.tabs_off) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
        if (line == document.delimiter) break;
      }
    }
    waiting_.clear();
  }

  enum class Drop { none, target, here_document };

  std::string_view text_;
  std::uint32_t line_;
  int depth_;
  std::vector<ShellCommand>& commands_;
  std::size_t at_ = 0;
  ShellWord word_;
  bool in_word_ = false;
  ShellCommand command_;
  bool pipe_ = false;
  int nesting_ = 0;
  int substitutions_ = 0;
  bool tabs_off_ = false;
  Drop drop_next_ = Drop::none;
  std::vector<HereDocument> waiting_;
};

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view text, std::uint32_t first_line) {
  std::vector<ShellCommand> commands;
  Lexer(text, first_line, 0, commands).run();
  return commands;
}

}  // namespace kmpack::detail
