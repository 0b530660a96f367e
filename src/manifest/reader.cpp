#include "manifest/reader.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "manifest/fields.hpp"
#include "manifest/kbuild.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"
#include "manifest/text_block.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// The first child of this name with its shape checked, or null. A second one was reported by its parent's check.
const XmlElement* checked_child(const XmlElement& element, const std::string& name, Reading& reading) {
  const XmlElement* child = element.child(name);
  if (child != nullptr) check_shape(*child, shape_of(name), reading);
  return child;
}

void read_attributes(const XmlElement& root, Manifest& manifest, Reading& reading) {
  const auto name = reading.attribute(root, "name");
  if (name && check_package_name(*name, reading)) manifest.name = PackageName(name->text);
  const auto version = reading.attribute(root, "version");
  if (version && check_version(*version, reading)) manifest.version = version->text;
  const auto release = reading.attribute(root, "release");
  if (release && check_release(*release, reading)) manifest.release = release->text;
  const auto license = reading.attribute(root, "license");
  if (license && check_license(*license, reading)) manifest.license = license->text;
}

void read_texts(const XmlElement& root, Manifest& manifest, Reading& reading) {
  const auto line = [&](const std::string& name) {
    const XmlElement* child = checked_child(root, name, reading);
    return child == nullptr ? std::nullopt : reading.line_in(*child);
  };
  if (const auto summary = line("summary")) manifest.summary = summary->text;
  if (const auto vendor = line("vendor")) manifest.vendor = vendor->text;
  const auto url = line("url");
  if (url && check_url(*url, reading)) manifest.url = url->text;
  if (const XmlElement* description = checked_child(root, "description", reading)) {
    manifest.description = as_paragraphs(description->text);
    if (manifest.description.empty()) {
      reading.error("value-empty", "<description> is empty", description->line, "write what the module does, or remove it");
    }
  }
}

void read_maintainer(const XmlElement& root, Manifest& manifest, Reading& reading) {
  const XmlElement* element = checked_child(root, "maintainer", reading);
  if (element == nullptr) return;
  if (const auto name = reading.attribute(*element, "name")) {
    manifest.maintainer.name = name->text;
    // The last would be a variable of dpkg's in a Debian source.
    if (name->text.find_first_of("<>,\"@") != std::string::npos || name->text.find("${") != std::string::npos) {
      reading.error("maintainer-invalid", fmt::format("{} is {}, which is not a plain name", name->what, shown(name->text)),
                    name->line, "write the name alone; the address goes into 'mail'");
    }
  }
  const auto mail = reading.attribute(*element, "mail");
  if (mail && check_mail(*mail, reading)) manifest.maintainer.mail = mail->text;
}

Manifest read_package(const XmlElement& root, Reading& reading) {
  check_shape(root, shape_of("package"), reading);
  Manifest manifest;
  manifest.file = fs::absolute(reading.file()).lexically_normal();
  read_attributes(root, manifest, reading);
  read_texts(root, manifest, reading);
  read_maintainer(root, manifest, reading);
  manifest.source = {
      .directory = reading.base(), .archive = {}, .sha256 = {}, .subdirectory = {}, .where = reading.at(root.line)};
  if (const auto* element = root.child("source")) manifest.source = read_source(*element, reading);
  if (const auto* element = root.child("patches")) manifest.patches = read_patches(*element, reading);
  if (const auto* element = root.child("make")) manifest.make = read_make(*element, reading);
  if (const auto* element = root.child("modules")) manifest.modules = read_modules(*element, reading);
  manifest.build_depends = read_build_depends(root, reading);
  if (const auto* element = root.child("kernels")) manifest.kernels = read_kernels(*element, reading);
  if (const auto* element = root.child("install")) manifest.install = read_install(*element, manifest.modules, reading);
  if (const auto* element = root.child("rpm")) {
    manifest.rpm = read_extras(*element, reading);
    manifest.rpm_policy = read_rpm_policy(*element, reading);
  }
  if (const auto* element = root.child("deb")) manifest.deb = read_extras(*element, reading);
  return manifest;
}

void need_file(const fs::path& file, std::string_view what, const SourceSpan& where, Diagnostics& problems) {
  std::error_code failed;
  if (file.empty() || fs::is_regular_file(file, failed)) return;
  problems.report({.code = "file-missing",
                   .message = fmt::format("the {} {} is not there", what, file.string()),
                   .where = where,
                   .notes = {},
                   .hint = "correct the path; it starts from the folder of this manifest"});
}

void check_disk(const Manifest& manifest, Diagnostics& problems) {
  std::error_code failed;
  const SourceSpec& source = manifest.source;
  const fs::path root = source.subdirectory.empty() ? source.directory : source.directory / source.subdirectory;
  if (manifest.source.archive.empty() && !fs::is_directory(root, failed)) {
    problems.report({.code = "source-missing",
                     .message = fmt::format("the source directory {} is not there", root.string()),
                     .where = manifest.source.where,
                     .notes = {},
                     .hint = "put the sources there, or correct the path; it starts from the folder of this manifest"});
  }
  need_file(manifest.source.archive, "source archive", manifest.source.where, problems);
  for (const PatchSpec& patch : manifest.patches) need_file(patch.file, "patch", patch.where, problems);
  for (const FirmwareFile& firmware : manifest.install.firmware)
    need_file(firmware.file, "firmware file", firmware.where, problems);
}

/// People correct a file from top to bottom. That there is more comes after all else.
void report_by_line(const Diagnostics& found, Diagnostics& problems) {
  std::multimap<std::uint32_t, Diagnostic> sorted;
  for (const Diagnostic& diagnostic : found.all()) {
    const bool last = diagnostic.code == "manifest-too-many-mistakes";
    const std::uint32_t line = diagnostic.where ? diagnostic.where->line : 0;
    sorted.emplace(last ? std::numeric_limits<std::uint32_t>::max() : line, diagnostic);
  }
  for (auto& [line, diagnostic] : sorted) problems.report(std::move(diagnostic));
}

std::optional<Manifest> manifest_in(const XmlElement& root, const fs::path& file, Diagnostics& problems) {
  Diagnostics found;
  Reading reading(file, found);
  if (root.name != "package") {
    reading.error("element-unknown", fmt::format("the root element is {}", shown(root.name)), root.line,
                  "a kmpack.xml starts with <package name=\"...\" version=\"...\" license=\"...\">");
    problems.append(std::move(found));
    return std::nullopt;
  }
  Manifest manifest = read_package(root, reading);
  const bool good = found.ok();
  report_by_line(found, problems);
  return good ? std::optional(std::move(manifest)) : std::nullopt;
}

}  // namespace

std::optional<Manifest> parse_manifest(std::string_view text, const fs::path& file, Diagnostics& problems) {
  const auto root = parse_xml(text, file, problems);
  return root ? manifest_in(*root, file, problems) : std::nullopt;
}

std::optional<Manifest> read_manifest(const fs::path& file, Diagnostics& problems) {
  const std::string name = file.filename();
  if (name == "Kbuild" || name == "Makefile") return manifest_from_kbuild(fs::absolute(file).parent_path(), problems);
  const auto root = read_xml(file, problems);
  auto manifest = root ? manifest_in(*root, file, problems) : std::nullopt;
  if (!manifest) return std::nullopt;
  const std::size_t before = problems.error_count();
  check_disk(*manifest, problems);
  if (problems.error_count() != before) return std::nullopt;
  return manifest;
}

}  // namespace kmpack
