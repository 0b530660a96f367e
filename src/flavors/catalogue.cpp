#include "flavors/catalogue.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "flavors/catalogue_reader.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::vector<fs::path> xml_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) {
    if (entry.path().extension() == ".xml" && !entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// `text` is `word`, or begins with it and goes on after a `separator`.
bool is_or_begins(std::string_view text, std::string_view word, char separator) noexcept {
  return text.starts_with(word) && (text.size() == word.size() || text[word.size()] == separator);
}

}  // namespace

bool Catalogue::is_own_archive(std::string_view origin, std::string_view codename) const noexcept {
  if (origin.empty() || codename.empty()) return false;
  return std::ranges::any_of(archives, [&](const CatalogueArchive& archive) {
    return is_or_begins(origin, archive.origin, ' ') && is_or_begins(codename, archive.codename, '-');
  });
}

const CatalogueSeries* Catalogue::find_series(std::string_view name) const noexcept {
  const auto found = std::ranges::find(series, name, &CatalogueSeries::name);
  return found == series.end() ? nullptr : &*found;
}

InstallRules Catalogue::rules_for(const CatalogueFlavor& flavor, const CatalogueSeries& of) const {
  InstallRules all = rules;
  all.meta_suffix = filled(of.meta_suffix, flavor);
  if (all.family == PackageFamily::rpm) {
    all.rpm.kernel = filled(of.kernel, flavor);
    all.rpm.devel = filled(of.headers, flavor);
    all.rpm.tree = filled(of.tree, flavor);
    all.rpm.variant = flavor.variant;
    // SUSE's releases end in the flavor, all of them.
    all.rpm.suffix = flavor.suffix.empty() && all.rpm.style == RpmStyle::kmp ? "-" + flavor.name : flavor.suffix;
  }
  return all;
}

std::string Catalogue::filled(std::string_view form, const CatalogueFlavor& flavor) {
  std::string text(form);
  text = replaced(std::move(text), "{flavor}", flavor.name);
  text = replaced(std::move(text), "{arch}", flavor.arch);
  text = replaced(std::move(text), "{suffix}", flavor.suffix);
  text = replaced(std::move(text), "{-variant}", flavor.variant.empty() ? "" : "-" + flavor.variant);
  return replaced(std::move(text), "{variant}", flavor.variant);
}

std::vector<Catalogue> read_catalogues(std::span<const fs::path> directories, Diagnostics& problems) {
  std::vector<Catalogue> catalogues;
  std::set<std::string> seen;
  for (const fs::path& directory : directories) {
    for (const fs::path& file : xml_files(directory)) {
      if (!seen.insert(file.filename().string()).second) continue;
      if (auto catalogue = read_catalogue(file, problems)) catalogues.push_back(std::move(*catalogue));
    }
  }
  if (seen.empty()) {
    problems.report({.code = "catalogue-missing",
                     .message = "no flavor catalogue was found",
                     .where = {},
                     .notes = {},
                     .hint = "name the directory that has debian-12.xml with --flavors-dir"});
  }
  std::ranges::sort(catalogues, {}, &Catalogue::id);
  return catalogues;
}

}  // namespace kmpack
