#include "package/model_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "package/deb_names.hpp"
#include "package/naming.hpp"
#include "sys/files.hpp"
#include "wrap/crypto.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What is asked for already is not said twice: dpkg-gencontrol would not either.
void add_verbatim(std::vector<Relation>& relations, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::string line = one_line(text);
    const bool is_known = std::ranges::any_of(relations, [&](const Relation& known) {
      return known.verbatim == line || (known.compare.empty() && known.any_of.size() == 1 && known.any_of.front() == line);
    });
    if (!is_known) relations.push_back({.verbatim = line});
  }
}

/// A kernel package's version as a part of ours, so that the two sort alike.
std::string deb_stamp(std::string_view version) {
  std::string stamp;
  if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
    // Raspberry Pi's kernels have one (1:6.6.31-1+rpt1). A letter after the '+' sorts above every version without.
    std::string_view epoch = version.substr(0, colon);
    while (epoch.starts_with('0')) epoch.remove_prefix(1);
    if (!epoch.empty()) stamp = fmt::format("e{}.", deb_version_part(epoch));
    version.remove_prefix(colon + 1);
  }
  // '+' sorts as '-' does before a revision: 6.1.20-1 before 6.1.20.1-1.
  return stamp + deb_version_part(replaced(std::string(version), "-", "+"));
}

}  // namespace

std::string package_arch(const Kernel& kernel, Format format) {
  const Architecture* arch = find_architecture(kernel.flavor.arch);
  if (arch == nullptr) {
    throw Error({.code = "architecture-unknown",
                 .message = fmt::format("no package format of kmpack has a name for the architecture '{}'", kernel.flavor.arch),
                 .notes = {fmt::format("kernel {}", kernel.id())}});
  }
  return std::string(format == Format::deb ? arch->deb : arch->rpm);
}

Relation plain_relation(std::string name) { return {.any_of = {std::move(name)}}; }
Relation exact_relation(std::string name, std::string version) {
  return {.any_of = {std::move(name)}, .compare = "=", .version = std::move(version)};
}
Relation least_relation(std::string name, std::string version) {
  return {.any_of = {std::move(name)}, .compare = ">=", .version = std::move(version)};
}
Relation verbatim_relation(std::string text) { return {.verbatim = std::move(text)}; }

PackageModel begin_model(const Manifest& manifest, Format format, PackageKind kind, std::int64_t epoch) {
  PackageModel model{.format = format, .kind = kind};
  const bool deb = format == Format::deb;
  // A Debian upstream version may hold '-' because a revision always follows.
  model.version = deb ? deb_version_part(manifest.version) : rpm_version_part(manifest.version);
  model.release = deb ? deb_version_part(manifest.release) : rpm_version_part(manifest.release);
  if (deb) {
    model.source = deb_source_name(manifest);
    model.source_version = model.full_version();
  }
  model.summary = one_line(manifest.summary);
  model.description = manifest.description.empty() ? model.summary : wrapped(manifest.description);
  model.license = manifest.license;
  model.url = one_line(manifest.url);
  model.vendor = one_line(manifest.vendor);
  model.maintainer = manifest.maintainer;
  model.epoch = epoch;
  return model;
}

void stamp_kernel(PackageModel& model, const Kernel& kernel) {
  if (kernel.package_version.empty() || kernel.rules.family != PackageFamily::deb) return;
  const std::string& version = kernel.package_version;
  model.release += "+" + (model.format == Format::deb ? deb_stamp(version) : rpm_version_part(version));
}

std::string common_package_name(const Manifest& manifest, Format format) {
  const std::string& name = manifest.name.str();
  return format == Format::deb ? deb_name(name + "-modules-common") : rpm_name(name + "-kmod-common");
}

void need_common_package(PackageModel& model, const Manifest& manifest) {
  if (!needs_common_package(manifest)) return;
  const PackageModel common = begin_model(manifest, model.format, PackageKind::common, model.epoch);
  model.needs.push_back(least_relation(common_package_name(manifest, model.format), common.full_version()));
}

void add_extras(PackageModel& model, const FormatExtras& extras) {
  add_verbatim(model.needs, extras.needs);
  add_verbatim(model.provides, extras.provides);
  // Any version takes in our own conflict with some: dpkg-gencontrol leaves the narrower one out.
  for (const std::string& text : extras.conflicts) {
    std::erase_if(model.conflicts, [&](const Relation& known) {
      return !known.compare.empty() && known.any_of.size() == 1 && known.any_of.front() == one_line(text);
    });
  }
  add_verbatim(model.conflicts, extras.conflicts);
}

std::string wrapped(std::string_view text) {
  constexpr std::size_t kWidth = 79;
  std::string out;
  for (std::string_view line : split(text, '\n')) {
    // What is indented was laid out by whoever wrote it.
    while (line.size() > kWidth && !line.starts_with(' ')) {
      const std::size_t blank = line.find_last_of(' ', kWidth);
      if (blank == std::string_view::npos || blank == 0) break;
      out += line.substr(0, blank);
      out += '\n';
      line.remove_prefix(blank + 1);
    }
    out += line;
    out += '\n';
  }
  out.pop_back();
  return out;
}

void add_paragraph(PackageModel& model, std::string_view text) {
  model.description += "\n";
  std::size_t column = 76;
  for (const std::string& word : words(text)) {
    const bool fits = column + 1 + word.size() < 76;
    column = fits ? column + 1 + word.size() : word.size();
    model.description += (fits ? " " : "\n") + word;
  }
}

std::string summary_with(const std::string& summary, const std::string& kernel) {
  // lintian wants a synopsis of less than 80 characters.
  const std::string whole = fmt::format("{} ({})", summary, kernel);
  return whole.size() < 80 ? whole : summary;
}

void sort_files(PackageModel& model) { std::ranges::sort(model.files, {}, &PackedFile::path); }

std::string certificate_in_der(const fs::path& file) {
  if (const std::optional<X509Certificate> certificate = X509Certificate::parse(read_file(file))) return certificate->der();
  throw Error(
      {.code = "certificate-unreadable", .message = fmt::format("{} is no X.509 certificate in PEM or DER", file.string())});
}

fs::path module_directory(const Cell& cell) {
  const InstallRules& rules = cell.kernel->rules;
  return rules.modules_root / cell.kernel->release.str() / replaced(rules.directory, "{name}", cell.manifest->name.str());
}

}  // namespace kmpack
