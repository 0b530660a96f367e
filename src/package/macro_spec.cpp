#include "package/macro_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "flavors/select.hpp"
#include "package/macro_conditions.hpp"
#include "package/macro_recipe.hpp"
#include "package/model.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/recipe.hpp"
#include "package/recipe_install.hpp"
#include "package/recipe_text.hpp"
#include "package/scripts.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool has_macro(const Catalogue& catalogue) {
  return catalogue.rules.rpm.style == RpmStyle::kmp || catalogue.rules.rpm.style == RpmStyle::kmod;
}

std::vector<FlavorPattern> included(const Manifest& manifest, std::span<const FlavorPattern> patterns) {
  if (!patterns.empty()) return {patterns.begin(), patterns.end()};
  std::vector<FlavorPattern> all;
  for (const WantedKernels& wanted : manifest.kernels.include) all.push_back(wanted.pattern);
  return all;
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// The flavors of one catalogue that a pattern means, whatever their architecture.
void collect(const FlavorPattern& pattern, const Catalogue& catalogue, MacroFlavors& flavors) {
  const bool suse = catalogue.rules.rpm.style == RpmStyle::kmp;
  for (const CatalogueFlavor& flavor : catalogue.flavors) {
    if (!glob_matches(pattern.flavor, flavor.name)) continue;
    if (suse) flavors.suse_wanted = true;
    if (!suse) flavors.redhat_wanted = true;
    add(suse ? flavors.suse_distributions : flavors.redhat_distributions, catalogue.id);
    if (is_glob(pattern.flavor)) continue;
    add(suse ? flavors.suse : flavors.redhat, suse || !flavor.variant.empty() ? flavor.name : "default");
  }
}

std::string relations(std::string_view tag, const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += fmt::format("{}: {}\n", tag, spec_literal(one_line(text)));
  return lines;
}

/// What the user adds to every package of modules.
std::string extra_tags(const Manifest& manifest) {
  std::string text = relations("Requires", manifest.rpm.needs) + relations("Provides", manifest.rpm.provides) +
                     relations("Conflicts", manifest.rpm.conflicts);
  if (needs_common_package(manifest)) {
    const std::string version = rpm_version_part(manifest.version) + "-" + rpm_version_part(manifest.release);
    text += fmt::format("Requires: {} >= {}\n", common_package_name(manifest, Format::rpm), version);
  }
  return text;
}

std::string document_lines(const Manifest& manifest, const std::string& package) {
  std::string lines;
  for (const fs::path& file : manifest.install.licenses) {
    lines += fmt::format("%license %attr(0644,root,root) /usr/share/licenses/{}/{}\n", package,
                         spec_literal(file.filename().string()));
  }
  for (const fs::path& file : manifest.install.documents) {
    lines += fmt::format("%doc %attr(0644,root,root) /usr/share/doc/{}/{}\n", package, spec_literal(file.filename().string()));
  }
  if (!manifest.install.licenses.empty()) lines = fmt::format("%dir /usr/share/licenses/{}\n", package) + lines;
  if (!manifest.install.documents.empty()) lines = fmt::format("%dir /usr/share/doc/{}\n", package) + lines;
  return lines;
}

/// %2 and %1 are the kernel's release without and its flavor.
///
/// Source:  facts suse.md section 1.2.
std::string suse_files(const Manifest& manifest) {
  const std::string name = rpm_name(manifest.name.str());
  return fmt::format(
             "%defattr(0644,root,root,0755)\n"
             "%dir %{{kmpack_modules}}/%2-%1\n%dir %{{kmpack_modules}}/%2-%1/updates\n%{{kmpack_modules}}/%2-%1/updates/{}\n",
             name) +
         document_lines(manifest, name + "-kmp-%1");
}

/// Source:  facts redhat.md sections 1.2 (tokens), 1.4 (override).
std::string redhat_files(const Manifest& manifest) {
  const std::string name = rpm_name(manifest.name.str());
  return fmt::format(
             "%defattr(0644,root,root,0755)\n"
             "%dir /lib/modules/%verrel%dotvariant/extra\n/lib/modules/%verrel%dotvariant/extra/{0}\n"
             "%config /etc/depmod.d/kmod-{0}%dashvariant.conf\n",
             name) +
         document_lines(manifest, "kmod-" + name + "%dashvariant");
}

/// A macro that writes a file while the spec is read, and names it. %global takes backslashes away, so echo writes the lines.
std::string written(const std::string& macro, const std::string& file, const std::string& text) {
  if (text.empty()) return {};
  std::string commands;
  for (const std::string_view line : split(trimmed(text), '\n')) commands += "echo " + recipe_word(line) + "\n";
  return fmt::format(
      "%global {0} %(mkdir -p \"%{{_sourcedir}}\"; {{\n{1}}} > \"%{{_sourcedir}}/{2}\"; echo \"%{{_sourcedir}}/{2}\")\n", macro,
      commands, file);
}

/// The macros pass over flavors that the build root lacks.
///
/// Source:  facts suse.md section 1.3.
std::string flavor_check(const std::vector<std::string>& flavors) {
  if (flavors.empty()) return {};
  return fmt::format(
      "for flavor in {}; do\n"
      "  case \" %{{?flavors_to_build}} \" in *\" $flavor \"*) ;; *) echo \"no kernel of flavor $flavor is here to build for\" "
      ">&2; exit 1 ;; esac\n"
      "done\n",
      joined(flavors, " "));
}

std::string list_of(const std::vector<std::string>& flavors) { return flavors.empty() ? "" : " " + joined(flavors, " "); }

std::vector<std::string> preamble(const Manifest& manifest, const MacroFlavors& flavors) {
  std::vector<std::string> tags{"BuildRequires:  gcc", "BuildRequires:  make", "BuildRequires:  tar"};
  if (!manifest.patches.empty()) tags.emplace_back("BuildRequires:  patch");
  // Where the distribution's macro is not known, as in OBS's resolver of a foreign distribution, what it stands for.
  tags.emplace_back("%if 0%{?kernel_module_package_buildreqs:1}\nBuildRequires:  %{kernel_module_package_buildreqs}\n%else");
  tags.emplace_back("%if 0%{?suse_version}\nBuildRequires:  kernel-syms kmod-compat");
  tags.emplace_back(
      "%else\nBuildRequires:  kernel-devel kernel-rpm-macros redhat-rpm-config elfutils-libelf-devel kmod\n%endif\n%endif");
  // Without it OBS ships unsigned modules and says nothing. Source: facts suse.md section 4.1.
  tags.emplace_back("%if 0%{?suse_version}\nBuildRequires:  pesign-obs-integration\n%endif");
  if (!flavors.suse.empty()) {
    std::string block = "%if 0%{?suse_version}";
    for (const std::string& flavor : flavors.suse) block += fmt::format("\nBuildRequires:  kernel-{}-devel", flavor);
    tags.push_back(block + "\n%endif");
  }
  return tags;
}

}  // namespace

MacroFlavors macro_flavors(const Manifest& manifest, std::span<const FlavorPattern> patterns,
                           std::span<const Catalogue> catalogues, Diagnostics& problems) {
  MacroFlavors flavors;
  for (const FlavorPattern& pattern : included(manifest, patterns)) {
    for (const Catalogue& catalogue : catalogues) {
      if (has_macro(catalogue) && glob_matches(pattern.distribution, catalogue.id)) collect(pattern, catalogue, flavors);
    }
  }
  if (!flavors.suse_wanted && !flavors.redhat_wanted) {
    problems.report(
        {.code = "spec-no-macro",
         .message = fmt::format("no kernel that {} is wanted for belongs to a distribution with %kernel_module_package",
                                manifest.name.str()),
         .where = SourceSpan{manifest.file, 0, 0},
         .hint = "name flavors of SUSE or Enterprise Linux with --flavor, or write a static spec"});
  }
  check_macro_conditions(manifest, flavors, problems);
  const auto unstripped = std::ranges::find(manifest.modules, Strip::no, &ModuleSpec::strip);
  if (unstripped != manifest.modules.end()) {
    problems.report(
        {.severity = Severity::warning,
         .code = "spec-strip-left-out",
         .message = fmt::format("the module {} is stripped by a macro spec: that is the distribution's business there",
                                unstripped->name.str()),
         .where = unstripped->where,
         .hint = "write a static spec, which keeps its debug information"});
  }
  if (!manifest.rpm.scripts.empty()) {
    problems.report(
        {.severity = Severity::warning,
         .code = "spec-scripts-left-out",
         .message = fmt::format("the rpm scripts of {} are not in its macro spec: %kernel_module_package writes those itself",
                                manifest.name.str()),
         .where = manifest.rpm.scripts.front().where,
         .hint = "write a static spec, which has them"});
  }
  return flavors;
}

SourcePackage render_macro_spec(const Manifest& manifest, const MacroFlavors& flavors, const fs::path& certificate,
                                std::int64_t epoch, const Templates& templates) {
  SourcePackage package{.head = spec_head(manifest, RpmStyle::kmp, epoch)};
  package.archive_of_directory = manifest.source.archive.empty();
  const std::string archive =
      package.archive_of_directory ? source_archive_name(manifest) : package.files.add(manifest.source.archive);
  const std::string directory = package.head.name + "-" + package.head.version;
  const std::string name = rpm_name(manifest.name.str());
  const MacroRecipe recipe = render_macro_recipe(manifest, flavors, directory, archive, package.files);
  TemplateValues values;
  std::map<std::string, std::string, std::less<>>& texts = values.texts;
  texts = {{"name", name},
           {"directory", recipe_quoted(directory)},
           {"preamble", written("kmpack_preamble", name + ".preamble", extra_tags(manifest))},
           {"preamble_option", extra_tags(manifest).empty() ? "" : " -p %{kmpack_preamble}"},
           {"suse_files", written("kmpack_files", name + ".files", suse_files(manifest))},
           {"redhat_files", written("kmpack_files", name + ".files", redhat_files(manifest))},
           {"suse_flavors", list_of(flavors.suse)},
           {"redhat_flavors", list_of(flavors.redhat)},
           {"suse_check", flavor_check(flavors.suse)},
           {"redhat_check", flavor_check(flavors.redhat)},
           {"initramfs", manifest.install.initramfs == Initramfs::yes ? " -b" : ""},
           {"certificate", certificate.empty() ? "" : " -c %{_sourcedir}/" + package.files.add(certificate)},
           {"prep", recipe.prep},
           {"build", recipe.build},
           {"install", recipe.install},
           {"packages", ""}};
  if (needs_common_package(manifest)) {
    const PackageModel common = common_package_model(manifest, {.family = PackageFamily::rpm}, Format::rpm, epoch);
    texts["install"] += install_commands(common, package.files, spec_places());
    texts["packages"] = render_spec_package(common, render_rpm_scripts(common, templates), templates);
  }
  package.head.tags = preamble(manifest, flavors);
  package.head.tags.insert(package.head.tags.begin(), "Source0:        " + archive);
  std::size_t number = 1;
  for (const SourceFile& file : package.files.all()) {
    if (file.name != archive) package.head.tags.push_back(fmt::format("Source{}:        {}", number++, file.name));
  }
  texts["head"] = render_spec_head(package.head, templates);
  package.spec = templates.render("rpm/macro.spec", values);
  return package;
}

}  // namespace kmpack
