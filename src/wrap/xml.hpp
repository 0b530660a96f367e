#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

struct XmlAttribute {
  std::string name;
  std::string value;
  std::uint32_t line = 0;
};

/// One element of an XML file, read whole (tinyxml2). References are resolved, line ends are `\n`.
struct XmlElement {
  std::string name;
  std::uint32_t line = 0;
  std::vector<XmlAttribute> attributes;
  std::vector<XmlElement> children;
  std::string text;  ///< all text directly inside, in order, blanks kept

  /// Null when there is none of this name.
  [[nodiscard]] const std::string* attribute(std::string_view wanted) const noexcept;
  /// The first child of this name, or null.
  [[nodiscard]] const XmlElement* child(std::string_view wanted) const noexcept;
};

/// Read XML text into its root element. UTF-8 only, no DOCTYPE, no entities but the five of XML.
///
/// Errors:  reports xml-invalid, xml-encoding, xml-doctype, xml-too-large (over 4 MiB), and returns nothing then.
/// Threads: safe from many.
/// Source:  XML 1.0 (fifth edition) sections 2.2, 3.1, 4.1; tinyxml2 9 checks neither references nor characters (measured).
std::optional<XmlElement> parse_xml(std::string_view text, const std::filesystem::path& file, Diagnostics& problems);

/// The same from disk. Errors: throws file-unreadable.
std::optional<XmlElement> read_xml(const std::filesystem::path& file, Diagnostics& problems);

/// Text as it may stand in element content and in a double-quoted attribute.
std::string xml_escaped(std::string_view text);

}  // namespace kmpack
