#include "build/products.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::string kernel_spelling(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

std::vector<fs::path> built_files(const fs::path& root) {
  std::vector<fs::path> files;
  for (const TreeEntry& entry : walk(root)) {
    if (entry.type == EntryType::file && entry.relative.extension() == ".ko") files.push_back(entry.relative);
  }
  return files;
}

bool is_below(const fs::path& file, const fs::path& directory) {
  if (directory.empty() || directory == ".") return true;
  const std::string prefix = (directory / "").string();
  return file.string().starts_with(prefix);
}

std::string listed(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.string());
  return names.empty() ? "nothing" : joined(names, ", ");
}

std::string hint_for(const Cell& cell, const std::string& directory) {
  return cell.manifest->make.commands.empty()
             ? fmt::format("the Kbuild or Makefile in '{}' has to name it with obj-m; plain kbuild runs nothing else", directory)
             : fmt::format("the build's commands ended well; the log shows what they did, and it is looked for below '{}'",
                           directory);
}

[[noreturn]] void throw_not_built(const Cell& cell, const BuildStep& step, const ModuleName& name, const SourceSpan& where,
                                  const std::vector<fs::path>& files) {
  const std::string directory = step.directory.empty() ? "." : step.directory.string();
  std::vector<std::string> stems;
  for (const fs::path& file : files) stems.push_back(file.stem().string());
  const auto guess = nearest(name.str(), stems);
  throw Error({.code = "module-not-built",
               .message = fmt::format("the build of {} for {} made no {}.ko", cell.manifest->name.str(),
                                      cell.kernel->release.str(), name.str()),
               .where = where,
               .notes = {"it made: " + listed(files)},
               .hint = guess ? fmt::format("did you mean '{}'?", *guess) : hint_for(cell, directory)});
}

const fs::path& file_of(const Cell& cell, const BuildStep& step, const ModuleName& name, const std::vector<fs::path>& files) {
  const std::string wanted = kernel_spelling(name.str());
  const fs::path directory = step.directory.lexically_normal();
  std::vector<const fs::path*> found;
  for (const fs::path& file : files) {
    if (is_below(file, directory) && kernel_spelling(file.stem().string()) == wanted) found.push_back(&file);
  }
  const auto& modules = cell.manifest->modules;
  const auto spec = std::ranges::find(modules, name, &ModuleSpec::name);
  const SourceSpan where = spec == modules.end() ? SourceSpan{} : spec->where;
  if (found.empty()) throw_not_built(cell, step, name, where, files);
  for (const fs::path* file : found) {
    if (file->parent_path() == (directory == "." ? fs::path() : directory)) return *file;
  }
  if (found.size() == 1) return *found.front();
  std::vector<fs::path> places;
  for (const fs::path* file : found) places.push_back(*file);
  throw Error({.code = "module-ambiguous",
               .message = fmt::format("the build of {} made {}.ko in several places", cell.manifest->name.str(), name.str()),
               .where = where,
               .notes = {"it made: " + listed(places)},
               .hint = "say in the manifest which directory is meant"});
}

}  // namespace

std::vector<BuiltModule> find_modules(const Cell& cell, std::span<const BuildStep> steps, const fs::path& root,
                                      std::vector<Diagnostic>& warnings) {
  const std::vector<fs::path> files = built_files(root);
  std::vector<BuiltModule> modules;
  std::set<fs::path> named;
  for (const BuildStep& step : steps) {
    for (const ModuleName& name : step.modules) {
      const fs::path& file = file_of(cell, step, name, files);
      named.insert(file);
      const auto spec = std::ranges::find(cell.manifest->modules, name, &ModuleSpec::name);
      BuiltModule built{.name = name, .file = root / file};
      if (spec != cell.manifest->modules.end()) {
        built.strip = spec->strip;
        if (spec->file) built.installed = spec->file->str();
      }
      modules.push_back(std::move(built));
    }
  }
  for (const fs::path& file : files) {
    if (named.contains(file)) continue;
    warnings.push_back(
        {.severity = Severity::warning,
         .code = "module-unnamed",
         .message = fmt::format("the build of {} for {} also made {}, which the manifest does not name and no package gets",
                                cell.manifest->name.str(), cell.kernel->release.str(), file.string()),
         .where = SourceSpan{cell.manifest->file, 0, 0},
         .notes = {},
         .hint = cell.manifest->dkms ? "name it with a BUILT_MODULE_NAME of its own when it is wanted"
                                     : "name it in the manifest when it is wanted"});
  }
  return modules;
}

std::string merged_symvers(std::span<const fs::path> files, const fs::path& root) {
  const std::string prefix = root.string() + "/";
  std::set<std::string> lines;
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) lines.insert(replaced(std::string(line), prefix, ""));
    }
  }
  std::string merged;
  for (const std::string& line : lines) merged += line + "\n";
  return merged;
}

}  // namespace kmpack
