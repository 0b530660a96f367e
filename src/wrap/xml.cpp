#include "wrap/xml.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>
#include <utility>

#include "sys/files.hpp"
#include "wrap/xml_check.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kLargest = 4 * 1024 * 1024;

std::uint32_t line_of(const tinyxml2::XMLNode& node) { return static_cast<std::uint32_t>(std::max(node.GetLineNum(), 0)); }

/// tinyxml2 ends the parse at a fixed depth, so recursion over what it read is bounded too.
XmlElement copied(const tinyxml2::XMLElement& from) {
  XmlElement to;
  to.name = from.Name();
  to.line = line_of(from);
  for (const auto* attribute = from.FirstAttribute(); attribute != nullptr; attribute = attribute->Next()) {
    to.attributes.push_back({.name = attribute->Name(),
                             .value = attribute->Value(),
                             .line = static_cast<std::uint32_t>(std::max(attribute->GetLineNum(), 0))});
  }
  for (const auto* node = from.FirstChild(); node != nullptr; node = node->NextSibling()) {
    if (const auto* element = node->ToElement()) to.children.push_back(copied(*element));
    if (const auto* text = node->ToText()) to.text += text->Value();
  }
  return to;
}

std::string_view meaning(tinyxml2::XMLError error) {
  using namespace tinyxml2;  // NOLINT(google-build-using-namespace): enumerators only
  switch (error) {
    case XML_ERROR_EMPTY_DOCUMENT:
      return "the file has no element";
    case XML_ERROR_MISMATCHED_ELEMENT:
      return "an element is not closed by its own end tag";
    case XML_ERROR_PARSING_ELEMENT:
      return "an element that cannot be read";
    case XML_ERROR_PARSING_ATTRIBUTE:
      return "an attribute that cannot be read, or one that is there twice";
    case XML_ERROR_PARSING_TEXT:
      return "text that does not end, or text outside of the root element";
    case XML_ERROR_PARSING_CDATA:
      return "a CDATA section that does not end";
    case XML_ERROR_PARSING_COMMENT:
      return "a comment that does not end";
    case XML_ERROR_PARSING_DECLARATION:
      return "a processing instruction that does not end, or one inside of an element";
    case XML_ELEMENT_DEPTH_EXCEEDED:
      return "elements are nested too deep";
    default:
      return "this is not XML";
  }
}

void report_invalid(std::string_view message, std::uint32_t line, const std::filesystem::path& file, Diagnostics& problems) {
  problems.report({.code = "xml-invalid",
                   .message = std::string(message),
                   .where = SourceSpan{file, line},
                   .notes = {},
                   .hint = fmt::format("check it with: xmllint --noout {}", file.filename().string())});
}

std::nullopt_t too_large(std::uintmax_t size, const std::filesystem::path& file, Diagnostics& problems) {
  problems.report({.code = "xml-too-large",
                   .message = fmt::format("the file has {} bytes and the limit is {}", size, kLargest),
                   .where = SourceSpan{file},
                   .notes = {},
                   .hint = "give the file that was meant"});
  return std::nullopt;
}

}  // namespace

const std::string* XmlElement::attribute(std::string_view wanted) const noexcept {
  const auto found = std::ranges::find(attributes, wanted, &XmlAttribute::name);
  return found == attributes.end() ? nullptr : &found->value;
}

const XmlElement* XmlElement::child(std::string_view wanted) const noexcept {
  const auto found = std::ranges::find(children, wanted, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::optional<XmlElement> parse_xml(std::string_view text, const std::filesystem::path& file, Diagnostics& problems) {
  if (text.size() > kLargest) return too_large(text.size(), file, problems);
  if (auto forbidden = find_forbidden_xml(text, file)) {
    problems.report(std::move(*forbidden));
    return std::nullopt;
  }
  tinyxml2::XMLDocument document(true, tinyxml2::PRESERVE_WHITESPACE);
  const tinyxml2::XMLError error = text.empty() ? tinyxml2::XML_ERROR_EMPTY_DOCUMENT : document.Parse(text.data(), text.size());
  if (error != tinyxml2::XML_SUCCESS) {
    report_invalid(meaning(error), static_cast<std::uint32_t>(std::max(document.ErrorLineNum(), 0)), file, problems);
    return std::nullopt;
  }
  const tinyxml2::XMLElement* root = document.RootElement();
  if (root == nullptr) {
    report_invalid(meaning(tinyxml2::XML_ERROR_EMPTY_DOCUMENT), 0, file, problems);
    return std::nullopt;
  }
  if (const auto* second = root->NextSiblingElement()) {
    report_invalid("a second root element", line_of(*second), file, problems);
    return std::nullopt;
  }
  return copied(*root);
}

std::optional<XmlElement> read_xml(const std::filesystem::path& file, Diagnostics& problems) {
  std::error_code failed;
  // Asked before reading: a device or a pipe has no end, and a huge file should not be in memory only to be refused.
  if (std::filesystem::is_regular_file(file, failed) && std::filesystem::file_size(file, failed) > kLargest) {
    return too_large(std::filesystem::file_size(file, failed), file, problems);
  }
  const auto kind = std::filesystem::status(file, failed).type();
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found && !failed) {
    throw Error({.code = "file-unreadable",
                 .message = fmt::format("cannot read {}: not a file", file.string()),
                 .where = {},
                 .notes = {},
                 .hint = {}});
  }
  return parse_xml(read_file(file), file, problems);
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\r':
        escaped += "&#13;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace kmpack
