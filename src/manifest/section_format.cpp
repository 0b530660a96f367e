#include <fmt/format.h>

#include <set>

#include "manifest/fields.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"
#include "manifest/text_block.hpp"

namespace kmpack {
namespace {

void read_script(const XmlElement& element, std::set<ScriptPhase>& seen, FormatExtras& extras, Reading& reading) {
  ScriptFragment script{.phase = {}, .text = dedented(element.text), .where = reading.at(element.line)};
  if (script.text.empty()) {
    reading.error("value-empty", "<script> is empty", element.line, "write the commands between its tags, or remove it");
  }
  const auto field = reading.attribute(element, "phase");
  const auto index = field ? choice(*field, {"pre-install", "post-install", "pre-remove", "post-remove"}, reading) : std::nullopt;
  if (!index) return;
  script.phase = static_cast<ScriptPhase>(*index);
  if (!seen.insert(script.phase).second) {
    reading.error("entry-duplicate", fmt::format("a second <script> for {}", field->text), element.line,
                  "write all commands of a phase into one");
  }
  if (!script.text.empty()) extras.scripts.push_back(std::move(script));
}

}  // namespace

FormatExtras read_extras(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of(element.name), reading);
  const auto check = element.name == "deb" ? check_deb_relation : check_rpm_relation;
  FormatExtras extras;
  std::set<ScriptPhase> phases;
  for (const XmlElement& child : element.children) {
    if (reading.exhausted()) break;
    std::vector<std::string>* list = nullptr;
    if (child.name == "requires") list = &extras.needs;
    if (child.name == "provides") list = &extras.provides;
    if (child.name == "conflicts") list = &extras.conflicts;
    if (list != nullptr) {
      check_shape(child, shape_of(child.name), reading);
      const auto field = reading.line_in(child);
      if (field && check(*field, reading)) list->push_back(field->text);
    } else if (child.name == "script") {
      check_shape(child, shape_of("script"), reading);
      read_script(child, phases, extras, reading);
    }
  }
  return extras;
}

RpmPolicy read_rpm_policy(const XmlElement& element, Reading& reading) {
  RpmPolicy policy;
  if (element.attribute("pin") != nullptr) {
    const auto field = reading.attribute(element, "pin");
    const auto index = field ? choice(*field, {"symbols", "exact", "rich"}, reading) : std::nullopt;
    if (index) policy.pin = static_cast<KernelPin>(*index);
  }
  if (element.attribute("multiversion") != nullptr) {
    const auto field = reading.attribute(element, "multiversion");
    const auto index = field ? choice(*field, {"no", "yes"}, reading) : std::nullopt;
    if (index) policy.multiversion = static_cast<Multiversion>(*index);
  }
  return policy;
}

}  // namespace kmpack
