#include "flavors/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/reading.hpp"
#include "manifest/shape.hpp"
#include "sys/files.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// docs/flavors.md says what each means; a test holds the two together.
const std::array<ElementShape, 5>& shapes() {
  static const std::array<ElementShape, 5> kShapes{{
      {.name = "distribution",
       .required = {"id", "title", "family"},
       .required_children = {"install"},
       .children = {"series", "flavor"}},
      {.name = "install", .required = {"root", "directory"}, .optional = {"latest"}, .children = {"image"}},
      {.name = "image", .required = {"name"}},
      {.name = "series", .required = {"name", "releases", "headers", "parts", "meta"}},
      {.name = "flavor", .required = {"name", "arch"}, .optional = {"series"}},
  }};
  return kShapes;
}

void check(const XmlElement& element, Reading& reading) {
  const auto shape = std::ranges::find(shapes(), element.name, &ElementShape::name);
  // The parent's check has reported a name that is not known.
  if (shape == shapes().end()) return;
  check_shape(element, *shape, reading);
  for (const XmlElement& child : element.children) check(child, reading);
}

class Reader {
 public:
  Reader(const XmlElement& root, Reading& reading, Catalogue& catalogue)
      : root_(root), reading_(reading), catalogue_(catalogue) {}

  void read() {
    catalogue_.id = value(root_, "id");
    catalogue_.title = value(root_, "title");
    if (!catalogue_.id.empty() && catalogue_.id != catalogue_.file.stem().string()) {
      invalid(root_, "id", fmt::format("a catalogue's file is named after its distribution: {}.xml", catalogue_.id));
    }
    read_install();
    for (const XmlElement& child : root_.children) {
      if (child.name == "series") read_series(child);
    }
    for (const XmlElement& child : root_.children) {
      if (child.name == "flavor") read_flavor(child);
    }
    if (catalogue_.flavors.empty())
      reading_.error("element-missing", "<distribution> needs the element <flavor>", root_.line, "add one");
    if (catalogue_.series.empty())
      reading_.error("element-missing", "<distribution> needs the element <series>", root_.line, "add one");
  }

 private:
  std::string value(const XmlElement& element, std::string_view name) {
    const auto field = reading_.attribute(element, name);
    return field ? field->text : std::string();
  }

  void invalid(const XmlElement& element, std::string_view attribute, std::string hint) {
    reading_.error("catalogue-invalid",
                   fmt::format("attribute '{}' of <{}> cannot be {}", attribute, element.name, shown(value(element, attribute))),
                   element.line, std::move(hint));
  }

  /// A part of a flavor id must be readable as one in a pattern.
  std::string id_part(const XmlElement& element, std::string_view name) {
    std::string text = value(element, name);
    if (text.find_first_of("/@ \t*?") != std::string::npos) invalid(element, name, "leave out blanks and any of / @ * ?");
    return text;
  }

  std::string with_place(const XmlElement& element, std::string_view name, std::string_view place) {
    std::string text = value(element, name);
    if (!text.empty() && text.find(place) == std::string::npos)
      invalid(element, name, fmt::format("write {} where it belongs", place));
    return text;
  }

  void read_install() {
    InstallRules& rules = catalogue_.rules;
    const std::string family = value(root_, "family");
    rules.family = family == "rpm" ? PackageFamily::rpm : PackageFamily::deb;
    if (!family.empty() && family != "rpm" && family != "deb") invalid(root_, "family", "write deb or rpm");
    const XmlElement* const install = root_.child("install");
    if (install == nullptr) return;
    rules.modules_root = value(*install, "root");
    if (rules.modules_root != "/lib/modules" && rules.modules_root != "/usr/lib/modules") {
      invalid(*install, "root", "write /lib/modules or /usr/lib/modules");
    }
    rules.directory = with_place(*install, "directory", "{name}");
    // Below kernel/ lie the kernel package's own files.
    if (!is_safe_relative(rules.directory) || rules.directory.starts_with("kernel/")) {
      invalid(*install, "directory", "write a directory below the kernel's modules other than kernel/, as updates/{name}");
    }
    if (install->attribute("latest") != nullptr) rules.latest_modules = with_place(*install, "latest", "{release}");
    for (const XmlElement& image : install->children) {
      if (image.name == "image") rules.image_packages.push_back(with_place(image, "name", "{release}"));
    }
  }

  void read_series(const XmlElement& element) {
    CatalogueSeries series{.name = id_part(element, "name"),
                           .releases = value(element, "releases"),
                           .headers = with_place(element, "headers", "{release}"),
                           .parts = words(value(element, "parts")),
                           .meta_suffix = value(element, "meta")};
    if (catalogue_.find_series(series.name) != nullptr) invalid(element, "name", "it is used twice");
    catalogue_.series.push_back(std::move(series));
  }

  void read_flavor(const XmlElement& element) {
    CatalogueFlavor flavor{.name = id_part(element, "name"), .arch = value(element, "arch"), .series = {}};
    if (!flavor.arch.empty() && find_architecture(flavor.arch) == nullptr)
      invalid(element, "arch", "it is no architecture kmpack knows");
    const bool twice = std::ranges::any_of(
        catalogue_.flavors, [&](const CatalogueFlavor& other) { return other.name == flavor.name && other.arch == flavor.arch; });
    if (twice) invalid(element, "name", "it is used twice for one architecture");
    std::vector<std::string> known;
    for (const CatalogueSeries& series : catalogue_.series) known.push_back(series.name);
    flavor.series = element.attribute("series") == nullptr ? known : words(value(element, "series"));
    for (const std::string& name : flavor.series) {
      if (catalogue_.find_series(name) != nullptr) continue;
      reading_.error("value-unknown", fmt::format("there is no series {}", shown(name)), element.line, suggestion(name, known));
    }
    catalogue_.flavors.push_back(std::move(flavor));
  }

  const XmlElement& root_;
  Reading& reading_;
  Catalogue& catalogue_;
};

std::optional<Catalogue> read_catalogue(const fs::path& file, Diagnostics& problems) {
  const std::size_t before = problems.error_count();
  const auto root = read_xml(file, problems);
  if (!root) return std::nullopt;
  Reading reading(file, problems);
  if (root->name != "distribution") {
    reading.error("element-unknown", fmt::format("the root of a flavor catalogue is <distribution>, not {}", shown(root->name)),
                  root->line, "docs/flavors.md has an example");
    return std::nullopt;
  }
  check(*root, reading);
  Catalogue catalogue{.file = file};
  Reader(*root, reading, catalogue).read();
  if (problems.error_count() != before) return std::nullopt;
  return catalogue;
}

std::vector<fs::path> xml_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) {
    if (entry.path().extension() == ".xml" && !entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

const CatalogueSeries* Catalogue::find_series(std::string_view name) const noexcept {
  const auto found = std::ranges::find(series, name, &CatalogueSeries::name);
  return found == series.end() ? nullptr : &*found;
}

InstallRules Catalogue::rules_for(const CatalogueFlavor& flavor, const CatalogueSeries& of) const {
  InstallRules all = rules;
  all.meta_suffix = replaced(of.meta_suffix, "{flavor}", flavor.name);
  return all;
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
