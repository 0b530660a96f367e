#include "manifest/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "manifest/fields.hpp"
#include "manifest/spdx.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kLargestSource = 4 * 1024 * 1024;

using Check = bool (*)(const Field&, Reading&);

/// Would a kmpack.xml with this text be accepted?
bool passes(const std::string& text, Check check) {
  Diagnostics unused;
  Reading reading("manifest", unused);
  const XmlElement element{.name = "value", .line = 1, .attributes = {}, .children = {}, .text = text};
  const auto field = reading.line_in(element);
  return field && check(*field, reading);
}

/// Fills the identity from the sources and keeps account of what had to be guessed.
class Identity {
 public:
  Identity(const std::vector<ModuleSource>& sources, const fs::path& file)
      : sources_(sources), file_(file), tells_all_(file.filename() == "dkms.conf") {}

  void fill(Manifest& manifest) {
    if (manifest.name.empty()) manifest.name = PackageName(package_name(manifest.modules));
    if (manifest.version.empty()) {
      manifest.version = accepted(first(&ModuleSource::version), check_version, "0",
                                  "version: 0, as no MODULE_VERSION was found that suits both formats");
      taken("version", manifest.version, "MODULE_VERSION", &ModuleSource::version, &ModuleSource::version_line);
    }
    if (manifest.license.empty()) manifest.license = license();
    if (manifest.summary.empty()) {
      const std::string general = manifest.name.str() + " kernel modules";
      if (tells_all_ && differ(&ModuleSource::description)) {
        guesses.push_back(fmt::format("summary: '{}', as each module's MODULE_DESCRIPTION is another", general));
        manifest.summary = general;
      } else {
        manifest.summary =
            accepted(first(&ModuleSource::description), is_line, general, "summary: no MODULE_DESCRIPTION was found");
        taken("summary", manifest.summary, "MODULE_DESCRIPTION", &ModuleSource::description, &ModuleSource::description_line);
      }
    }
    if (manifest.maintainer.name.empty()) manifest.maintainer = maintainer();
  }

  std::vector<std::string> guesses;

 private:
  static bool is_line(const Field&, Reading&) { return true; }

  std::string first(std::string ModuleSource::*field) const {
    const auto found = std::ranges::find_if(sources_, [&](const ModuleSource& source) { return !(source.*field).empty(); });
    return found == sources_.end() ? std::string() : (*found).*field;
  }

  using Text = std::string ModuleSource::*;
  using Line = std::uint32_t ModuleSource::*;

  /// What a text is taken from: modules that are wanted come first.
  const ModuleSource* source_of(Text field) const {
    const auto found = std::ranges::find_if(sources_, [&](const ModuleSource& source) { return !(source.*field).empty(); });
    return found == sources_.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool differ(Text field) const {
    std::set<std::string> found;
    for (const ModuleSource& source : sources_) {
      if (source.wanted && !(source.*field).empty()) found.insert(source.*field);
    }
    return found.size() > 1;
  }

  static std::string place(const ModuleSource& source, Line line) {
    return source.file.empty() ? std::string("the sources") : fmt::format("{}:{}", source.file.string(), source.*line);
  }

  /// A dkms.conf says nothing of these, and one file of a driver speaks for no other.
  void taken(std::string_view what, std::string_view value, std::string_view macro, Text field, Line line) {
    const ModuleSource* source = source_of(field);
    if (!tells_all_ || source == nullptr || source->*field != value) return;
    guesses.push_back(fmt::format("{}: '{}', from {} in {}", what, value, macro, place(*source, line)));
  }

  std::string accepted(const std::string& found, Check check, std::string otherwise, std::string guess) {
    if (passes(found, check)) return found;
    guesses.push_back(std::move(guess));
    return otherwise;
  }

  std::string package_name(const std::vector<ModuleSpec>& modules) {
    std::vector<std::string> candidates;
    if (modules.size() > 1) candidates.push_back(file_.parent_path().filename());
    for (const ModuleSpec& module : modules) candidates.push_back(module.name.str());
    for (std::string& candidate : candidates) {
      candidate = as_package_name(candidate);
      if (passes(candidate, check_package_name)) return candidate;
    }
    guesses.emplace_back("name: neither the folder nor a module is named as a package can be");
    return "out-of-tree-modules";
  }

  std::string license() {
    std::set<std::string> spdx;
    for (const ModuleSource& source : sources_) {
      if (passes(source.spdx, check_license))
        spdx.insert(source.spdx.find(" OR ") == std::string::npos ? source.spdx : "(" + source.spdx + ")");
    }
    if (!spdx.empty()) return license_of(spdx);
    const ModuleSource* source = source_of(&ModuleSource::module_license);
    if (source == nullptr) source = source_of(&ModuleSource::license_argument);
    const std::string macro = source == nullptr ? std::string() : source->module_license;
    const auto known = spdx_of_module_license(macro);
    const std::string where = source == nullptr || source->file.empty()
                                  ? std::string()
                                  : fmt::format(" in {}", place(*source, &ModuleSource::license_line));
    if (source == nullptr) {
      guesses.emplace_back("license: no SPDX line and no MODULE_LICENSE was found");
    } else if (macro.empty()) {
      guesses.push_back(
          fmt::format("license: unknown, as MODULE_LICENSE({}){} is no text that can be read", source->license_argument, where));
    } else if (!known) {
      guesses.push_back(fmt::format("license: unknown, as MODULE_LICENSE(\"{}\"){} is none that the kernel knows", macro, where));
    } else {
      guesses.push_back(
          fmt::format("license: from MODULE_LICENSE(\"{}\"){}, which says nothing of later versions", macro, where));
    }
    return known.value_or("LicenseRef-Unknown");
  }

  std::string license_of(const std::set<std::string>& spdx) {
    std::string text = joined(std::vector<std::string>(spdx.begin(), spdx.end()), " AND ");
    if (spdx.size() == 1 && text.starts_with('(')) text = text.substr(1, text.size() - 2);
    const auto source = std::ranges::find_if(sources_, [](const ModuleSource& from) { return passes(from.spdx, check_license); });
    if (tells_all_) {
      guesses.push_back(
          fmt::format("license: {}, from SPDX lines, the first in {}", text, place(*source, &ModuleSource::spdx_line)));
    }
    return text;
  }

  Maintainer maintainer() {
    const std::string author = first(&ModuleSource::author);
    const std::size_t open = author.find('<');
    const std::size_t close = author.find('>', open);
    if (open != std::string::npos && close != std::string::npos) {
      Maintainer found{.name = std::string(trimmed(author.substr(0, open))), .mail = author.substr(open + 1, close - open - 1)};
      const bool plain = !found.name.empty() && found.name.find_first_of("<>,\"@") == std::string::npos;
      if (plain && passes(found.name, is_line) && passes(found.mail, check_mail)) {
        taken("maintainer", author, "MODULE_AUTHOR", &ModuleSource::author, &ModuleSource::author_line);
        return found;
      }
    }
    guesses.emplace_back("maintainer: no MODULE_AUTHOR of the form 'Name <mail>' was found");
    return {.name = "Unknown maintainer", .mail = "unknown@localhost"};
  }

  const std::vector<ModuleSource>& sources_;
  fs::path file_;
  bool tells_all_;  ///< what was found is told, too
};

bool declares_module(const std::string& text) {
  return text.find("MODULE_LICENSE") != std::string::npos || text.find("MODULE_DESCRIPTION") != std::string::npos;
}

}  // namespace

std::vector<std::string> fill_identity(Manifest& manifest, const std::vector<ModuleSource>& sources, const fs::path& file) {
  Identity identity(sources, file);
  identity.fill(manifest);
  return std::move(identity.guesses);
}

std::vector<ModuleSource> module_sources(const fs::path& root, const std::vector<std::string>& modules) {
  std::vector<ModuleSource> named;
  std::vector<ModuleSource> others;
  // Tests of a driver are modules, too, but not what it is described by.
  const auto hidden = [](const TreeEntry& entry) {
    const std::string name = entry.relative.filename().string();
    return name.starts_with('.') || name.find("test") != std::string::npos;
  };
  for (const TreeEntry& entry : walk(root, hidden)) {
    const fs::path path = root / entry.relative;
    std::error_code failed;
    if (entry.type != EntryType::file || path.extension() != ".c" || fs::file_size(path, failed) > kLargestSource || failed)
      continue;
    const std::string text = read_file(path);
    if (!declares_module(text)) continue;
    const std::string stem = kernel_spelling(path.stem().string());
    const bool is_named = std::ranges::any_of(modules, [&](const std::string& name) { return kernel_spelling(name) == stem; });
    ModuleSource& source = (is_named ? named : others).emplace_back(read_module_source(text));
    source.file = entry.relative;
    source.wanted = is_named;
  }
  named.insert(named.end(), others.begin(), others.end());
  return named;
}

std::string as_package_name(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::ranges::replace(text, '_', '-');
  return text;
}

bool is_package_name_text(const std::string& text) { return passes(text, check_package_name); }
bool is_version_text(const std::string& text) { return passes(text, check_version); }
bool is_release_text(const std::string& text) { return passes(text, check_release); }
bool is_module_name_text(const std::string& text) { return passes(text, check_module_name); }

}  // namespace kmpack
