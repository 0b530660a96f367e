#include <fmt/format.h>

#include <set>

#include "base/text.hpp"
#include "manifest/fields.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"

namespace kmpack {
namespace {

std::optional<FlavorPattern> read_pattern(const XmlElement& element, Reading& reading) {
  const auto field = reading.attribute(element, "flavor");
  if (!field || reading.exhausted()) return std::nullopt;
  return parse_flavor_pattern(field->text, reading.at(field->line), reading.problems());
}

void read_include(const XmlElement& element, std::set<std::string>& seen, KernelsSpec& kernels, Reading& reading) {
  check_shape(element, shape_of("include"), reading);
  auto pattern = read_pattern(element, reading);
  if (!pattern) return;
  if (!seen.insert(pattern->text).second) {
    reading.error("entry-duplicate", fmt::format("{} is included twice", shown(pattern->text)), element.line, "keep one");
  }
  kernels.include.push_back({std::move(*pattern)});
}

void read_exclude(const XmlElement& element, KernelsSpec& kernels, Reading& reading) {
  check_shape(element, shape_of("exclude"), reading);
  ExcludedKernels excluded;
  excluded.where = reading.at(element.line);
  excluded.kernels = kernel_range(element, reading);
  const auto reason = reading.attribute(element, "reason");
  if (reason) excluded.reason = reason->text;
  if (element.attribute("flavor") == nullptr) {
    if (element.attribute("min") == nullptr && element.attribute("max") == nullptr) {
      reading.error("attribute-missing", "<exclude> needs 'flavor', 'min' or 'max'", element.line,
                    "say which kernels are left out");
      return;
    }
    excluded.pattern = {.text = "*/*", .distribution = "*", .flavor = "*", .arch = {}, .release = {}, .where = excluded.where};
  } else if (auto pattern = read_pattern(element, reading)) {
    excluded.pattern = std::move(*pattern);
  } else {
    return;
  }
  kernels.exclude.push_back(std::move(excluded));
}

void read_config(const XmlElement& element, std::set<std::string>& seen, KernelsSpec& kernels, Reading& reading) {
  check_shape(element, shape_of("config"), reading);
  ConfigRequirement need;
  need.where = reading.at(element.line);
  if (const auto reason = reading.attribute(element, "reason")) need.reason = reason->text;
  if (const auto field = reading.attribute(element, "need")) {
    const auto index = choice(*field, {"enabled", "builtin", "module", "disabled"}, reading);
    if (index) need.need = static_cast<ConfigNeed>(*index);
  }
  const auto option = reading.attribute(element, "option");
  if (!option) return;
  if (!is_kernel_option(option->text)) {
    const bool only_prefix = is_kernel_option("CONFIG_" + option->text);
    reading.error(
        "config-option-invalid", fmt::format("{} is {}, which is not a kernel option", option->what, shown(option->text)),
        option->line,
        only_prefix ? fmt::format("write CONFIG_{}", option->text) : "write it as in the kernel's .config, as CONFIG_VIDEO_DEV");
    return;
  }
  need.option = option->text;
  if (!seen.insert(need.option).second) {
    reading.error("entry-duplicate", fmt::format("{} is required twice", need.option), element.line, "keep one");
  }
  kernels.config.push_back(std::move(need));
}

}  // namespace

KernelCondition read_condition(const XmlElement& element, Reading& reading) {
  KernelCondition condition;
  condition.range = kernel_range(element, reading);
  const auto field = reading.attribute(element, "for");
  if (!field) return condition;
  std::set<std::string> seen;
  for (const std::string& word : words(field->text)) {
    if (reading.exhausted()) break;
    auto pattern = parse_flavor_pattern(word, reading.at(field->line), reading.problems());
    if (!pattern) continue;
    if (!seen.insert(word).second) {
      reading.error("entry-duplicate", fmt::format("{} has {} twice", field->what, shown(word)), field->line, "keep one");
    }
    condition.flavors.push_back(std::move(*pattern));
  }
  return condition;
}

KernelsSpec read_kernels(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("kernels"), reading);
  KernelsSpec kernels;
  kernels.range = kernel_range(element, reading);
  std::set<std::string> seen;
  std::set<std::string> options;
  for (const XmlElement& child : element.children) {
    if (reading.exhausted()) break;
    if (child.name == "include") read_include(child, seen, kernels, reading);
    if (child.name == "exclude") read_exclude(child, kernels, reading);
    if (child.name == "config") read_config(child, options, kernels, reading);
  }
  return kernels;
}

}  // namespace kmpack
