#include "package/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "package/deb_names.hpp"
#include "package/dependencies.hpp"
#include "package/documents.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_style.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void relate_deb(PackageModel& model, const Cell& cell) {
  const std::string& name = cell.manifest->name.str();
  std::vector<std::string> images;
  for (const std::string& image : cell.kernel->rules.image_packages) {
    images.push_back(replaced(image, "{release}", cell.kernel->release.str()));
  }
  model.needs.push_back(plain_relation("kmod"));
  if (!images.empty()) model.needs.push_back({.any_of = std::move(images)});
  model.provides.push_back(exact_relation(deb_virtual_name(*cell.manifest), model.full_version()));
  // Both would put the driver below updates/, and depmod then takes whichever it reads first.
  // Ubuntu's kernels say that they provide such packages, without a version: a relation with one, which every version of the real
  // package fits, does not mean them (Debian Policy 7.5).
  for (auto* relations : {&model.conflicts, &model.replaces}) {
    relations->push_back(least_relation(deb_name(name + "-dkms"), "0~~"));
  }
}

void place_modules(PackageModel& model, const Cell& cell, std::span<const SealedModule> modules) {
  const fs::path directory = module_directory(cell);
  for (const SealedModule& module : modules) {
    fs::path place = directory / module.file.filename();
    check_packed_path(place.native());
    model.files.push_back({.path = std::move(place), .kind = FileKind::module, .source = module.file});
  }
  model.scripts.release = cell.kernel->release.str();
  model.scripts.release_root = cell.kernel->rules.modules_root / cell.kernel->release.str();
  model.scripts.initramfs = cell.manifest->install.initramfs;
  model.scripts.trigger = replaced(cell.kernel->rules.deb.trigger, "{release}", cell.kernel->release.str());
}

/// A module that is no part of the kernel comes into an initramfs only where somebody asks for it by name.
///
/// Source:  initramfs-tools(7), mkinitramfs (modules.d); dracut.conf(5), add_drivers. Both pass over what a kernel does not have.
void ask_for_initramfs(PackageModel& model, const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines += name + "\n";
  model.files.push_back({.path = fs::path("/usr/share/initramfs-tools/modules.d") / model.name, .content = std::move(lines)});
  model.files.push_back({.path = fs::path("/usr/lib/dracut/dracut.conf.d") / (model.name + ".conf"),
                         .content = fmt::format("add_drivers+=\" {} \"\n", joined(names, " "))});
}

/// Modules that were built for another kernel are packed only after it was seen that this one loads them; who installs the
/// package and who verifies it is told so.
void tell_built_for(PackageModel& model, const std::string& release, std::span<const SealedModule> modules) {
  for (const SealedModule& module : modules) {
    if (module.facts.release().str() != release) model.built_for = module.facts.release();
  }
  if (model.built_for.empty()) return;
  add_paragraph(model,
                fmt::format("{} built for Linux {}. Linux {} loads {}, since all symbols that {} have the same checksums there.",
                            modules.size() == 1 ? "The module was" : "The modules were", model.built_for.str(), release,
                            modules.size() == 1 ? "it" : "them", modules.size() == 1 ? "it needs" : "they need"));
  if (model.format == Format::rpm)
    model.provides.push_back(plain_relation(fmt::format("kmpack-built-for({})", model.built_for.str())));
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
  // Beside the modules: /lib/firmware, or /usr/lib/firmware where /lib is a link into /usr. That it is in every Debian and Ubuntu
  // we know, and packages for several of them have to be the same bytes: they share one pool.
  const fs::path firmware = model.format == Format::deb ? "/usr/lib/firmware" : rules.modules_root.parent_path() / "firmware";
  for (const FirmwareFile& entry : manifest.install.firmware) {
    model.files.push_back({.path = firmware / entry.name, .kind = FileKind::firmware, .source = entry.file});
  }
  for (const PackedFile& packed : model.files) check_packed_path(packed.path.native());
}

std::vector<std::string> loader_names(std::span<const SealedModule> modules) {
  std::vector<std::string> names;
  for (const SealedModule& module : modules) names.push_back(module.loader_name());
  std::ranges::sort(names);
  return names;
}

}  // namespace

PackageModel module_package_model(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                  const BuildRecord& build, Format format) {
  const Manifest& manifest = *cell.manifest;
  const std::string& release = cell.kernel->release.str();
  check_release(release);
  PackageModel model = begin_model(manifest, format, PackageKind::modules, headers.epoch);
  model.arch = package_arch(*cell.kernel, format);
  std::vector<std::string> names;
  for (const SealedModule& module : modules) names.push_back(module.facts.name.str());
  std::ranges::sort(names);
  add_paragraph(model, fmt::format("This package holds the kernel {} {} for Linux {}.", names.size() == 1 ? "module" : "modules",
                                   joined(names, ", "), release));
  model.summary = summary_with(model.summary, "Linux " + release);
  place_modules(model, cell, modules);
  if (format == Format::rpm) {
    apply_style(model, {.cell = cell, .headers = headers, .modules = modules});
  } else {
    model.name = deb_modules_name(cell);
    stamp_kernel(model, *cell.kernel);
    relate_deb(model, cell);
    provide_abi(model, modules);
    if (model.scripts.initramfs == Initramfs::yes) ask_for_initramfs(model, loader_names(modules));
  }
  tell_built_for(model, release, modules);
  need_common_package(model, manifest);
  add_extras(model, format == Format::deb ? manifest.deb : manifest.rpm);
  take_fragments(model.scripts, format == Format::deb ? manifest.deb : manifest.rpm);
  model.change = fmt::format("Built for Linux {}.", release);
  add_documents(model, manifest, build.source);
  sort_files(model);
  return model;
}

PackageModel flavor_meta_model(const Cell& cell, const HeaderTree& headers) {
  constexpr Format format = Format::deb;
  const Manifest& manifest = *cell.manifest;
  const InstallRules& rules = cell.kernel->rules;
  const std::string& release = cell.kernel->release.str();
  check_release(release);
  PackageModel model = begin_model(manifest, format, PackageKind::flavor_meta, headers.epoch);
  stamp_kernel(model, *cell.kernel);
  model.name = deb_meta_name(cell);
  model.arch = package_arch(*cell.kernel, format);
  model.needs.push_back(exact_relation(deb_modules_name(cell), model.full_version()));
  if (!rules.latest_modules.empty()) {
    model.needs.push_back(plain_relation(replaced(rules.latest_modules, "{release}", release)));
    // Of two packages that cannot both stay, `apt full-upgrade` gives up the one with the lower score. An optional package scores
    // what an optional linux-image-<flavor> does, and goes; the kernel would come without its driver.
    // Source: apt 2.6 apt-pkg/algorithms.cc, pkgProblemResolver::MakeScores; tests/integration/clients/with-apt.
    model.priority = "standard";
  }
  add_paragraph(
      model, fmt::format("This metapackage depends on the modules for the newest kernel of its flavor, now Linux {}.", release));
  model.summary = summary_with(model.summary, "newest " + rules.meta_suffix + " kernel");
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
  PackageModel model = begin_model(manifest, format, PackageKind::common, epoch);
  model.name = common_package_name(manifest, format);
  model.arch = format == Format::deb ? "all" : "noarch";
  add_paragraph(model, "This package holds the configuration and firmware that the modules of all kernels share.");
  model.summary = one_line(model.summary + " (common files)");
  if (model.summary.size() >= 80) model.summary = one_line(manifest.summary);
  place_common(model, manifest, rules);
  // As SUSE's generator finds it in packages of firmware (facts suse.md section 2).
  if (format == Format::rpm && rules.rpm.style == RpmStyle::kmp) {
    for (const FirmwareFile& entry : manifest.install.firmware) {
      model.provides.push_back(verbatim_relation(fmt::format("firmware({})", one_line(entry.name.native()))));
    }
  }
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
