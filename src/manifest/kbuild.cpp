#include "manifest/kbuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "manifest/fields.hpp"
#include "manifest/identity.hpp"
#include "manifest/makefile_text.hpp"
#include "manifest/module_source.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kLargestSource = 4 * 1024 * 1024;
constexpr int kDeepest = 8;

bool is_small_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed) && fs::file_size(path, failed) <= kLargestSource && !failed;
}

/// Walks the Kbuild files and gathers modules and what their sources say.
class KbuildReader {
 public:
  KbuildReader(fs::path root, Diagnostics& problems) : root_(std::move(root)), problems_(problems) {}

  void directory(const fs::path& relative, int depth) {
    const fs::path file = makefile_of(root_ / relative);
    if (file.empty()) {
      report("kbuild-unclear", fmt::format("{} has no Kbuild and no Makefile", (root_ / relative).string()),
             {root_ / relative, 0, 0}, "describe the modules in a kmpack.xml");
      return;
    }
    if (depth == 0) first_file = file;
    const MakefileText text = read_makefile_text(read_file(file));
    for (const ObjectList& list : text.objects) {
      const SourceSpan where{file, list.line, 0};
      if (!list.option.empty()) {
        warn("kbuild-conditional", fmt::format("built as a module only when {} says so", list.option), where,
             "say in a kmpack.xml which modules are made");
      }
      for (const std::string& word : list.words) object(word, relative, text, where, depth);
    }
  }

  std::vector<ModuleSpec> modules;
  std::vector<ModuleSource> sources;
  fs::path first_file;

 private:
  /// Source:  linux scripts/Makefile.build: Kbuild is preferred to Makefile.
  static fs::path makefile_of(const fs::path& directory) {
    for (const char* name : {"Kbuild", "Makefile"}) {
      if (is_small_file(directory / name)) return directory / name;
    }
    return {};
  }

  void report(std::string_view code, std::string message, SourceSpan where, std::string hint) {
    problems_.report(
        {.code = code, .message = std::move(message), .where = std::move(where), .notes = {}, .hint = std::move(hint)});
  }
  void warn(std::string_view code, std::string message, SourceSpan where, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = std::move(where),
                      .notes = {},
                      .hint = std::move(hint)});
  }

  void object(const std::string& word, const fs::path& relative, const MakefileText& text, const SourceSpan& where, int depth) {
    if (word.ends_with('/') && word.find('$') == std::string::npos) {
      subdirectory(word, relative, where, depth);
      return;
    }
    const fs::path path(word);
    const std::string name = path.stem();
    Diagnostics unused;
    Reading reading(where.file, unused);
    if (path.extension() != ".o" || name.empty() ||
        !check_module_name({.text = name, .line = where.line, .what = "name"}, reading)) {
      report("kbuild-unclear", fmt::format("cannot tell which module {} is", shown(word)), where,
             "name the modules in a kmpack.xml");
      return;
    }
    // Branches of one Makefile, as for kbuild and for a user, name the same module.
    if (!seen_.insert(kernel_spelling(name)).second) return;
    modules.push_back({.name = ModuleName(name), .directory = relative, .uses = {}, .where = where});
    read_sources(root_ / relative / path.parent_path(), name, text);
  }

  void subdirectory(const std::string& word, const fs::path& relative, const SourceSpan& where, int depth) {
    const fs::path below = fs::path(word.substr(0, word.find_last_not_of('/') + 1));
    if (!is_safe_relative(below) || depth == kDeepest) {
      report("kbuild-unclear", fmt::format("the directory {} is not followed", shown(word)), where,
             "describe the modules in a kmpack.xml");
      return;
    }
    warn("kbuild-subdirectory", fmt::format("modules of {} are built on their own", shown(word)), where,
         "if they need symbols of other directories, write a kmpack.xml with 'uses'");
    directory(relative == "." ? below : relative / below, depth + 1);
  }

  void read_sources(const fs::path& directory, const std::string& name, const MakefileText& text) {
    std::vector<std::string> files = {name + ".c"};
    if (const auto found = text.parts.find(name); found != text.parts.end()) {
      for (const std::string& part : found->second) {
        if (part.ends_with(".o")) files.push_back(part.substr(0, part.size() - 2) + ".c");
      }
    }
    for (const std::string& file : files) {
      if (is_safe_relative(file) && is_small_file(directory / file))
        sources.push_back(read_module_source(read_file(directory / file)));
    }
  }

  fs::path root_;
  Diagnostics& problems_;
  std::set<std::string> seen_;
};

}  // namespace

std::optional<Manifest> manifest_from_kbuild(const fs::path& directory, Diagnostics& problems) {
  const fs::path root = fs::absolute(directory / ".").lexically_normal().parent_path();
  const std::size_t before = problems.error_count();
  KbuildReader reader(root, problems);
  reader.directory(".", 0);
  if (problems.error_count() != before) return std::nullopt;
  if (reader.modules.empty()) {
    problems.report({.code = "kbuild-no-modules",
                     .message = "no obj-m names a module here",
                     .where = SourceSpan{reader.first_file},
                     .notes = {},
                     .hint = "describe the package in a kmpack.xml"});
    return std::nullopt;
  }
  Manifest manifest;
  manifest.file = reader.first_file;
  manifest.source = {.directory = root, .archive = {}, .sha256 = {}, .subdirectory = {}, .where = {reader.first_file, 0, 0}};
  manifest.modules = std::move(reader.modules);
  std::vector<std::string> guesses = fill_identity(manifest, reader.sources, reader.first_file);
  if (!guesses.empty()) {
    problems.report({.severity = Severity::warning,
                     .code = "kbuild-guess",
                     .message = "the sources do not say everything a package needs",
                     .where = SourceSpan{reader.first_file},
                     .notes = std::move(guesses),
                     .hint = "run 'kmpack init' and complete the kmpack.xml it writes"});
  }
  return manifest;
}

}  // namespace kmpack
