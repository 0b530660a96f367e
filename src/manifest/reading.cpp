#include "manifest/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kMostMistakes = 100;
constexpr std::size_t kLongestShown = 60;
constexpr std::size_t kLongestValue = 4000;
constexpr std::size_t kMostListed = 20;

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// The C1 controls, U+0080 to U+009F, are two bytes in UTF-8; terminals act on them.
bool has_control(std::string_view text) noexcept {
  if (std::ranges::any_of(text, is_control)) return true;
  for (std::size_t at = text.find('\xC2'); at != std::string_view::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

Reading::Reading(std::filesystem::path file, Diagnostics& problems)
    : file_(std::move(file)),
      base_(std::filesystem::absolute(file_).lexically_normal().parent_path()),
      problems_(problems),
      before_(problems.error_count()) {}

void Reading::error(std::string_view code, std::string message, std::uint32_t line, std::optional<std::string> hint) {
  if (exhausted_) return;
  if (problems_.error_count() - before_ >= kMostMistakes) {
    exhausted_ = true;
    code = "manifest-too-many-mistakes";
    message = fmt::format("more than {} mistakes; the rest is not shown", kMostMistakes);
    hint = "is this a kmpack.xml? docs/manifest.md has one to start from";
  }
  problems_.report({.code = code, .message = std::move(message), .where = at(line), .notes = {}, .hint = std::move(hint)});
}

std::optional<Field> Reading::attribute(const XmlElement& element, std::string_view name) {
  const auto found = std::ranges::find(element.attributes, name, &XmlAttribute::name);
  if (found == element.attributes.end()) return std::nullopt;
  return one_line({.text = found->value, .line = found->line, .what = fmt::format("attribute '{}' of <{}>", name, element.name)});
}

std::optional<Field> Reading::line_in(const XmlElement& element) {
  return one_line({.text = element.text, .line = element.line, .what = fmt::format("<{}>", element.name)});
}

std::optional<Field> Reading::one_line(Field field) {
  field.text = trimmed(field.text);
  if (field.text.empty()) {
    error("value-empty", fmt::format("{} is empty", field.what), field.line,
          "give it a value, or leave it out where it is optional");
    return std::nullopt;
  }
  if (field.text.size() > kLongestValue) {
    error("text-invalid", fmt::format("{} is longer than {} bytes: {}", field.what, kLongestValue, shown(field.text)), field.line,
          "write something shorter");
    return std::nullopt;
  }
  if (has_control(field.text)) {
    error("text-invalid", fmt::format("{} must be one line without control characters, not {}", field.what, shown(field.text)),
          field.line, "write it on one line");
    return std::nullopt;
  }
  return field;
}

std::string shown(std::string_view text) {
  std::string clean;
  const std::string_view kept = text.substr(0, kLongestShown);
  for (std::size_t at = 0; at < kept.size(); ++at) {
    const bool forbidden =
        has_control(kept.substr(at, 1)) || has_control(kept.substr(at, 2).substr(0, kept[at] == '\xC2' ? 2 : 1));
    clean += forbidden ? fmt::format("\\x{:02x}", static_cast<unsigned char>(kept[at])) : std::string(1, kept[at]);
  }
  // Cutting may have split a character of several bytes.
  if (text.size() > kLongestShown) {
    while (!clean.empty() && (static_cast<unsigned char>(clean.back()) & 0x80U) != 0) clean.pop_back();
    clean += "...";
  }
  return "'" + clean + "'";
}

std::optional<std::string> suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (const auto guess = nearest(word.substr(0, kLongestShown), known)) return fmt::format("did you mean '{}'?", *guess);
  if (known.empty() || known.size() > kMostListed) return std::nullopt;
  return "known here: " + joined(known, ", ");
}

}  // namespace kmpack
