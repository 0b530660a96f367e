#include "manifest/makefile_text.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

struct Line {
  std::string text;
  std::uint32_t number;
};

/// Logical lines: continued ones joined, comments and recipes left out.
std::vector<Line> logical_lines(std::string_view text) {
  std::vector<Line> lines;
  std::uint32_t number = 0;
  std::string pending;
  std::uint32_t start = 0;
  for (std::string_view part : split(text, '\n')) {
    ++number;
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (pending.empty()) start = number;
    if (pending.empty() && part.starts_with('\t')) {
      // A recipe; its continuation lines are recipes too.
      pending = part.ends_with('\\') ? "\t" : "";
      continue;
    }
    const bool goes_on = part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    pending += part;
    if (goes_on) {
      pending += ' ';
      continue;
    }
    if (!pending.starts_with('\t')) lines.push_back({pending.substr(0, pending.find('#')), start});
    pending.clear();
  }
  if (!pending.empty() && !pending.starts_with('\t')) lines.push_back({pending.substr(0, pending.find('#')), start});
  return lines;
}

enum class Operator { set, set_if_absent, add };

struct Assignment {
  std::string name;
  Operator how;
  std::string value;
};

std::optional<Assignment> assignment_in(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view name = line.substr(0, equals);
  Operator how = Operator::set;
  if (name.ends_with('+')) how = Operator::add;
  if (name.ends_with('?')) how = Operator::set_if_absent;
  while (name.ends_with('+') || name.ends_with('?') || name.ends_with(':')) name.remove_suffix(1);
  const std::vector<std::string> parts = words(name);
  // `export X = …` and `override X = …` assign too; anything else with blanks is a rule or a call.
  if (parts.empty() || parts.size() > 2 || (parts.size() == 2 && parts[0] != "export" && parts[0] != "override"))
    return std::nullopt;
  return Assignment{parts.back(), how, std::string(trimmed(line.substr(equals + 1)))};
}

class Variables {
 public:
  /// Branches are not decided, so a second `=` adds to the first: a name too many is seen, a name too few is not.
  void assign(const Assignment& assignment) {
    std::string& value = values_[assignment.name];
    if (assignment.how == Operator::set_if_absent && !value.empty()) return;
    if (value.size() > kLargest) return;
    if (!value.empty()) value += ' ';
    value += assignment.value;
  }

  /// Bounded in depth, length and work: variables may name themselves, and each other many times.
  [[nodiscard]] std::string expanded(std::string_view text, int depth = 0) {
    std::string result;
    while (!text.empty() && result.size() <= kLargest) {
      const std::size_t dollar = text.find('$');
      result += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar);
      const std::size_t length = reference_length(text);
      const std::string_view reference = text.substr(0, length);
      const auto found = length > 3 ? values_.find(std::string(reference.substr(2, length - 3))) : values_.end();
      constexpr int kDeepest = 16;
      const bool known = found != values_.end() && depth < kDeepest && budget_ > 0;
      if (known) --budget_;
      result += known ? expanded(found->second, depth + 1) : std::string(reference);
      text.remove_prefix(length);
    }
    return result;
  }

 private:
  static constexpr std::size_t kLargest = 64 * 1024;

  /// Of `$(…)`, `${…}` with nested ones, or of `$x`.
  static std::size_t reference_length(std::string_view text) {
    if (text.size() < 2 || (text[1] != '(' && text[1] != '{')) return std::min<std::size_t>(text.size(), 2);
    const char open = text[1];
    const char close = open == '(' ? ')' : '}';
    int depth = 0;
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (text[at] == open) ++depth;
      if (text[at] == close && --depth == 0) return at + 1;
    }
    return text.size();
  }

  std::map<std::string, std::string> values_;
  std::size_t budget_ = 20'000;
};

/// CONFIG_X of `obj-$(CONFIG_X)`, empty text for `obj-m`, nothing for other names.
std::optional<std::string> option_of(std::string_view name) {
  if (name == "obj-m") return "";
  if (!name.starts_with("obj-$(CONFIG_") || !name.ends_with(')')) return std::nullopt;
  return std::string(name.substr(6, name.size() - 7));
}

std::optional<std::string> composite_of(std::string_view name) {
  for (const std::string_view suffix : {"-objs", "-y", "-m"}) {
    if (name.ends_with(suffix) && name.size() > suffix.size()) return std::string(name.substr(0, name.size() - suffix.size()));
  }
  return std::nullopt;
}

}  // namespace

MakefileText read_makefile_text(std::string_view text) {
  const std::vector<Line> lines = logical_lines(text);
  Variables variables;
  for (const Line& line : lines) {
    if (const auto assignment = assignment_in(line.text)) variables.assign(*assignment);
  }
  MakefileText result;
  for (const Line& line : lines) {
    const auto assignment = assignment_in(line.text);
    if (!assignment) continue;
    if (const auto option = option_of(assignment->name)) {
      result.objects.push_back({*option, words(variables.expanded(assignment->value)), line.number});
    } else if (const auto name = composite_of(variables.expanded(assignment->name))) {
      for (std::string& part : words(variables.expanded(assignment->value))) result.parts[*name].push_back(std::move(part));
    }
  }
  return result;
}

bool names_modules(const std::filesystem::path& file) { return !read_makefile_text(read_file(file)).objects.empty(); }

}  // namespace kmpack
