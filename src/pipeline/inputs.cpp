#include "pipeline/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "build/build.hpp"
#include "manifest/writer.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

/// Raised whenever the same inputs would give other bytes than before.
constexpr int kPackageFormat = 4;

/// Length first, so that no two lists of fields read the same.
void add_field(Sha256& digest, std::string_view name, std::string_view value) {
  digest.add(fmt::format("{} {}\n", name, value.size()));
  digest.add(value);
}

/// What one package takes from another: symbols to build with, and by what name to ask for it. Not its version, which may rise
/// while its symbols stay.
void add_dependency(Sha256& digest, const BuiltDependency& dependency, const std::filesystem::path& workspace) {
  const Manifest& manifest = *dependency.cell.manifest;
  add_field(digest, "dependency", manifest.name.str());
  add_field(digest, "symvers", sha256_of_file(dependency.symvers));
  for (const ModuleFacts& module : dependency.modules) {
    for (const ExportedSymbol& symbol : module.exported) {
      add_field(digest, "symbol", fmt::format("{} {:x}", symbol.name, symbol.crc.value_or(0)));
    }
  }
  // Who needs a package may include any file of it.
  add_field(digest, "sources", shown_digest(manifest.source, workspace));
  if (manifest.dkms) add_field(digest, "dkms", manifest.dkms->name + " " + manifest.dkms->version);
  const RpmPolicy& policy = manifest.rpm_policy;
  add_field(digest, "policy",
            fmt::format("{} {}", policy.pin ? static_cast<int>(*policy.pin) : -1, static_cast<int>(policy.multiversion)));
  add_field(digest, "followed", dependency.cell.newest_of_series ? "yes" : "no");
}

std::string packing_digest(const InstallRules& rules, const KernelConfig& config) {
  Sha256 digest;
  add_field(digest, "rules",
            rules.modules_root.string() + "\n" + rules.directory + "\n" + rules.latest_modules + "\n" + rules.meta_suffix);
  for (const std::string& image : rules.image_packages) add_field(digest, "image", image);
  add_field(digest, "compression", std::to_string(static_cast<int>(packed_compression(rules, config))));
  const RpmRules& rpm = rules.rpm;
  add_field(digest, "rpm",
            fmt::format("{} {} {}\n{}\n{}\n{}\n{}", static_cast<int>(rpm.style), static_cast<int>(rpm.pin),
                        static_cast<int>(rpm.supplements), rpm.kernel, rpm.devel, rpm.variant, rpm.suffix));
  const DebRules& deb = rules.deb;
  add_field(digest, "deb", fmt::format("{}\n{}\n{}", deb.modules, deb.meta, deb.trigger));
  return digest.finish();
}

/// Is there a package with it that follows the newest kernel? Where there never is one, a newer kernel changes nothing.
bool is_followed(const Cell& cell, std::span<const Format> formats) {
  const InstallRules& rules = cell.kernel->rules;
  const auto follows = [&rules](Format format) {
    return format == Format::deb ? !rules.meta_suffix.empty() : rules.rpm.style == RpmStyle::fedora;
  };
  if (!cell.newest_of_series) return false;
  if (formats.empty()) return follows(rules.family == PackageFamily::deb ? Format::deb : Format::rpm);
  return std::ranges::any_of(formats, follows);
}

std::string_view change_of(InputPart part) {
  switch (part) {
    case InputPart::sources:
      return "source changed";
    case InputPart::manifest:
      return "manifest changed";
    case InputPart::headers:
      return "the kernel's headers changed";
    case InputPart::compiler:
      return "compiler changed";
    case InputPart::machine:
      return "this machine's distribution changed";
    case InputPart::dependencies:
      return "a package it needs changed";
    case InputPart::certificate:
      return "signing certificate changed";
    case InputPart::package_key:
      return "key that signs packages changed";
    case InputPart::formats:
      return "package formats changed";
    case InputPart::packing:
      return "the catalogue's rules for packages changed";
    case InputPart::followed:
      return "another kernel is the newest of its series";
    case InputPart::package_format:
      return "built by another kmpack";
  }
  return "";
}

}  // namespace

ManifestDigests manifest_inputs(const Manifest& manifest, const std::filesystem::path& workspace) {
  SourceDigests source = source_digests(manifest, workspace);
  Sha256 digest;
  add_field(digest, "manifest", read_file(manifest.file));
  // Of a dkms.conf it is what came of evaluating it that counts: headers and override files have a say in that, too. As a
  // manifest's text it has no path of this machine in it.
  if (manifest.dkms) add_field(digest, "evaluated", render_manifest(manifest));
  add_field(digest, "call", source.call);
  for (const FirmwareFile& firmware : manifest.install.firmware) {
    add_field(digest, "firmware " + firmware.name.string(), sha256_of_file(firmware.file));
  }
  return {.sources = std::move(source.sources),
          .call = std::move(source.call),
          .manifest = digest.finish(),
          .machine = machine_digest(),
          .tree = manifest.source.archive.empty() ? shown_digest(manifest.source, workspace) : std::string()};
}

std::string machine_digest(const std::filesystem::path& root) {
  Sha256 digest;
  for (const char* name : {"os-release", "lsb-release", "redhat-release", "centos-release", "SuSE-release", "debian_version"}) {
    std::error_code absent;
    const std::filesystem::path file = root / "etc" / name;
    if (std::filesystem::is_regular_file(file, absent)) add_field(digest, name, read_file(file));
  }
  return digest.finish();
}

InputParts cell_parts(const Cell& cell, const HeaderTree& headers, const CellDigests& digests) {
  Sha256 kernel;
  add_field(kernel, "kernel", cell.kernel->id() + " " + cell.kernel->package_version);
  add_field(kernel, "headers", headers.digest);
  add_field(kernel, "epoch", std::to_string(headers.epoch));
  Sha256 dependencies;
  for (const BuiltDependency& dependency : digests.dependencies) add_dependency(dependencies, dependency, digests.workspace);
  std::string formats;
  for (const Format format : digests.formats) formats += format == Format::rpm ? "rpm " : "deb ";
  return {{InputPart::sources, digests.manifest.sources},
          {InputPart::manifest, digests.manifest.manifest},
          {InputPart::headers, kernel.finish()},
          {InputPart::compiler, digests.compiler},
          {InputPart::machine, digests.manifest.machine},
          {InputPart::dependencies, dependencies.finish()},
          {InputPart::certificate, digests.certificate},
          {InputPart::package_key, digests.package_key},
          {InputPart::formats, formats},
          {InputPart::packing, packing_digest(cell.kernel->rules, headers.config)},
          {InputPart::followed, is_followed(cell, digests.formats) ? "yes" : "no"},
          {InputPart::package_format, std::to_string(kPackageFormat)}};
}

std::string digest_of(const InputParts& parts) {
  Sha256 digest;
  for (const auto& [part, value] : parts) add_field(digest, std::to_string(static_cast<int>(part)), value);
  return digest.finish();
}

std::string cell_inputs(const Cell& cell, const HeaderTree& headers, const CellDigests& digests) {
  return digest_of(cell_parts(cell, headers, digests));
}

std::string changes_between(const InputParts& before, const InputParts& now) {
  const auto differs = [&before](InputPart part, const std::string& value) {
    const auto known = before.find(part);
    return known == before.end() || known->second != value;
  };
  std::vector<std::string> changes;
  for (const auto& [part, value] : now) {
    // Other formats have other packages that follow the newest kernel, or none: that is no news of kernels.
    if (part == InputPart::followed && differs(InputPart::formats, now.at(InputPart::formats))) continue;
    if (differs(part, value)) changes.emplace_back(change_of(part));
  }
  return joined(changes, ", ");
}

}  // namespace kmpack
