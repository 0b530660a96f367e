#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "manifest/fields.hpp"
#include "manifest/kernel_condition.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"

namespace kmpack {
namespace {

/// Reads the children of <install> one after another.
class InstallReader {
 public:
  InstallReader(const std::vector<ModuleSpec>& modules, Reading& reading) : modules_(modules), own_(modules), reading_(reading) {}

  void child(const XmlElement& element) {
    check_shape(element, shape_of(element.name), reading_);
    if (element.name == "softdep") softdep(element);
    if (element.name == "options") options(element);
    if (element.name == "blacklist") blacklist(element);
    if (element.name == "load") load(element);
    if (element.name == "firmware") firmware(element);
    if (element.name == "license") tree_file(element, spec.licenses);
    if (element.name == "doc") tree_file(element, spec.documents);
  }

  InstallSpec spec;

 private:
  std::optional<ModuleName> own_module(const XmlElement& element) {
    const auto field = reading_.attribute(element, "module");
    return field ? own_.find(*field, reading_) : std::nullopt;
  }

  bool is_first(const XmlElement& element, const std::string& name) {
    if (seen_.insert(element.name + " " + name).second) return true;
    reading_.error("entry-duplicate", fmt::format("a second <{}> for {}", element.name, shown(name)), element.line, "keep one");
    return false;
  }

  std::vector<std::string> module_list(const XmlElement& element, std::string_view name) {
    std::vector<std::string> list;
    const auto field = reading_.attribute(element, name);
    if (!field) return list;
    for (std::string& word : words(field->text)) {
      if (check_module_name({.text = word, .line = field->line, .what = field->what}, reading_)) list.push_back(std::move(word));
    }
    return list;
  }

  void softdep(const XmlElement& element) {
    Softdep softdep{.module = {}, .pre = module_list(element, "pre"), .post = module_list(element, "post")};
    if (element.attribute("pre") == nullptr && element.attribute("post") == nullptr) {
      reading_.error("attribute-missing", "<softdep> needs 'pre' or 'post'", element.line,
                     "name the modules to load before or after it");
    }
    const auto module = own_module(element);
    if (!module || !is_first(element, module->str())) return;
    softdep.module = *module;
    spec.softdeps.push_back(std::move(softdep));
  }

  void options(const XmlElement& element) {
    const auto text = reading_.line_in(element);
    const auto module = own_module(element);
    if (module && text && is_first(element, module->str())) spec.options.push_back({.module = *module, .text = text->text});
  }

  // A blacklist mostly names what others bring, so any module may stand here.
  void blacklist(const XmlElement& element) {
    const auto field = reading_.attribute(element, "module");
    if (!field || !check_module_name(*field, reading_) || !is_first(element, field->text)) return;
    spec.blacklist.emplace_back(field->text);
  }

  void load(const XmlElement& element) {
    const auto module = own_module(element);
    if (!module || !is_first(element, module->str())) return;
    spec.load_at_boot.push_back(*module);
    std::vector<const KernelCondition*> conditions;
    for (const ModuleSpec& one : modules_) {
      if (kernel_spelling(one.name.str()) == kernel_spelling(module->str())) conditions.push_back(&one.when);
    }
    if (hold_for_all(conditions)) return;
    reading_.problems().report(
        {.severity = Severity::warning,
         .code = "module-not-everywhere",
         .message = fmt::format("<load> names {}, which is not there for every kernel", shown(module->str())),
         .where = reading_.at(element.line),
         .notes = {"one modules-load.d serves all kernels: where it is not, systemd-modules-load.service fails at every boot"},
         .hint = "leave <load> out where the module's aliases load it, or make it for every kernel"});
  }

  void firmware(const XmlElement& element) {
    const auto file = reading_.attribute(element, "file");
    const auto path = file ? relative_path(*file, Dot::refused, reading_) : std::nullopt;
    if (!path) return;
    FirmwareFile firmware{.file = reading_.base() / *path, .name = path->filename(), .where = reading_.at(element.line)};
    if (const auto name = reading_.attribute(element, "name")) {
      const auto below = relative_path(*name, Dot::refused, reading_);
      if (!below) return;
      firmware.name = *below;
    }
    if (is_first(element, firmware.name.string())) spec.firmware.push_back(std::move(firmware));
  }

  void tree_file(const XmlElement& element, std::vector<std::filesystem::path>& list) {
    const auto file = reading_.attribute(element, "file");
    const auto path = file ? relative_path(*file, Dot::refused, reading_) : std::nullopt;
    if (path && is_first(element, path->string())) list.push_back(*path);
  }

  const std::vector<ModuleSpec>& modules_;
  OwnModules own_;
  Reading& reading_;
  std::set<std::string> seen_;
};

}  // namespace

InstallSpec read_install(const XmlElement& element, const std::vector<ModuleSpec>& modules, Reading& reading) {
  const ElementShape& shape = shape_of("install");
  check_shape(element, shape, reading);
  InstallReader reader(modules, reading);
  for (const XmlElement& child : element.children) {
    if (reading.exhausted()) break;
    if (std::ranges::find(shape.children, child.name) != shape.children.end()) reader.child(child);
  }
  if (const auto field = reading.attribute(element, "initramfs")) {
    const auto index = choice(*field, {"no", "yes"}, reading);
    if (index) reader.spec.initramfs = *index == 1 ? Initramfs::yes : Initramfs::no;
  }
  return std::move(reader.spec);
}

}  // namespace kmpack
