#include "manifest/shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace kmpack {
namespace {

using Strings = std::vector<std::string>;

const std::vector<ElementShape>& shapes() {
  using enum ElementShape::Text;
  static const Strings kRelations = {"requires", "provides", "conflicts", "script"};
  static const std::vector<ElementShape> kShapes = {
      {"package",
       {"name", "version", "license"},
       {"release"},
       {"summary", "maintainer", "modules"},
       {"description", "url", "vendor", "source", "patches", "make", "kernels", "install", "rpm", "deb"},
       {"build-depends"}},
      {"summary", {}, {}, {}, {}, {}, one},
      {"description", {}, {}, {}, {}, {}, one},
      {"url", {}, {}, {}, {}, {}, one},
      {"vendor", {}, {}, {}, {}, {}, one},
      {"maintainer", {"name", "mail"}, {}, {}, {}, {}},
      {"source", {}, {"directory", "archive", "sha256", "subdirectory"}, {}, {}, {}},
      {"patches", {}, {}, {}, {}, {"patch"}},
      {"patch", {"file"}, {"strip", "fuzz", "for", "min", "max"}, {}, {}, {}},
      {"make", {}, {"target"}, {}, {}, {"variable", "before", "command", "after"}},
      {"variable", {"name", "value"}, {}, {}, {}, {}},
      {"before", {}, {"for", "min", "max"}, {}, {}, {}, one},
      {"command", {}, {"for", "min", "max"}, {}, {}, {}, one},
      {"after", {}, {"for", "min", "max"}, {}, {}, {}, one},
      {"modules", {}, {}, {}, {}, {"module"}},
      {"module", {"name"}, {"directory", "uses", "file", "strip", "for", "min", "max"}, {}, {}, {}},
      {"build-depends", {"package"}, {}, {}, {}, {}},
      {"kernels", {}, {"min", "max"}, {}, {}, {"include", "exclude", "config"}},
      {"include", {"flavor"}, {}, {}, {}, {}},
      {"exclude", {"reason"}, {"flavor", "min", "max"}, {}, {}, {}},
      {"config", {"option"}, {"need", "reason"}, {}, {}, {}},
      {"install", {}, {"initramfs"}, {}, {}, {"softdep", "options", "blacklist", "load", "firmware", "license", "doc"}},
      {"softdep", {"module"}, {"pre", "post"}, {}, {}, {}},
      {"options", {"module"}, {}, {}, {}, {}, one},
      {"blacklist", {"module"}, {}, {}, {}, {}},
      {"load", {"module"}, {}, {}, {}, {}},
      {"firmware", {"file"}, {"name"}, {}, {}, {}},
      {"license", {"file"}, {}, {}, {}, {}},
      {"doc", {"file"}, {}, {}, {}, {}},
      {"rpm", {}, {"pin", "multiversion"}, {}, {}, kRelations},
      {"deb", {}, {}, {}, {}, kRelations},
      {"requires", {}, {}, {}, {}, {}, one},
      {"provides", {}, {}, {}, {}, {}, one},
      {"conflicts", {}, {}, {}, {}, {}, one},
      {"script", {"phase"}, {}, {}, {}, {}, one},
  };
  return kShapes;
}

Strings together(std::initializer_list<const Strings*> parts) {
  Strings all;
  for (const Strings* part : parts) all.insert(all.end(), part->begin(), part->end());
  return all;
}

bool holds(const Strings& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

Strings children_of(const ElementShape& shape) {
  return together({&shape.required_children, &shape.single_children, &shape.children});
}

/// An element that is right in itself but stands in the wrong place deserves a better answer than a spelling guess.
std::optional<std::string> where_it_belongs(const std::string& name) {
  Strings places;
  for (const ElementShape& shape : shapes()) {
    if (holds(children_of(shape), name)) places.push_back("<" + shape.name + ">");
  }
  if (places.empty()) return std::nullopt;
  return fmt::format("<{}> belongs inside of {}", name, joined(places, " or "));
}

/// Names that are there, and those that a misspelt one was most likely meant to be: these are not missing as well.
class Present {
 public:
  void add(std::string name) { names_.insert(std::move(name)); }
  void add_guess(std::string_view misspelt, const Strings& known) {
    if (auto guess = nearest(misspelt.substr(0, 60), known)) names_.insert(std::move(*guess));
  }
  [[nodiscard]] bool lacks(const std::string& name) const { return !names_.contains(name); }

 private:
  std::set<std::string> names_;
};

void check_attributes(const XmlElement& element, const ElementShape& shape, Reading& reading) {
  const Strings known = together({&shape.required, &shape.optional});
  Present present;
  for (const XmlAttribute& attribute : element.attributes) {
    if (reading.exhausted()) return;
    if (holds(known, attribute.name)) {
      present.add(attribute.name);
      continue;
    }
    present.add_guess(attribute.name, known);
    reading.error("attribute-unknown", fmt::format("<{}> has no attribute {}", element.name, shown(attribute.name)),
                  attribute.line, suggestion(attribute.name, known));
  }
  for (const std::string& name : shape.required) {
    if (present.lacks(name)) {
      reading.error("attribute-missing", fmt::format("<{}> needs the attribute '{}'", element.name, name), element.line,
                    fmt::format("add {}=\"...\"", name));
    }
  }
}

void check_children(const XmlElement& element, const ElementShape& shape, Reading& reading) {
  const Strings known = children_of(shape);
  Present present;
  std::map<std::string_view, std::uint32_t> first;
  for (const XmlElement& child : element.children) {
    if (reading.exhausted()) return;
    if (!holds(known, child.name)) {
      present.add_guess(child.name, known);
      auto hint = where_it_belongs(child.name);
      if (!hint) hint = suggestion(child.name, known);
      reading.error("element-unknown", fmt::format("<{}> has no element {}", element.name, shown(child.name)), child.line, hint);
      continue;
    }
    present.add(child.name);
    const auto [place, fresh] = first.emplace(child.name, child.line);
    if (!fresh && !holds(shape.children, child.name)) {
      reading.error("element-duplicate", fmt::format("a second <{}> in <{}>", child.name, element.name), child.line,
                    fmt::format("the first is on line {}; keep one", place->second));
    }
  }
  for (const std::string& name : shape.required_children) {
    if (present.lacks(name)) {
      reading.error("element-missing", fmt::format("<{}> needs the element <{}>", element.name, name), element.line,
                    fmt::format("add <{}> inside of <{}>", name, element.name));
    }
  }
}

}  // namespace

const ElementShape& shape_of(const std::string& name) {
  const auto found = std::ranges::find(shapes(), name, &ElementShape::name);
  KMPACK_ASSERT(found != shapes().end());
  return *found;
}

void check_shape(const XmlElement& element, const ElementShape& shape, Reading& reading) {
  check_attributes(element, shape, reading);
  check_children(element, shape, reading);
  if (shape.text == ElementShape::Text::none && !trimmed(element.text).empty()) {
    reading.error("text-unexpected",
                  fmt::format("text in <{}>, which holds none: {}", element.name, shown(trimmed(element.text))), element.line,
                  "remove it, or put it into the element or attribute it is meant for");
  }
}

}  // namespace kmpack
