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
  Identity(const std::vector<ModuleSource>& sources, const fs::path& file) : sources_(sources), file_(file) {}

  void fill(Manifest& manifest) {
    if (manifest.name.empty()) manifest.name = PackageName(package_name(manifest.modules));
    if (manifest.version.empty()) {
      manifest.version = accepted(first(&ModuleSource::version), check_version, "0",
                                  "version: 0, as no MODULE_VERSION was found that suits both formats");
    }
    if (manifest.license.empty()) manifest.license = license();
    if (manifest.summary.empty()) {
      manifest.summary = accepted(first(&ModuleSource::description), is_line, manifest.name.str() + " kernel modules",
                                  "summary: no MODULE_DESCRIPTION was found");
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
    if (spdx.size() == 1 && spdx.begin()->starts_with('(')) return spdx.begin()->substr(1, spdx.begin()->size() - 2);
    if (!spdx.empty()) return joined(std::vector<std::string>(spdx.begin(), spdx.end()), " AND ");
    const std::string macro = first(&ModuleSource::module_license);
    guesses.push_back(macro.empty()
                          ? "license: no SPDX line and no MODULE_LICENSE was found"
                          : fmt::format("license: from MODULE_LICENSE(\"{}\"), which says nothing of later versions", macro));
    return spdx_of_module_license(macro).value_or("LicenseRef-Unknown");
  }

  Maintainer maintainer() {
    const std::string author = first(&ModuleSource::author);
    const std::size_t open = author.find('<');
    const std::size_t close = author.find('>', open);
    if (open != std::string::npos && close != std::string::npos) {
      Maintainer found{.name = std::string(trimmed(author.substr(0, open))), .mail = author.substr(open + 1, close - open - 1)};
      const bool plain = !found.name.empty() && found.name.find_first_of("<>,\"@") == std::string::npos;
      if (plain && passes(found.name, is_line) && passes(found.mail, check_mail)) return found;
    }
    guesses.emplace_back("maintainer: no MODULE_AUTHOR of the form 'Name <mail>' was found");
    return {.name = "Unknown maintainer", .mail = "unknown@localhost"};
  }

  const std::vector<ModuleSource>& sources_;
  fs::path file_;
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
    (is_named ? named : others).push_back(read_module_source(text));
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
