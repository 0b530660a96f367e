#include "manifest/dkms/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.hpp"
#include "manifest/dkms/directives.hpp"
#include "manifest/dkms/text.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kShown = 200;

std::string without_return(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

/// Values that a shell reads once more, and those that are split at blanks: how many blanks there are means nothing.
bool is_shell(std::string_view name) { return name == "MAKE"; }
bool is_list(std::string_view name) {
  return name.starts_with("PRE_") || name.starts_with("POST_") || name == "BUILD_EXCLUSIVE_CONFIG";
}

bool means_the_same(std::string_view name, const std::string& written, const std::string& seen) {
  if (written == seen) return true;
  if (is_shell(name)) return dkms_fewest_quotes(dkms_plain_shell(written)) == dkms_fewest_quotes(dkms_plain_shell(seen));
  if (is_list(name)) return words(replaced(written, "\n", " ")) == words(replaced(seen, "\n", " "));
  return false;
}

/// What stands before this blank says that a command's name comes: an operator, or nothing but an assignment since one.
bool is_command_next(std::string_view before) {
  const std::size_t begin = before.find_last_of("\n;&|({`");
  const std::string_view words = trimmed(begin == std::string_view::npos ? before : before.substr(begin + 1));
  return words.empty() || (words.find(' ') == std::string_view::npos && words.find('=') != std::string_view::npos);
}

struct Element {
  std::string_view name;
  unsigned index = 0;
  std::string written;

  [[nodiscard]] std::string text() const { return fmt::format("{}[{}]", name, index); }
};

class Check {
 public:
  Check(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsPlaces& places, std::string_view conf, Diagnostics& problems)
      : dump_(dump), origin_(origin), places_(places), conf_(conf), problems_(problems) {}

  bool run() {
    for (const DkmsDirective& directive : dkms_directives()) {
      // Nobody acts upon these.
      if (directive.standing == DkmsStanding::ignored || directive.name == "CLEAN") continue;
      const auto values = dump_.written.find(std::string(directive.name));
      if (values == dump_.written.end()) continue;
      for (const auto& [index, text] : values->second) element({directive.name, index, text});
    }
    carriage_returns();
    return report_dropped();
  }

 private:
  void element(const Element& element) {
    const std::string written = without_return(element.written);
    const auto values = dump_.seen.find(std::string(element.name));
    const auto seen = values == dump_.seen.end() ? DkmsValues::const_iterator{} : values->second.find(element.index);
    if (values == dump_.seen.end() || seen == values->second.end()) {
      if (!trimmed(written).empty()) dropped_.push_back(element);
    } else if (!means_the_same(element.name, written, without_return(seen->second))) {
      problems_.report(
          {.severity = Severity::warning,
           .code = "dkms-value-changed",
           .message = fmt::format("dkms evaluates {} twice, which changes it", element.text()),
           .where = where(element),
           .notes = {"as written: " + shown(written), "as dkms sees it, and kmpack: " + shown(seen->second)},
           .hint = "write it so that a second evaluation leaves it as it is: \\\\\\\" for a quote, one blank, no glob"});
    }
  }

  bool report_dropped() {
    if (dropped_.empty()) return true;
    // Where bash can read the text of a value no more it reads nothing after it: all that follows is the first one's fault.
    const bool stopped =
        dump_.messages.find("syntax error") != std::string::npos || dump_.messages.find("unexpected EOF") != std::string::npos;
    const std::size_t culprits = stopped ? 1 : dropped_.size();
    for (std::size_t i = 0; i < culprits; ++i) {
      Diagnostic diagnostic{.code = "dkms-value-dropped",
                            .message = fmt::format("dkms evaluates {} twice and loses it on the way", dropped_[i].text()),
                            .where = where(dropped_[i]),
                            .notes = {"as written: " + shown(dropped_[i].written)},
                            .hint = "write the quotes inside of it with two backslashes more, or leave them out"};
      if (dropped_[i].name == "MAKE")
        diagnostic.notes.emplace_back("dkms says so on stderr and builds with its generic make call");
      std::vector<std::string> others;
      for (std::size_t k = 1; stopped && k < dropped_.size(); ++k) others.push_back(dropped_[k].text());
      if (!others.empty()) diagnostic.notes.push_back("lost with it: " + joined(others, ", "));
      problems_.report(std::move(diagnostic));
    }
    return !stopped;
  }

  void carriage_returns() {
    std::uint32_t line = 0;
    std::uint32_t first = 0;
    for (const std::string_view text : split(conf_, '\n')) {
      ++line;
      if (first == 0 && text.ends_with('\r')) first = line;
    }
    if (first == 0) return;
    const bool old = origin_.semantics == DkmsSemantics::v3_0;
    problems_.report({.severity = Severity::warning,
                      .code = "dkms-conf-carriage-return",
                      .message = "lines end as on Windows; they are read as if they did not",
                      .where = SourceSpan{origin_.conf, first, 0},
                      .notes = {old ? "dkms 3.0 takes the carriage returns into its values and builds nothing"
                                    : "dkms before 3.1.5 takes the carriage returns into its values and builds nothing"},
                      .hint = "convert the file, as with `sed -i 's/\\r$//'`"});
  }

  [[nodiscard]] std::string shown(const std::string& text) const {
    const std::string line = replaced(places_.replaced_in(text), "\n", "\\n");
    return line.size() > kShown ? line.substr(0, kShown) + "…" : line;
  }

  [[nodiscard]] SourceSpan where(const Element& element) const {
    return {origin_.conf, dkms_line_of(conf_, element.name, element.index), 0};
  }

  const DkmsDump& dump_;
  const DkmsOrigin& origin_;
  const DkmsPlaces& places_;
  std::string_view conf_;
  Diagnostics& problems_;
  std::vector<Element> dropped_;
};

}  // namespace

std::string dkms_plain_shell(std::string_view text) {
  std::string plain;
  char quote = 0;
  bool gap = false;  // the last character divides words
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      if (text[i + 1] == '\n') {
        ++i;
        continue;
      }
      plain += c;
      plain += text[++i];
      gap = false;
      continue;
    }
    if (quote != 0) {
      if (c == quote) quote = 0;
      plain += c;
      continue;
    }
    if (c == '\'' || c == '"') quote = c;
    if (c != ' ' && c != '\t' && c != '\n') {
      plain += c;
      gap = false;
      continue;
    }
    // After one of these a line end is a blank; anywhere else it ends a command.
    const bool blank = c != '\n' || plain.empty() || std::string_view(" &|;({").find(plain.back()) != std::string_view::npos ||
                       trimmed(text.substr(i)).empty();
    if (!blank || (!plain.empty() && !gap)) plain += blank ? ' ' : '\n';
    gap = true;
  }
  return std::string(trimmed(plain));
}

std::string dkms_fewest_quotes(std::string_view plain) {
  constexpr std::string_view kInert = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:/=+@%-";
  std::string fewest;
  bool names_command = true;  // the word at hand is, or may be, the name of a command
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const char c = plain[at];
    if (c == '\\' && at + 1 < plain.size()) {
      fewest += c;
      fewest += plain[++at];
      continue;
    }
    if (c == '\'' || c == '"') {
      std::size_t end = plain.find(c, at + 1);
      // An escaped quote does not end them.
      while (c == '"' && end != std::string_view::npos && plain[end - 1] == '\\') end = plain.find(c, end + 1);
      if (end == std::string_view::npos) return fewest += plain.substr(at);
      const std::string_view inside = plain.substr(at + 1, end - at - 1);
      const bool inert = !inside.empty() && inside.find_first_not_of(kInert) == std::string_view::npos;
      const bool plain_quote = fewest.empty() || fewest.back() != '$';
      fewest += inert && plain_quote && !names_command ? inside : plain.substr(at, end - at + 1);
      at = end;
      continue;
    }
    if (c == '=') names_command = false;
    if (std::string_view("\n;&|({)`").find(c) != std::string_view::npos) names_command = true;
    // An assignment before it leaves the next word the command's name.
    if (c == ' ') names_command = is_command_next(fewest);
    fewest += c;
  }
  return fewest;
}

bool check_dkms_values(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsPlaces& places, std::string_view conf,
                       Diagnostics& problems) {
  return Check(dump, origin, places, conf, problems).run();
}

}  // namespace kmpack
