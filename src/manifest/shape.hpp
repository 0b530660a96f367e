#pragma once

#include <string>
#include <vector>

#include "manifest/reading.hpp"
#include "wrap/xml.hpp"

namespace kmpack {

/// What may stand in one kind of element. The same facts in RELAX NG are schema/kmpack.rng; a test holds the two together.
struct ElementShape {
  enum class Text { none, one };
  std::string name;
  std::vector<std::string> required;           ///< attributes
  std::vector<std::string> optional;           ///< attributes
  std::vector<std::string> required_children;  ///< exactly one of each
  std::vector<std::string> single_children;    ///< at most one of each
  std::vector<std::string> children;           ///< any number
  Text text = Text::none;
};

/// The shape of elements of this name; every element of a kmpack.xml has one.
const ElementShape& shape_of(const std::string& name);

/// Report what of `element` itself does not fit: unknown, missing or repeated attributes and children, stray text.
/// Children are not looked into.
///
/// Errors:  attribute-unknown, attribute-missing, element-unknown, element-missing, element-duplicate, text-unexpected.
void check_shape(const XmlElement& element, const ElementShape& shape, Reading& reading);

}  // namespace kmpack
