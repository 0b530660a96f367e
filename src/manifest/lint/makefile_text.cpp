#include "manifest/lint/makefile_text.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace kmpack::detail {
namespace {

struct RawLine {
  std::string text;
  std::uint32_t line = 0;
};

std::vector<RawLine> joined_lines(std::string_view text) {
  std::vector<RawLine> lines;
  std::uint32_t number = 0;
  bool goes_on = false;
  for (std::string_view part : split(text, '\n')) {
    ++number;
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (!goes_on) lines.push_back({.text = {}, .line = number});
    goes_on = part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    lines.back().text += part;
    if (goes_on) lines.back().text += ' ';
  }
  return lines;
}

/// Without its comment. A `#` within `$(…)` begins none here: arguments of `shell` have them.
std::string_view without_comment(std::string_view text) {
  int open = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '{') ++open;
    if ((text[at] == ')' || text[at] == '}') && open > 0) --open;
    if (text[at] == '#' && open == 0 && (at == 0 || text[at - 1] != '\\')) return text.substr(0, at);
  }
  return text;
}

/// Position of the first of `what` that is not within a reference.
std::size_t find_outside(std::string_view text, std::string_view what) {
  int open = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '{') ++open;
    if (text[at] == ')' || text[at] == '}') --open;
    if (open == 0 && text.substr(at).starts_with(what)) return at;
  }
  return std::string_view::npos;
}

std::string_view first_word(std::string_view text) {
  text = trimmed(text);
  return text.substr(0, text.find_first_of(" \t("));
}

bool read_assignment(std::string_view text, MakeLine& line) {
  const std::size_t equals = find_outside(text, "=");
  if (equals == std::string_view::npos || equals == 0) return false;
  std::string_view name = text.substr(0, equals);
  line.how = "=";
  if (name.ends_with('?') || name.ends_with('+') || name.ends_with('!')) {
    line.how = std::string(1, name.back()) + "=";
    name.remove_suffix(1);
  } else {
    while (name.ends_with(':')) {
      name.remove_suffix(1);
      line.how = ":=";
    }
  }
  const std::vector<std::string> parts = words(name);
  if (parts.empty() || find_outside(name, ":") != std::string_view::npos) return false;
  const bool modified = std::ranges::all_of(parts.begin(), parts.end() - 1, [](const std::string& word) {
    return word == "export" || word == "override" || word == "private" || word == "unexport";
  });
  if (!modified && find_outside(name, " ") != std::string_view::npos && name.find("$(") == std::string_view::npos) return false;
  line.kind = MakeLineKind::assignment;
  line.name = parts.back();
  line.text = trimmed(text.substr(equals + 1));
  return true;
}

bool read_rule(std::string_view text, MakeLine& line, std::string& recipe) {
  const std::size_t colon = find_outside(text, ":");
  if (colon == std::string_view::npos) return false;
  line.kind = MakeLineKind::rule;
  line.targets = words(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  if (const std::size_t begin = find_outside(rest, ";"); begin != std::string_view::npos) {
    recipe = trimmed(rest.substr(begin + 1));
    rest = rest.substr(0, begin);
  }
  line.needs = words(rest);
  return true;
}

enum class Branch {
  taken,
  left_out,
  unknown,
  over  ///< an earlier branch of the same condition was taken
};

Branch after_else(Branch branch) {
  if (branch == Branch::unknown) return branch;
  return branch == Branch::left_out ? Branch::taken : Branch::over;
}

bool is_read(const std::vector<Branch>& branches) {
  return std::ranges::none_of(branches, [](Branch branch) { return branch == Branch::left_out || branch == Branch::over; });
}

/// The variable that `($(X),)`, `(,$(X))` or `"$(X)" ""` compares with nothing.
std::optional<std::string> compared_with_nothing(std::string_view arguments) {
  std::string text;
  for (const char c : arguments) {
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') text += c;
  }
  if (text.starts_with("(") && text.ends_with(")")) text = text.substr(1, text.size() - 2);
  if (text.starts_with("strip")) return std::nullopt;
  if (text.starts_with(',')) text = text.substr(1);
  if (text.ends_with(',')) text.pop_back();
  const bool reference = (text.starts_with("$(") && text.ends_with(')')) || (text.starts_with("${") && text.ends_with('}'));
  if (!reference) return std::nullopt;
  text = text.substr(2, text.size() - 3);
  if (text.find_first_of("$(){},") != std::string::npos) return std::nullopt;
  return text;
}

class Reader {
 public:
  Reader(const std::set<std::string>& given, const std::set<std::string>& empty) : given_(given), empty_(empty) {}

  void line(const RawLine& raw) {
    const bool recipe = raw.text.starts_with('\t');
    const std::string_view text = recipe && in_rule_ ? trimmed(raw.text) : trimmed(without_comment(raw.text));
    if (text.empty()) return;
    if ((!recipe || !in_rule_) && condition(text, raw.line)) return;
    if (!is_read(branches_)) return;
    MakeLine found{.line = raw.line, .text = std::string(text), .name = {}, .how = {}, .targets = {}, .needs = {}};
    if (recipe && in_rule_) {
      found.kind = MakeLineKind::recipe;
      if (!text.starts_with('#')) lines.push_back(std::move(found));
      return;
    }
    const std::string_view first = first_word(text);
    if (first == "include" || first == "-include" || first == "sinclude" || first == "define" || first == "endef") {
      lines.push_back(std::move(found));
      return;
    }
    std::string command;
    if (!read_assignment(text, found) && read_rule(text, found, command)) in_rule_ = true;
    if (found.kind == MakeLineKind::assignment) in_rule_ = false;
    lines.push_back(std::move(found));
    if (command.empty()) return;
    lines.push_back(
        {.kind = MakeLineKind::recipe, .line = raw.line, .text = command, .name = {}, .how = {}, .targets = {}, .needs = {}});
  }

  std::vector<MakeLine> lines;

 private:
  bool condition(std::string_view text, std::uint32_t number) {
    const std::string_view first = first_word(text);
    if (first == "endif") {
      if (branches_.empty()) return true;
      branches_.pop_back();
      if (conditions_.back()) lines[*conditions_.back()].end = lines.size();
      conditions_.pop_back();
      return true;
    }
    if (first == "else") {
      if (branches_.empty()) return true;
      branches_.back() = after_else(branches_.back());
      // What follows `else` in its line decides within that branch, and ends with the same endif.
      const std::string_view rest = trimmed(text.substr(4));
      if (!rest.empty() && is_condition(first_word(rest)) && branches_.back() != Branch::over) {
        branches_.pop_back();
        conditions_.pop_back();
        open(rest, number);
      }
      return true;
    }
    if (!is_condition(first)) return false;
    open(text, number);
    return true;
  }

  static bool is_condition(std::string_view word) {
    return word == "ifeq" || word == "ifneq" || word == "ifdef" || word == "ifndef";
  }

  void open(std::string_view text, std::uint32_t number) {
    const std::string_view how = first_word(text);
    const std::string arguments(trimmed(text.substr(how.size())));
    const bool by_name = how == "ifdef" || how == "ifndef";
    const auto variable = by_name ? std::optional(arguments) : compared_with_nothing(arguments);
    Branch branch = Branch::unknown;
    if (variable && given_.contains(*variable)) branch = how == "ifdef" || how == "ifneq" ? Branch::taken : Branch::left_out;
    if (variable && empty_.contains(*variable)) branch = how == "ifdef" || how == "ifneq" ? Branch::left_out : Branch::taken;
    conditions_.emplace_back();
    if (branch == Branch::unknown && !variable && is_read(branches_)) {
      conditions_.back() = lines.size();
      lines.push_back({.kind = MakeLineKind::condition,
                       .line = number,
                       .text = arguments,
                       .name = {},
                       .how = std::string(how),
                       .targets = {},
                       .needs = {}});
    }
    branches_.push_back(branch);
  }

  const std::set<std::string>& given_;
  const std::set<std::string>& empty_;
  std::vector<Branch> branches_;
  std::vector<std::optional<std::size_t>> conditions_;  ///< beside branches_: where they stand in lines
  bool in_rule_ = false;
};

}  // namespace

std::vector<MakeLine> make_lines(std::string_view text, const std::set<std::string>& given, const std::set<std::string>& empty) {
  Reader reader(given, empty);
  for (const RawLine& raw : joined_lines(text)) reader.line(raw);
  return std::move(reader.lines);
}

std::set<std::string> make_references(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t at = text.find('$'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('$', at + 1)) {
    const char next = text[at + 1];
    if (next == '$') {
      ++at;
      continue;
    }
    if (next != '(' && next != '{') {
      names.emplace(1, next);
      continue;
    }
    const std::size_t end = text.find_first_of("(){}$ ,:\t", at + 2);
    if (end == std::string_view::npos || text[end] == ')' || text[end] == '}' || text[end] == ':')
      names.emplace(text.substr(at + 2, end - at - 2));
  }
  return names;
}

}  // namespace kmpack::detail
