#include <fmt/format.h>

#include <charconv>

#include "manifest/fields.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"

namespace kmpack {
namespace {

void read_directory(const XmlElement& element, SourceSpec& source, Reading& reading) {
  if (const auto digest = reading.attribute(element, "sha256")) {
    reading.error("source-ambiguous", "sha256 belongs to an archive, and <source> names none", digest->line,
                  "name the archive, or remove sha256");
  }
  source.directory = reading.base();
  const auto field = reading.attribute(element, "directory");
  const auto path = field ? relative_path(*field, Dot::allowed, reading) : std::nullopt;
  if (path && *path != ".") source.directory /= *path;
}

void read_archive(const XmlElement& element, SourceSpec& source, Reading& reading) {
  if (const auto directory = reading.attribute(element, "directory")) {
    reading.error("source-ambiguous", "<source> names a directory and an archive", directory->line,
                  "keep one; a directory inside of the archive is 'subdirectory'");
  }
  if (const auto field = reading.attribute(element, "archive")) {
    if (const auto path = relative_path(*field, Dot::refused, reading)) source.archive = reading.base() / *path;
  }
  if (element.attribute("sha256") == nullptr) {
    reading.error("attribute-missing", "<source> needs the attribute 'sha256' for its archive", element.line,
                  "add what sha256sum prints for it");
  }
  const auto digest = reading.attribute(element, "sha256");
  if (digest && check_sha256(*digest, reading)) source.sha256 = digest->text;
}

struct PatchNumber {
  const char* name;
  int otherwise;  ///< what it is without the attribute
  int most;
  const char* hint;
};
constexpr PatchNumber kStrip{"strip", 1, 32, "write what would follow 'patch -p'"};
constexpr PatchNumber kFuzz{"fuzz", 0, 2, "write how many lines round a change may be others"};

int read_number(const XmlElement& element, const PatchNumber& wanted, Reading& reading) {
  const auto field = reading.attribute(element, wanted.name);
  if (!field) return wanted.otherwise;
  int number = 0;
  const char* const end = field->text.data() + field->text.size();
  const auto [stop, error] = std::from_chars(field->text.data(), end, number);
  if (error == std::errc{} && stop == end && number >= 0 && number <= wanted.most) return number;
  reading.error("value-unknown",
                fmt::format("{} is {}, which is no number from 0 to {}", field->what, shown(field->text), wanted.most),
                field->line, wanted.hint);
  return wanted.otherwise;
}

}  // namespace

SourceSpec read_source(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("source"), reading);
  SourceSpec source;
  source.where = reading.at(element.line);
  if (element.attribute("archive") != nullptr) {
    read_archive(element, source, reading);
  } else {
    read_directory(element, source, reading);
  }
  if (const auto field = reading.attribute(element, "subdirectory")) {
    source.subdirectory = relative_path(*field, Dot::refused, reading).value_or("");
  }
  return source;
}

std::vector<PatchSpec> read_patches(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("patches"), reading);
  std::vector<PatchSpec> patches;
  for (const XmlElement& child : element.children) {
    if (child.name != "patch") continue;
    check_shape(child, shape_of("patch"), reading);
    PatchSpec patch;
    patch.where = reading.at(child.line);
    patch.strip = read_number(child, kStrip, reading);
    patch.fuzz = static_cast<unsigned>(read_number(child, kFuzz, reading));
    patch.when = read_condition(child, reading);
    const auto file = reading.attribute(child, "file");
    if (!file) continue;
    if (const auto path = relative_path(*file, Dot::refused, reading)) {
      patch.file = reading.base() / *path;
      patches.push_back(std::move(patch));
    }
  }
  return patches;
}

}  // namespace kmpack
