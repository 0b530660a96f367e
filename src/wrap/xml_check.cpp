#include "wrap/xml_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::uint32_t line_of(std::string_view text, std::size_t offset) noexcept {
  return static_cast<std::uint32_t>(1 + std::ranges::count(text.substr(0, offset), '\n'));
}

bool is_character(char32_t c) noexcept {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
         (c >= 0x10000 && c <= 0x10FFFF);
}

/// The character at the front of `text` and how many bytes it has; 0 bytes where they are not UTF-8.
std::pair<char32_t, std::size_t> decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {0, 0};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {0, 0};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast.at(length) || surrogate || value > 0x10FFFF) return {0, 0};
  return {value, length};
}

class Scan {
 public:
  Scan(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

  std::optional<Diagnostic> characters() const {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      return problem("xml-encoding", "the file is UTF-16", 0, "save it as UTF-8");
    }
    for (std::size_t at = 0; at < text_.size();) {
      const auto [value, length] = decode(text_.substr(at));
      if (length == 0) return problem("xml-encoding", "a byte here is not UTF-8", at, "save the file as UTF-8");
      if (!is_character(value)) {
        return problem("xml-invalid", fmt::format("control character 0x{:02x}", static_cast<std::uint32_t>(value)), at,
                       "remove it");
      }
      at += length;
    }
    return std::nullopt;
  }

  std::optional<Diagnostic> markup() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    if (auto found = declared_encoding()) return found;
    while ((at_ = text_.find_first_of("<&", at_)) != std::string_view::npos) {
      if (auto found = bad_comment()) return found;
      if (skipped("<!--", "-->") || skipped("<![CDATA[", "]]>") || skipped("<?", "?>")) continue;
      if (text_.substr(at_).starts_with("<!")) {
        return problem("xml-doctype", "a document type or entity declaration", at_,
                       "remove it; kmpack reads no DTD and no entities");
      }
      if (text_[at_] == '&' && !is_reference()) {
        return problem("xml-invalid", "an '&' that starts no character reference", at_,
                       "write &amp; for the character itself; only &amp; &lt; &gt; &quot; &apos; and &#number; are known");
      }
      ++at_;
    }
    return std::nullopt;
  }

 private:
  Diagnostic problem(std::string_view code, std::string message, std::size_t offset, std::string hint) const {
    return {.code = code,
            .message = std::move(message),
            .where = SourceSpan{file_, line_of(text_, offset)},
            .notes = {},
            .hint = std::move(hint)};
  }

  /// An unclosed one ends the scan; the parser names it better.
  bool skipped(std::string_view open, std::string_view close) {
    if (!text_.substr(at_).starts_with(open)) return false;
    const std::size_t end = text_.find(close, at_ + open.size());
    at_ = end == std::string_view::npos ? text_.size() : end + close.size();
    return true;
  }

  std::optional<Diagnostic> bad_comment() const {
    if (!text_.substr(at_).starts_with("<!--")) return std::nullopt;
    const std::size_t dashes = text_.find("--", at_ + 4);
    if (dashes == std::string_view::npos || text_.substr(dashes).starts_with("-->")) return std::nullopt;
    return problem("xml-invalid", "two hyphens inside of a comment", dashes, "XML allows them only where the comment ends");
  }

  std::optional<Diagnostic> declared_encoding() const {
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with("<?xml")) return std::nullopt;
    const std::string_view declaration = rest.substr(0, rest.find("?>"));
    const std::size_t key = declaration.find("encoding");
    if (key == std::string_view::npos) return std::nullopt;
    const std::size_t open = declaration.find_first_of("\"'", key);
    if (open == std::string_view::npos) return std::nullopt;
    std::string name(declaration.substr(open + 1, declaration.find(declaration[open], open + 1) - open - 1));
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (name == "utf-8" || name == "us-ascii") return std::nullopt;
    return problem("xml-encoding", fmt::format("the file says its encoding is '{}'", name), at_,
                   "save it as UTF-8 and write encoding=\"UTF-8\"");
  }

  bool is_reference() const {
    const std::string_view rest = text_.substr(at_ + 1, 12);
    const std::size_t end = rest.find(';');
    if (end == std::string_view::npos) return false;
    std::string_view name = rest.substr(0, end);
    if (!name.starts_with('#')) return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos";
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(name.begin(), name.end(), value, hexadecimal ? 16 : 10);
    return !name.empty() && error == std::errc{} && stop == name.end() && is_character(value);
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Diagnostic> find_forbidden_xml(std::string_view text, const std::filesystem::path& file) {
  Scan scan(text, file);
  if (auto found = scan.characters()) return found;
  return scan.markup();
}

}  // namespace kmpack
