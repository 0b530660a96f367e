#include "manifest/lint/license.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "manifest/makefile_text.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack::detail {
namespace {

constexpr std::size_t kLargest = 4 * 1024 * 1024;
constexpr int kDeepest = 8;

bool is_small_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed) && fs::file_size(path, failed) <= kLargest && !failed;
}

std::string spelling(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

enum class In { code, line, block, literal };

/// C text without its comments; line ends stay.
std::string without_comments(std::string_view text) {
  std::string code;
  In in = In::code;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (in == In::code && c == '/' && (next == '/' || next == '*')) {
      in = next == '/' ? In::line : In::block;
      ++at;
    } else if (in == In::line && c == '\n') {
      in = In::code;
    } else if (in == In::block && c == '*' && next == '/') {
      in = In::code;
      ++at;
      continue;
    } else if (in == In::code && c == '"') {
      in = In::literal;
    } else if (in == In::literal && (c == '"' || c == '\n')) {
      in = In::code;
    } else if (in == In::literal && c == '\\') {
      code += c;
      ++at;
      if (at < text.size()) code += text[at];
      continue;
    }
    if (in == In::code || in == In::literal || c == '\n') code += c;
  }
  return code;
}

/// Names in `#include "…"` and `#include <…>` lines.
std::vector<std::string> includes(std::string_view code) {
  std::vector<std::string> names;
  for (std::string_view line : split(code, '\n')) {
    line = trimmed(line);
    if (!line.starts_with('#')) continue;
    line = trimmed(line.substr(1));
    if (!line.starts_with("include")) continue;
    line = trimmed(line.substr(std::string_view("include").size()));
    const std::size_t end = line.find_first_of("\">", 1);
    if (end != std::string_view::npos) names.emplace_back(line.substr(1, end - 1));
  }
  return names;
}

/// `MODULE_INFO(license, "…")`, which is what MODULE_LICENSE stands for.
bool has_license_info(std::string_view code) {
  constexpr std::string_view kMacro = "MODULE_INFO";
  for (std::size_t at = code.find(kMacro); at != std::string_view::npos; at = code.find(kMacro, at + 1)) {
    std::string_view rest = trimmed(code.substr(at + kMacro.size(), 100));
    if (!rest.starts_with('(')) continue;
    rest.remove_prefix(1);
    if (trimmed(rest).starts_with("license")) return true;
  }
  return false;
}

class LicenseLint {
 public:
  LicenseLint(const LintedSources& sources, Diagnostics& problems) : sources_(sources), problems_(problems) {}

  void run() {
    for (const LintedModule& module : sources_.modules) {
      const auto files = files_of(module);
      if (!files || files->empty()) continue;
      bool licensed = false;
      std::set<fs::path> seen;
      for (const fs::path& file : *files) licensed = licensed || has_license(file, seen, 0);
      if (!licensed) report(module, *files);
    }
  }

 private:
  /// The C sources of a module; nothing when one of them is not there or cannot be told.
  std::optional<std::vector<fs::path>> files_of(const LintedModule& module) {
    const fs::path directory = (sources_.root / module.directory / "").lexically_normal();
    for (const char* name : {"Kbuild", "Makefile"}) {
      if (!is_small_file(directory / name)) continue;
      const MakefileText text = read_makefile_text(read_file(directory / name));
      std::vector<fs::path> files;
      bool composite = false;
      for (const auto& [composed, parts] : text.parts) {
        if (spelling(composed) != spelling(module.name)) continue;
        composite = true;
        for (const std::string& part : parts) {
          if (!add(directory, part, files)) return std::nullopt;
        }
      }
      if (composite) return files;
      break;
    }
    std::vector<fs::path> files;
    if (!add(directory, module.name + ".o", files)) return std::nullopt;
    return files;
  }

  static bool add(const fs::path& directory, const std::string& object, std::vector<fs::path>& files) {
    if (!object.ends_with(".o")) return false;
    const fs::path source = fs::path(object.substr(0, object.size() - 2) + ".c").lexically_normal();
    const fs::path assembly = fs::path(object.substr(0, object.size() - 2) + ".S").lexically_normal();
    if (!source.is_relative()) return false;
    if (is_small_file(directory / source)) {
      files.push_back(directory / source);
      return true;
    }
    return is_small_file(directory / assembly);
  }

  /// Looks through what the file includes as well, headers with macros for it among them.
  bool has_license(const fs::path& file, std::set<fs::path>& seen, int depth) {
    if (depth > kDeepest || !seen.insert(file.lexically_normal()).second) return false;
    const std::string code = without_comments(read_file(file));
    if (code.find("MODULE_LICENSE") != std::string::npos || has_license_info(code)) return true;
    return std::ranges::any_of(includes(code), [&](const std::string& name) {
      const auto found = included(file.parent_path(), name);
      return found && has_license(*found, seen, depth + 1);
    });
  }

  /// Beside the file, or wherever in the sources a path ends so: include directories are known to make only.
  std::optional<fs::path> included(const fs::path& directory, const std::string& name) {
    if (is_small_file(directory / name)) return directory / name;
    if (!listed_) {
      for (const TreeEntry& entry : walk(sources_.root)) {
        if (entry.type == EntryType::file) by_name_.emplace(entry.relative.filename().string(), sources_.root / entry.relative);
      }
      listed_ = true;
    }
    const auto [begin, end] = by_name_.equal_range(fs::path(name).filename().string());
    const auto found = std::find_if(begin, end, [&](const auto& known) {
      return known.second.native().ends_with("/" + fs::path(name).lexically_normal().native()) && is_small_file(known.second);
    });
    if (found == end) return std::nullopt;
    return found->second;
  }

  void report(const LintedModule& module, const std::vector<fs::path>& files) {
    // Where the module begins is the place a reader looks at.
    SourceSpan where{files.front(), 1, 0};
    for (const fs::path& file : files) {
      std::uint32_t number = 0;
      const std::string code = without_comments(read_file(file));
      for (const std::string_view line : split(code, '\n')) {
        ++number;
        if (line.find("module_init") == std::string_view::npos) continue;
        where = {file, number, 0};
        break;
      }
    }
    problems_.report(
        {.severity = Severity::error,
         .code = "lint-license-missing",
         .message = fmt::format("no source of the module {} has MODULE_LICENSE", module.name),
         .where = std::move(where),
         .notes = {"kbuild refuses such a module, and older kernels taint themselves and keep GPL-only symbols from it"},
         .hint = "add MODULE_LICENSE(\"GPL\"), or what its license is; linux/module.h lists the words"});
  }

  const LintedSources& sources_;
  Diagnostics& problems_;
  std::multimap<std::string, fs::path> by_name_;
  bool listed_ = false;
};

}  // namespace

void lint_licenses(const LintedSources& sources, Diagnostics& problems) { LicenseLint(sources, problems).run(); }

}  // namespace kmpack::detail
