#include "flavors/catalogue_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/fields.hpp"
#include "manifest/reading.hpp"
#include "manifest/shape.hpp"
#include "sys/files.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, 4> kCompressions{"none", "gzip", "xz", "zstd"};

/// docs/flavors.md says what each means; a test holds the two together.
const std::array<ElementShape, 9>& shapes() {
  static const std::array<ElementShape, 9> kShapes{{
      {.name = "distribution",
       .required = {"id", "title", "family"},
       .required_children = {"install"},
       .children = {"apt", "deb", "rpm", "repository", "series", "flavor"}},
      {.name = "install", .required = {"root", "directory"}, .optional = {"latest", "readable"}, .children = {"image"}},
      {.name = "image", .required = {"name"}},
      {.name = "apt", .required = {"origin", "codename"}},
      {.name = "deb", .optional = {"modules", "meta", "trigger"}},
      {.name = "rpm", .required = {"style", "pin"}, .optional = {"supplements"}},
      {.name = "repository", .required = {"key"}, .optional = {"url", "mirrorlist", "metalink", "archs"}},
      {.name = "series", .required = {"name", "releases", "headers"}, .optional = {"parts", "meta", "uname", "kernel", "tree"}},
      {.name = "flavor", .required = {"name", "arch"}, .optional = {"series", "suffix", "variant"}},
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
    read_deb();
    read_rpm();
    for (const XmlElement& child : root_.children) {
      if (child.name == "repository") read_repository(child);
      if (child.name == "apt") read_apt(child);
    }
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
  /// Empty when it is absent.
  std::string value(const XmlElement& element, std::string_view name) {
    if (element.attribute(name) == nullptr) return {};
    const auto field = reading_.attribute(element, name);
    return field ? field->text : std::string();
  }

  /// The position of the attribute's value among `known`; the first when it is absent or wrong.
  std::size_t one_of(const XmlElement& element, std::string_view name, const std::vector<std::string>& known) {
    if (element.attribute(name) == nullptr) return 0;
    const auto field = reading_.attribute(element, name);
    return field ? choice(*field, known, reading_).value_or(0) : 0;
  }

  [[nodiscard]] bool is_rpm() const { return catalogue_.rules.family == PackageFamily::rpm; }

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
      if (image.name != "image") continue;
      rules.image_packages.push_back(is_rpm() ? value(image, "name") : with_place(image, "name", "{release}"));
    }
    for (const std::string& word : words(value(*install, "readable"))) {
      const auto known = std::ranges::find(kCompressions, word);
      if (known == kCompressions.end()) {
        invalid(*install, "readable", "name none, gzip, xz and zstd as far as the module tools there read them");
        continue;
      }
      rules.readable.push_back(static_cast<Compression>(known - kCompressions.begin()));
    }
  }

  void read_deb() {
    const XmlElement* const deb = root_.child("deb");
    if (deb == nullptr) return;
    if (is_rpm()) invalid(root_, "family", "only a distribution of the family deb has <deb>");
    DebRules& rules = catalogue_.rules.deb;
    const auto name = [&](const char* attribute, std::string_view place, std::string& form) {
      if (deb->attribute(attribute) == nullptr) return;
      form = with_place(*deb, attribute, place);
      if (form.find("{name}") == std::string::npos) invalid(*deb, attribute, "write {name} where it belongs");
    };
    name("modules", "{release}", rules.modules);
    name("meta", "{meta}", rules.meta);
    if (deb->attribute("trigger") != nullptr) rules.trigger = with_place(*deb, "trigger", "{release}");
  }

  void read_apt(const XmlElement& element) {
    if (is_rpm()) invalid(root_, "family", "only a distribution of the family deb has <apt>");
    catalogue_.archives.push_back({.origin = value(element, "origin"), .codename = value(element, "codename")});
  }

  void read_rpm() {
    const XmlElement* const rpm = root_.child("rpm");
    if (is_rpm() && rpm == nullptr)
      reading_.error("element-missing", "<distribution> of the family rpm needs the element <rpm>", root_.line, "add one");
    if (rpm == nullptr) return;
    if (!is_rpm()) invalid(root_, "family", "only a distribution of the family rpm has <rpm>");
    RpmRules& rules = catalogue_.rules.rpm;
    rules.style = static_cast<RpmStyle>(one_of(*rpm, "style", {"plain", "kmp", "kmod", "fedora"}));
    rules.pin = static_cast<KernelPin>(one_of(*rpm, "pin", {"symbols", "exact", "rich"}));
    rules.supplements = static_cast<SupplementsForm>(one_of(*rpm, "supplements", {"packageand", "rich"}));
  }

  void read_repository(const XmlElement& element) {
    CatalogueRepository repository{.archs = words(value(element, "archs"))};
    constexpr std::array kKinds{std::pair{"url", CatalogueRepository::Kind::base},
                                std::pair{"mirrorlist", CatalogueRepository::Kind::mirrorlist},
                                std::pair{"metalink", CatalogueRepository::Kind::metalink}};
    std::size_t named = 0;
    for (const auto& [name, kind] : kKinds) {
      if (element.attribute(name) == nullptr) continue;
      ++named;
      repository.kind = kind;
      repository.url = value(element, name);
      const bool known = std::ranges::any_of(std::array<std::string_view, 3>{"https://", "http://", "file:/"},
                                             [&](std::string_view scheme) { return repository.url.starts_with(scheme); });
      if (!repository.url.empty() && !known) invalid(element, name, "begin it with https://, http:// or file:///");
    }
    if (named != 1) {
      reading_.error("catalogue-invalid", "<repository> needs one of the attributes url, mirrorlist and metalink", element.line,
                     "write one of them");
    }
    repository.key = reading_.base() / value(element, "key");
    catalogue_.repositories.push_back(std::move(repository));
  }

  /// Attributes that only one family of packages needs.
  void need(const XmlElement& element, const std::vector<const char*>& names) {
    for (const char* const name : names) {
      if (element.attribute(name) != nullptr) continue;
      reading_.error("attribute-missing",
                     fmt::format("<{}> of the family {} needs the attribute '{}'", element.name, is_rpm() ? "rpm" : "deb", name),
                     element.line, "docs/flavors.md says what it means");
    }
  }

  void read_series(const XmlElement& element) {
    CatalogueSeries series{.name = id_part(element, "name"),
                           .releases = value(element, "releases"),
                           .headers = is_rpm() ? value(element, "headers") : with_place(element, "headers", "{release}"),
                           .parts = words(value(element, "parts")),
                           .meta_suffix = value(element, "meta"),
                           .uname = value(element, "uname"),
                           .kernel = value(element, "kernel"),
                           .tree = value(element, "tree")};
    need(element, is_rpm() ? std::vector{"uname", "kernel", "tree"} : std::vector{"parts", "meta"});
    if (catalogue_.find_series(series.name) != nullptr) invalid(element, "name", "it is used twice");
    catalogue_.series.push_back(std::move(series));
  }

  void read_flavor(const XmlElement& element) {
    CatalogueFlavor flavor{.name = id_part(element, "name"),
                           .arch = value(element, "arch"),
                           .series = {},
                           .suffix = value(element, "suffix"),
                           .variant = value(element, "variant")};
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

}  // namespace

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

}  // namespace kmpack
