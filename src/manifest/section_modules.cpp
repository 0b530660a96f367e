#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "manifest/fields.hpp"
#include "manifest/kernel_condition.hpp"
#include "manifest/module_graph.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"

namespace kmpack {
namespace {

struct Unresolved {
  std::size_t module;
  Field uses;
};

/// kbuild splits M= and its own lists at blanks and colons, and make expands the rest.
bool kbuild_can_read(const std::filesystem::path& directory) {
  return directory.native().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-/") ==
         std::string::npos;
}

std::filesystem::path read_module_directory(const XmlElement& element, Reading& reading) {
  const auto field = reading.attribute(element, "directory");
  if (!field) return ".";
  auto path = relative_path(*field, Dot::allowed, reading);
  if (path && !kbuild_can_read(*path)) {
    reading.error("path-unsafe", fmt::format("{} is {}, which kbuild cannot read", field->what, shown(field->text)), field->line,
                  "use letters, digits and . _ + - in the names of directories");
  }
  return path.value_or(".");
}

std::optional<ModuleName> read_installed_file(const XmlElement& element, Reading& reading) {
  const auto field = reading.attribute(element, "file");
  if (!field || !check_module_name(*field, reading)) return std::nullopt;
  return ModuleName(field->text);
}

Strip read_strip(const XmlElement& element, Reading& reading) {
  const auto field = reading.attribute(element, "strip");
  const auto index = field ? choice(*field, {"no", "yes"}, reading) : std::nullopt;
  return index ? static_cast<Strip>(*index) : Strip::yes;
}

/// Modules by what the kernel calls them, or their files; entries of one spelling are for other kernels.
class Declared {
 public:
  /// The one of this spelling that may be there for the same kernel as `module`, else null.
  [[nodiscard]] const ModuleSpec* rival(const std::string& spelling, const ModuleSpec& module) const {
    // A manifest that divides kernels further is not one that people write, and each is compared with each.
    constexpr std::size_t kMost = 64;
    const auto found = by_spelling_.find(spelling);
    if (found == by_spelling_.end()) return nullptr;
    if (found->second.size() >= kMost) return &found->second.front();
    const auto rival = std::ranges::find_if(
        found->second, [&](const ModuleSpec& other) { return !exclude_each_other(other.when, module.when); });
    return rival == found->second.end() ? nullptr : &*rival;
  }
  void add(const std::string& spelling, const ModuleSpec& module) { by_spelling_[spelling].push_back(module); }

 private:
  std::map<std::string, std::vector<ModuleSpec>> by_spelling_;
};

std::string apart_hint(const std::string& otherwise, const ModuleSpec& first, const ModuleSpec& second) {
  if (first.when.unconditional() && second.when.unconditional()) return otherwise;
  return fmt::format("line {} may be for the same kernel; give both a 'for', 'min' or 'max' that no kernel can fit twice",
                     first.where.line);
}

/// Modules lie in one directory of the kernel's, where modprobe takes `-` and `_` for the same.
void check_installed_files(const std::vector<ModuleSpec>& modules, Reading& reading) {
  Declared by_file;
  for (const ModuleSpec& module : modules) {
    if (reading.exhausted()) return;
    const ModuleName& file = module.file ? *module.file : module.name;
    const std::string spelling = kernel_spelling(file.str());
    const ModuleSpec* const rival = by_file.rival(spelling, module);
    if (rival != nullptr) {
      reading.error("module-duplicate",
                    fmt::format("the modules {} and {} are both installed as {}", shown(rival->name.str()),
                                shown(module.name.str()), shown(file.str())),
                    module.where.line, apart_hint("give one of them another 'file'", *rival, module));
    }
    by_file.add(spelling, module);
  }
}

void resolve(std::vector<ModuleSpec>& modules, const std::vector<Unresolved>& wanted, Reading& reading) {
  const OwnModules own(modules);
  for (const auto& [index, uses] : wanted) {
    std::set<ModuleName> seen;
    for (const std::string& word : words(uses.text)) {
      const auto found = own.find({.text = word, .line = uses.line, .what = uses.what}, reading);
      if (found && seen.insert(*found).second) modules[index].uses.push_back(*found);
    }
  }
}

void report_cycle(std::vector<std::string> names, std::string_view of, std::string hint, std::uint32_t line, Reading& reading) {
  names.push_back(names.front());
  reading.error("module-cycle", fmt::format("{} use each other: {}", of, joined(names, " -> ")), line, std::move(hint));
}

void check_cycles(const std::vector<ModuleSpec>& modules, Reading& reading) {
  const std::vector<std::size_t> cycle = ordered(module_needs(modules)).cycle;
  if (!cycle.empty()) {
    std::vector<std::string> names;
    for (const std::size_t module : cycle) names.push_back(modules[module].name.str());
    report_cycle(std::move(names), "modules", "the kernel could load none of them; move what they share into a module of its own",
                 modules[cycle.front()].where.line, reading);
    return;
  }
  const DirectoryGraph graph = directory_graph(modules);
  const std::vector<std::size_t> directories = ordered(graph.needs).cycle;
  if (directories.empty()) return;
  std::vector<std::string> names;
  for (const std::size_t directory : directories) names.push_back(graph.directories[directory].string());
  const auto first = std::ranges::find(graph.of_module, directories.front()) - graph.of_module.begin();
  report_cycle(std::move(names), "modules of these directories", "each directory is built at once; divide one of them",
               modules[static_cast<std::size_t>(first)].where.line, reading);
}

}  // namespace

OwnModules::OwnModules(const std::vector<ModuleSpec>& modules) {
  constexpr std::size_t kMostGuesses = 300;
  for (const ModuleSpec& module : modules) {
    by_spelling_.emplace(kernel_spelling(module.name.str()), module.name);
    if (names_.size() < kMostGuesses) names_.push_back(module.name.str());
  }
}

std::optional<ModuleName> OwnModules::find(const Field& field, Reading& reading) const {
  const auto found = by_spelling_.find(kernel_spelling(field.text));
  if (found != by_spelling_.end()) return found->second;
  if (reading.exhausted()) return std::nullopt;
  reading.error("module-unknown", fmt::format("{} names {}, which is no module of this manifest", field.what, shown(field.text)),
                field.line, suggestion(field.text, names_));
  return std::nullopt;
}

std::vector<ModuleSpec> read_modules(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("modules"), reading);
  std::vector<ModuleSpec> modules;
  std::vector<Unresolved> wanted;
  Declared declared;
  for (const XmlElement& child : element.children) {
    if (child.name != "module") continue;
    check_shape(child, shape_of("module"), reading);
    ModuleSpec module;
    module.where = reading.at(child.line);
    module.directory = read_module_directory(child, reading);
    module.file = read_installed_file(child, reading);
    module.strip = read_strip(child, reading);
    module.when = read_condition(child, reading);
    const auto name = reading.attribute(child, "name");
    if (!name) continue;
    // One with a wrong name is kept, so that who refers to it is not blamed as well; the manifest is refused anyway.
    const bool named = check_module_name(*name, reading);
    module.name = ModuleName(named ? name->text : std::filesystem::path(name->text).stem().string());
    const std::string spelling = kernel_spelling(name->text);
    if (const ModuleSpec* const first = declared.rival(spelling, module)) {
      reading.error("module-duplicate", fmt::format("a second module {}", shown(name->text)), name->line,
                    apart_hint(fmt::format("the first is on line {}; to the kernel '-' and '_' are the same", first->where.line),
                               *first, module));
      continue;
    }
    declared.add(spelling, module);
    modules.push_back(std::move(module));
    if (auto uses = reading.attribute(child, "uses")) wanted.push_back({modules.size() - 1, std::move(*uses)});
  }
  const bool any = std::ranges::any_of(element.children, [](const XmlElement& child) { return child.name == "module"; });
  if (!any) {
    reading.error("element-missing", "<modules> needs the element <module>", element.line,
                  "add <module name=\"...\"/> for each .ko the build makes");
  }
  check_installed_files(modules, reading);
  resolve(modules, wanted, reading);
  check_cycles(modules, reading);
  return modules;
}

std::vector<PackageName> read_build_depends(const XmlElement& root, Reading& reading) {
  std::vector<PackageName> packages;
  for (const XmlElement& child : root.children) {
    if (child.name != "build-depends") continue;
    if (reading.exhausted()) break;
    check_shape(child, shape_of("build-depends"), reading);
    const auto field = reading.attribute(child, "package");
    if (!field || !check_package_name(*field, reading)) continue;
    PackageName package(field->text);
    if (std::ranges::find(packages, package) != packages.end()) {
      reading.error("entry-duplicate", fmt::format("a second <build-depends> for {}", shown(field->text)), field->line,
                    "keep one");
      continue;
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

}  // namespace kmpack
