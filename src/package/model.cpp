#include "package/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::string arch_of(const Kernel& kernel, Format format) {
  const Architecture* arch = find_architecture(kernel.flavor.arch);
  if (arch == nullptr) {
    throw Error({.code = "architecture-unknown",
                 .message = fmt::format("no package format of kmpack has a name for the architecture '{}'", kernel.flavor.arch),
                 .notes = {fmt::format("kernel {}", kernel.id())}});
  }
  return std::string(format == Format::deb ? arch->deb : arch->rpm);
}

Relation plain(std::string name) { return {.any_of = {std::move(name)}}; }
Relation exactly(std::string name, std::string version) {
  return {.any_of = {std::move(name)}, .compare = "=", .version = std::move(version)};
}
Relation at_least(std::string name, std::string version) {
  return {.any_of = {std::move(name)}, .compare = ">=", .version = std::move(version)};
}

void add_verbatim(std::vector<Relation>& relations, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) relations.push_back({.verbatim = one_line(text)});
}

/// Who it is; the same for all packages of a manifest.
PackageModel begin(const Manifest& manifest, Format format, PackageKind kind, std::int64_t epoch) {
  PackageModel model{.format = format, .kind = kind};
  const bool deb = format == Format::deb;
  // A Debian upstream version may hold '-' because a revision always follows.
  model.version = deb ? deb_version_part(manifest.version) : rpm_version_part(manifest.version);
  model.release = deb ? deb_version_part(manifest.release) : rpm_version_part(manifest.release);
  model.summary = one_line(manifest.summary);
  model.description = manifest.description.empty() ? model.summary : manifest.description;
  model.license = manifest.license;
  model.url = one_line(manifest.url);
  model.vendor = one_line(manifest.vendor);
  model.maintainer = manifest.maintainer;
  model.epoch = epoch;
  return model;
}

/// A rebuild for a newer upload of the same kernel release must sort higher; where the release itself names the upload, as in the
/// rpm world, that is already so.
void stamp_kernel(PackageModel& model, const Kernel& kernel) {
  if (kernel.package_version.empty() || kernel.rules.family != PackageFamily::deb) return;
  const std::string& version = kernel.package_version;
  // '+' sorts as '-' does before a revision: 6.1.20-1 before 6.1.20.1-1.
  model.release +=
      "+" + (model.format == Format::deb ? deb_version_part(replaced(version, "-", "+")) : rpm_version_part(version));
}

std::string modules_name(const Cell& cell, Format format) {
  const std::string& name = cell.manifest->name.str();
  const std::string& release = cell.kernel->release.str();
  return format == Format::deb ? deb_name(name + "-modules-" + release) : rpm_name("kmod-" + name + "-" + release);
}

std::string common_name(const Manifest& manifest, Format format) {
  const std::string& name = manifest.name.str();
  return format == Format::deb ? deb_name(name + "-modules-common") : rpm_name(name + "-kmod-common");
}

void relate_deb(PackageModel& model, const Cell& cell) {
  const std::string& name = cell.manifest->name.str();
  std::vector<std::string> images;
  for (const std::string& image : cell.kernel->rules.image_packages) {
    images.push_back(replaced(image, "{release}", cell.kernel->release.str()));
  }
  model.needs.push_back(plain("kmod"));
  if (!images.empty()) model.needs.push_back({.any_of = std::move(images)});
  model.provides.push_back(exactly(deb_name(name + "-modules"), model.full_version()));
  // Both would put the driver below updates/, and depmod then takes whichever it reads first.
  model.conflicts.push_back(plain(deb_name(name + "-dkms")));
  model.replaces.push_back(plain(deb_name(name + "-dkms")));
}

void relate_rpm(PackageModel& model, const Cell& cell) {
  const std::string& name = cell.manifest->name.str();
  const std::string& release = cell.kernel->release.str();
  model.needs.push_back(plain("kmod"));
  // A release with two dashes is no rpm version. What such a kernel provides, when it is an rpm at all, is the name that the
  // kernel's own `make rpm-pkg` gives it.
  model.needs.push_back(is_rpm_version(release) ? exactly("kernel-uname-r", release) : plain("kernel-" + release));
  model.provides.push_back(exactly(rpm_name("kmod-" + name), model.full_version()));
  model.provides.push_back(exactly(rpm_name(name + "-kmod"), model.full_version()));
  model.conflicts.push_back(plain(rpm_name("dkms-" + name)));
  model.conflicts.push_back(plain(rpm_name(name + "-dkms")));
}

void relate(PackageModel& model, const Cell& cell) {
  const Manifest& manifest = *cell.manifest;
  model.format == Format::deb ? relate_deb(model, cell) : relate_rpm(model, cell);
  if (needs_common_package(manifest)) {
    const PackageModel common = begin(manifest, model.format, PackageKind::common, model.epoch);
    model.needs.push_back(at_least(common_name(manifest, model.format), common.full_version()));
  }
  const FormatExtras& extras = model.format == Format::deb ? manifest.deb : manifest.rpm;
  add_verbatim(model.needs, extras.needs);
  add_verbatim(model.provides, extras.provides);
  add_verbatim(model.conflicts, extras.conflicts);
}

void place_modules(PackageModel& model, const Cell& cell, std::span<const SealedModule> modules) {
  const InstallRules& rules = cell.kernel->rules;
  const fs::path release_root = rules.modules_root / cell.kernel->release.str();
  const fs::path directory = release_root / replaced(rules.directory, "{name}", cell.manifest->name.str());
  for (const SealedModule& module : modules) {
    fs::path place = directory / module.file.filename();
    check_packed_path(place.native());
    model.files.push_back({.path = std::move(place), .kind = FileKind::module, .source = module.file});
  }
  model.scripts.release = cell.kernel->release.str();
  model.scripts.release_root = release_root;
  model.scripts.initramfs = cell.manifest->install.initramfs;
}

void take_fragments(ScriptPlan& plan, const FormatExtras& extras) {
  for (const ScriptFragment& fragment : extras.scripts) {
    std::string& text = plan.fragments[fragment.phase];
    if (!text.empty()) text += '\n';
    text += fragment.text;
    while (text.ends_with('\n')) text.pop_back();
  }
  std::erase_if(plan.fragments, [](const auto& entry) { return trimmed(entry.second).empty(); });
}

std::string with_kernel(const std::string& summary, const std::string& kernel) {
  // lintian wants a synopsis of less than 80 characters.
  const std::string whole = fmt::format("{} ({})", summary, kernel);
  return whole.size() < 80 ? whole : summary;
}

/// One more paragraph of the description, in lines of less than 76 characters.
void add_paragraph(PackageModel& model, std::string_view text) {
  model.description += "\n";
  std::size_t column = 76;
  for (const std::string& word : words(text)) {
    const bool fits = column + 1 + word.size() < 76;
    column = fits ? column + 1 + word.size() : word.size();
    model.description += (fits ? " " : "\n") + word;
  }
}

void sort_files(PackageModel& model) { std::ranges::sort(model.files, {}, &PackedFile::path); }

std::string modprobe_text(const Manifest& manifest) {
  const InstallSpec& install = manifest.install;
  std::string text;
  for (const Softdep& softdep : install.softdeps) {
    text += "softdep " + softdep.module.str();
    if (!softdep.pre.empty()) text += " pre: " + joined(softdep.pre, " ");
    if (!softdep.post.empty()) text += " post: " + joined(softdep.post, " ");
    text += '\n';
  }
  for (const ModuleOptions& options : install.options)
    text += fmt::format("options {} {}\n", options.module.str(), one_line(options.text));
  for (const ModuleName& module : install.blacklist) text += fmt::format("blacklist {}\n", module.str());
  return text;
}

std::string load_text(const Manifest& manifest) {
  std::string text;
  for (const ModuleName& module : manifest.install.load_at_boot) text += module.str() + "\n";
  return text;
}

void place_common(PackageModel& model, const Manifest& manifest, const InstallRules& rules) {
  const std::string file = manifest.name.str() + ".conf";
  if (const std::string text = modprobe_text(manifest); !text.empty()) {
    model.files.push_back({.path = fs::path("/etc/modprobe.d") / file, .kind = FileKind::config, .content = text});
  }
  if (const std::string text = load_text(manifest); !text.empty()) {
    model.files.push_back({.path = fs::path("/usr/lib/modules-load.d") / file, .kind = FileKind::data, .content = text});
  }
  // Beside the modules: /lib/firmware, or /usr/lib/firmware where /lib is a link into /usr.
  const fs::path firmware = rules.modules_root.parent_path() / "firmware";
  for (const FirmwareFile& entry : manifest.install.firmware) {
    model.files.push_back({.path = firmware / entry.name, .kind = FileKind::firmware, .source = entry.file});
  }
  for (const PackedFile& packed : model.files) check_packed_path(packed.path.native());
}

}  // namespace

PackageModel module_package_model(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                  const BuildRecord& build, Format format) {
  const Manifest& manifest = *cell.manifest;
  const std::string& release = cell.kernel->release.str();
  check_release(release);
  PackageModel model = begin(manifest, format, PackageKind::modules, headers.epoch);
  model.name = modules_name(cell, format);
  stamp_kernel(model, *cell.kernel);
  model.arch = arch_of(*cell.kernel, format);
  std::vector<std::string> names;
  for (const SealedModule& module : modules) names.push_back(module.facts.name.str());
  std::ranges::sort(names);
  add_paragraph(model, fmt::format("This package holds the kernel {} {} for Linux {}.", names.size() == 1 ? "module" : "modules",
                                   joined(names, ", "), release));
  model.summary = with_kernel(model.summary, "Linux " + release);
  relate(model, cell);
  place_modules(model, cell, modules);
  take_fragments(model.scripts, format == Format::deb ? manifest.deb : manifest.rpm);
  model.change = fmt::format("Built for Linux {}.", release);
  add_documents(model, manifest, build.source);
  sort_files(model);
  return model;
}

PackageModel flavor_meta_model(const Cell& cell, const HeaderTree& headers, Format format) {
  const Manifest& manifest = *cell.manifest;
  const InstallRules& rules = cell.kernel->rules;
  const std::string& release = cell.kernel->release.str();
  check_release(release);
  PackageModel model = begin(manifest, format, PackageKind::flavor_meta, headers.epoch);
  stamp_kernel(model, *cell.kernel);
  const std::string name = manifest.name.str();
  model.name = format == Format::deb ? deb_name(name + "-modules-" + rules.meta_suffix)
                                     : rpm_name("kmod-" + name + "-" + rules.meta_suffix);
  model.arch = arch_of(*cell.kernel, format);
  model.needs.push_back(exactly(modules_name(cell, format), model.full_version()));
  if (!rules.latest_modules.empty()) model.needs.push_back(plain(replaced(rules.latest_modules, "{release}", release)));
  add_paragraph(
      model, fmt::format("This metapackage depends on the modules for the newest kernel of its flavor, now Linux {}.", release));
  model.summary = with_kernel(model.summary, "newest " + rules.meta_suffix + " kernel");
  model.change = fmt::format("Follows Linux {}.", release);
  add_documents(model, manifest, {});
  sort_files(model);
  return model;
}

bool needs_common_package(const Manifest& manifest) noexcept {
  const InstallSpec& install = manifest.install;
  return !install.softdeps.empty() || !install.options.empty() || !install.blacklist.empty() || !install.load_at_boot.empty() ||
         !install.firmware.empty();
}

PackageModel common_package_model(const Manifest& manifest, const InstallRules& rules, Format format, std::int64_t epoch) {
  PackageModel model = begin(manifest, format, PackageKind::common, epoch);
  model.name = common_name(manifest, format);
  model.arch = format == Format::deb ? "all" : "noarch";
  add_paragraph(model, "This package holds the configuration and firmware that the modules of all kernels share.");
  model.summary = one_line(model.summary + " (common files)");
  if (model.summary.size() >= 80) model.summary = one_line(manifest.summary);
  place_common(model, manifest, rules);
  model.change = "Common files of all kernels.";
  add_documents(model, manifest, {});
  sort_files(model);
  return model;
}

PackageFile finished_package(const PackageModel& model, const fs::path& place) {
  return {.format = model.format,
          .kind = model.kind,
          .path = place,
          .sha256 = sha256_of_file(place),
          .name = model.name,
          .version = model.full_version(),
          .arch = model.arch};
}

}  // namespace kmpack
