#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "manifest/fields.hpp"
#include "manifest/sections.hpp"
#include "manifest/shape.hpp"

namespace kmpack {
namespace {

// kmpack sets these for every call of kbuild; another value would build something else than was planned.
constexpr auto kOwnVariables = std::to_array<std::string_view>({"M", "MO", "O", "V", "ARCH", "SRCARCH", "CC", "CROSS_COMPILE",
                                                                "KBUILD_EXTRA_SYMBOLS", "KBUILD_EXTMOD", "KBUILD_OUTPUT",
                                                                "KBUILD_MODPOST_WARN", "KERNELRELEASE", "MAKEFLAGS", "SHELL"});

bool is_variable_name(std::string_view text) noexcept {
  const bool digit_first = text.front() >= '0' && text.front() <= '9';
  return !digit_first &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void read_variable(const XmlElement& element, std::set<std::string>& seen, MakeSpec& make, Reading& reading) {
  check_shape(element, shape_of("variable"), reading);
  const auto name = reading.attribute(element, "name");
  const auto value = reading.attribute(element, "value");
  if (!name || !value) return;
  if (!is_variable_name(name->text)) {
    reading.error("make-variable-invalid", fmt::format("{} is not a name of a make variable", shown(name->text)), name->line,
                  "use letters, digits and '_'");
  } else if (std::ranges::find(kOwnVariables, name->text) != kOwnVariables.end()) {
    reading.error("make-variable-reserved", fmt::format("the make variable {} is set by kmpack", shown(name->text)), name->line,
                  "remove it");
  } else {
    if (!seen.insert(name->text).second) {
      reading.error("entry-duplicate", fmt::format("the make variable {} is given twice", shown(name->text)), name->line,
                    "keep one");
    }
    make.variables.push_back({.name = name->text, .value = value->text});
  }
}

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

int read_strip(const XmlElement& element, Reading& reading) {
  const auto field = reading.attribute(element, "strip");
  if (!field) return 1;
  int strip = 0;
  const auto [stop, error] = std::from_chars(field->text.data(), field->text.data() + field->text.size(), strip);
  constexpr int kMost = 32;
  if (error == std::errc{} && stop == field->text.data() + field->text.size() && strip >= 0 && strip <= kMost) return strip;
  reading.error("value-unknown", fmt::format("{} is {}, which is no number from 0 to {}", field->what, shown(field->text), kMost),
                field->line, "write what would follow 'patch -p'");
  return 1;
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
    patch.strip = read_strip(child, reading);
    patch.when.range = kernel_range(child, reading);
    const auto file = reading.attribute(child, "file");
    if (!file) continue;
    if (const auto path = relative_path(*file, Dot::refused, reading)) {
      patch.file = reading.base() / *path;
      patches.push_back(std::move(patch));
    }
  }
  return patches;
}

MakeSpec read_make(const XmlElement& element, Reading& reading) {
  check_shape(element, shape_of("make"), reading);
  MakeSpec make;
  if (const auto target = reading.attribute(element, "target")) {
    // A word that make would take for an option, a variable or two targets is refused.
    const bool plain = target->text.front() != '-' && target->text.find_first_of(" =$%:;#\\\"'") == std::string::npos;
    if (plain) make.target = target->text;
    if (!plain) {
      reading.error("make-target-invalid", fmt::format("{} is {}, which is not one target", target->what, shown(target->text)),
                    target->line, "write one word; variables go into <variable>");
    }
  }
  std::set<std::string> seen;
  for (const XmlElement& child : element.children) {
    if (child.name == "variable") read_variable(child, seen, make, reading);
  }
  return make;
}

}  // namespace kmpack
