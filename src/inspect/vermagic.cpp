#include "inspect/vermagic.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "headers/tree.hpp"
#include "inspect/symbol_rules.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack::detail {
namespace {

// Deeper than any header nests its macros; ends those that name each other.
constexpr unsigned kDeepest = 16;

/// What such a header needs of the C preprocessor: #if on what is defined, #define of strings and of other macros.
class Preprocessor {
 public:
  explicit Preprocessor(const KernelConfig& config) : config_(config) {}

  void define(std::string name, std::string body) { macros_[std::move(name)] = std::move(body); }
  void read(const std::string& source);
  /// The string that a macro is in the end; nothing when something in it is not a string, or a condition was not understood.
  [[nodiscard]] std::optional<std::string> text_of(std::string_view macro) const {
    return understood_ ? expand(macro, 0) : std::nullopt;
  }

 private:
  /// One #if … #endif.
  struct Branch {
    bool outer = true;   ///< is what stands around it read?
    bool taken = false;  ///< has one of its branches been?
    bool here = false;   ///< is this one?
  };

  void directive(std::string_view line);
  void condition(std::string_view word, std::string_view rest);
  [[nodiscard]] bool is_defined(std::string_view name) const;
  /// Of `defined X` and `defined(X)`, with `!` before and `&&` or `||` between.
  bool holds(std::string_view expression);
  [[nodiscard]] std::optional<std::string> expand(std::string_view name, unsigned depth) const;
  [[nodiscard]] bool reading() const { return branches_.empty() || branches_.back().here; }

  const KernelConfig& config_;
  std::map<std::string, std::string, std::less<>> macros_;
  std::vector<Branch> branches_;
  bool understood_ = true;
};

bool is_name(char letter) {
  return letter == '_' || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

/// The word at the start, which is cut off.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  std::size_t length = 0;
  while (length < text.size() && is_name(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text = trimmed(text.substr(length));
  return word;
}

std::string without_comments(const std::string& source) {
  const std::string text = replaced(source, "\\\n", " ");
  std::string result;
  std::string_view rest = text;
  while (true) {
    const std::size_t start = rest.find("/*");
    result += rest.substr(0, start);
    const std::size_t end = start == rest.npos ? rest.npos : rest.find("*/", start + 2);
    if (end == rest.npos) return result;
    result += ' ';
    rest.remove_prefix(end + 2);
  }
}

void Preprocessor::read(const std::string& source) {
  const std::string text = without_comments(source);
  for (std::string_view line : split(text, '\n')) {
    line = trimmed(line);
    if (line.starts_with('#')) directive(line.substr(1));
  }
  if (!branches_.empty()) understood_ = false;
}

void Preprocessor::directive(std::string_view line) {
  const std::string_view word = take_word(line);
  if (word == "if" || word == "ifdef" || word == "ifndef" || word == "elif" || word == "else" || word == "endif") {
    condition(word, line);
  } else if (reading() && (word == "define" || word == "undef")) {
    const std::string name(take_word(line));
    if (word == "undef") macros_.erase(name);
    // One with parameters is not used in strings but by __stringify, which is not understood.
    if (word == "define" && !line.starts_with('(')) define(name, std::string(line));
  }
}

void Preprocessor::condition(std::string_view word, std::string_view rest) {
  if (word.starts_with("if")) {
    const bool outer = reading();
    const bool here = outer && (word == "if" ? holds(rest) : is_defined(take_word(rest)) == (word == "ifdef"));
    branches_.push_back({.outer = outer, .taken = here, .here = here});
    return;
  }
  if (branches_.empty()) {
    understood_ = false;
    return;
  }
  Branch& branch = branches_.back();
  if (word == "endif") {
    branches_.pop_back();
    return;
  }
  branch.here = branch.outer && !branch.taken && (word == "else" || holds(rest));
  branch.taken = branch.taken || branch.here;
}

bool Preprocessor::is_defined(std::string_view name) const {
  if (macros_.contains(name)) return true;
  const auto option = config_.options.find(std::string(name));
  return option != config_.options.end() && option->second != "m" && option->second != "n";
}

bool Preprocessor::holds(std::string_view expression) {
  if (expression.find("||") != std::string_view::npos) {
    const std::size_t at = expression.find("||");
    const bool left = holds(expression.substr(0, at));
    return holds(expression.substr(at + 2)) || left;
  }
  if (const std::size_t at = expression.find("&&"); at != std::string_view::npos) {
    const bool left = holds(expression.substr(0, at));
    return holds(expression.substr(at + 2)) && left;
  }
  expression = trimmed(expression);
  const bool negated = expression.starts_with('!');
  if (negated) expression.remove_prefix(1);
  std::string_view operand = take_word(expression);
  if (operand != "defined") {
    understood_ = false;
    return false;
  }
  if (expression.starts_with('(')) expression.remove_prefix(1);
  operand = take_word(expression);
  if (!expression.empty() && expression != ")") understood_ = false;
  return is_defined(operand) != negated;
}

std::optional<std::string> Preprocessor::expand(std::string_view name, unsigned depth) const {
  const auto macro = macros_.find(name);
  if (macro == macros_.end() || depth > kDeepest) return std::nullopt;
  std::string text;
  std::string_view rest = trimmed(macro->second);
  while (!rest.empty()) {
    if (rest.starts_with('"')) {
      const std::size_t end = rest.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      text += rest.substr(1, end - 1);
      rest = trimmed(rest.substr(end + 1));
      continue;
    }
    const std::string_view word = take_word(rest);
    const auto inner = word.empty() || rest.starts_with('(') ? std::nullopt : expand(word, depth + 1);
    if (!inner) return std::nullopt;
    text += *inner;
  }
  return text;
}

bool is_file(const fs::path& file) {
  std::error_code absent;
  return fs::is_regular_file(file, absent);
}

/// The directories that hold include/ and arch/: the tree, and the other half that its Makefile includes, wherever both were
/// unpacked.
std::vector<fs::path> halves(const HeaderTree& headers) {
  std::vector<fs::path> places{headers.tree};
  if (!headers.makefile.empty()) places.push_back(headers.makefile.parent_path());
  if (const auto included = included_makefile(headers.tree)) {
    const fs::path half = included->parent_path();
    if (!headers.root.empty()) places.push_back(headers.root / half.relative_path());
    places.push_back(headers.tree.parent_path() / half.filename());
  }
  if (const auto beside = relative_makefile(headers.tree)) places.push_back(beside->parent_path());
  return places;
}

bool read_first(Preprocessor& macros, const std::vector<fs::path>& places, const fs::path& name) {
  for (const fs::path& place : places) {
    if (!is_file(place / name)) continue;
    macros.read(read_file(place / name));
    return true;
  }
  return false;
}

constexpr std::string_view kRandomized = "CONFIG_RANDSTRUCT";
constexpr std::string_view kRandomizedByPlugin = "CONFIG_GCC_PLUGIN_RANDSTRUCT";
constexpr const char* kOfAll = "include/linux/vermagic.h";

/// Before Linux 5.9 the architecture's part stood in asm/module.h.
std::array<fs::path, 2> of_architecture(const Architecture& arch) {
  const fs::path directory = fs::path("arch") / arch.kernel / "include/asm";
  return {directory / "vermagic.h", directory / "module.h"};
}

void add_options(std::string_view text, OptionNames& names) {
  constexpr std::string_view kOption = "CONFIG_";
  for (std::size_t at = text.find(kOption); at != text.npos; at = text.find(kOption)) {
    text.remove_prefix(at);
    names.emplace(take_word(text));
  }
}

}  // namespace

OptionNames options_of_vermagic(const HeaderTree& headers) {
  OptionNames names{std::string(kRandomized), std::string(kRandomizedByPlugin)};
  const Architecture* const arch = find_architecture(headers.kernel.flavor.arch);
  if (arch == nullptr) return names;
  const auto [of_arch, of_old_arch] = of_architecture(*arch);
  for (const fs::path& place : halves(headers))
    for (const fs::path& name : {of_arch, of_old_arch, fs::path(kOfAll)})
      if (is_file(place / name)) add_options(read_file(place / name), names);
  return names;
}

std::optional<std::string> vermagic_of(const HeaderTree& headers) {
  const Architecture* const arch = find_architecture(headers.kernel.flavor.arch);
  if (arch == nullptr) return std::nullopt;
  const std::vector<fs::path> places = halves(headers);
  Preprocessor macros(headers.config);
  macros.define("UTS_RELEASE", '"' + headers.kernel.release.str() + '"');
  macros.define("INCLUDE_VERMAGIC", "");
  if (is_set(headers.config, kRandomized)) {
    macros.define("RANDSTRUCT", "");
    read_first(macros, places, "include/generated/randstruct_hash.h");
  } else if (is_set(headers.config, kRandomizedByPlugin)) {
    macros.define("RANDSTRUCT_PLUGIN", "");
    read_first(macros, places, "include/generated/randomize_layout_hash.h");
  }
  const auto [of_arch, of_old_arch] = of_architecture(*arch);
  if (!read_first(macros, places, of_arch) && !read_first(macros, places, of_old_arch)) macros.define("MODULE_ARCH_VERMAGIC", "");
  if (!read_first(macros, places, kOfAll)) return std::nullopt;
  return macros.text_of("VERMAGIC_STRING");
}

}  // namespace kmpack::detail
