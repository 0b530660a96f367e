#include "manifest/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/deb_relation.hpp"
#include "base/text.hpp"
#include "manifest/kernel_range.hpp"
#include "manifest/spdx.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

// The longest name made of it, `<name>-modules-<release>_<version>_<arch>.deb`, must fit in a file name of 255 bytes.
constexpr std::size_t kLongestName = 100;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) noexcept { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

bool only(std::string_view text, std::string_view extra) noexcept {
  return std::ranges::all_of(text,
                             [&](char c) { return is_digit(c) || is_letter(c) || extra.find(c) != std::string_view::npos; });
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool fails(std::string_view code, const Field& field, std::string_view expected, std::optional<std::string> hint,
           Reading& reading) {
  reading.error(code, fmt::format("{} is {}, {}", field.what, shown(field.text), expected), field.line, std::move(hint));
  return false;
}

/// In the source's paragraph of a debian/control dpkg-gencontrol would put something in its place; the .dsc has the text as it
/// is, so there it cannot be escaped.
bool has_variable(std::string_view text) noexcept { return text.find("${") != std::string_view::npos; }

bool is_package_name(std::string_view text) noexcept {
  return text.size() >= 2 && text.size() <= kLongestName && (is_lower(text.front()) || is_digit(text.front())) &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

bool check_package_name(const Field& field, Reading& reading) {
  if (is_package_name(field.text)) return true;
  const std::string proposal = replaced(lower(field.text), "_", "-");
  std::string hint = fmt::format("use 2 to {} of a-z 0-9 + - . with a letter or digit first", kLongestName);
  if (is_package_name(proposal))
    hint = fmt::format("use '{}': dpkg and rpm share lower-case letters, digits, '+', '-', '.' only", proposal);
  return fails("package-name-invalid", field, "which cannot be a package name", hint, reading);
}

bool check_version(const Field& field, Reading& reading) {
  if (is_digit(field.text.front()) && only(field.text, ".+~") && field.text.size() <= kLongestName) return true;
  const bool dash = field.text.find('-') != std::string::npos;
  return fails(
      "version-invalid", field, "which cannot be a version in both formats",
      dash ? "'-' divides version and release; use '.', '+' or '~'" : "start with a digit; then letters, digits, '.', '+', '~'",
      reading);
}

bool check_release(const Field& field, Reading& reading) {
  if (only(field.text.substr(0, 1), "") && only(field.text, ".+~") && field.text.size() <= kLongestName) return true;
  return fails("version-invalid", field, "which cannot be a release in both formats",
               "use letters, digits, '.', '+', '~', as 1 or 0.1", reading);
}

bool check_module_name(const Field& field, Reading& reading) {
  // The kernel keeps 64 bytes less a pointer for the name: linux include/linux/module.h MODULE_NAME_LEN.
  constexpr std::size_t kModuleNameLength = 55;
  if (only(field.text, "_-") && field.text.size() <= kModuleNameLength) return true;
  std::string hint = fmt::format("use letters, digits, '_' and '-', at most {}", kModuleNameLength);
  for (const std::string_view suffix : {".ko", ".o", ".c"}) {
    if (field.text.ends_with(suffix)) hint = fmt::format("leave out the '{}'", suffix);
  }
  return fails("module-name-invalid", field, "which cannot be a module name", hint, reading);
}

std::string kernel_spelling(std::string_view module) { return replaced(std::string(module), "-", "_"); }

bool check_license(const Field& field, Reading& reading) {
  const auto fault = find_license_fault(field.text);
  if (!fault) return true;
  reading.error("license-invalid", fmt::format("{} is no SPDX expression: {}", field.what, fault->message), field.line,
                fault->hint);
  return false;
}

bool check_url(const Field& field, Reading& reading) {
  const bool web = field.text.starts_with("https://") || field.text.starts_with("http://");
  const std::size_t host = field.text.find("://") + 3;
  const bool plain = field.text.find_first_of(" <>\"") == std::string::npos && !has_variable(field.text);
  if (web && field.text.size() > host && plain) return true;
  return fails("url-invalid", field, "which is not a web address",
               has_variable(field.text) ? "leave out the '$' before the brace" : "start with https://", reading);
}

bool check_mail(const Field& field, Reading& reading) {
  const std::size_t at = field.text.find('@');
  const bool one = at != std::string::npos && at == field.text.rfind('@') && at > 0 && at + 1 < field.text.size();
  if (one && field.text.find_first_of(" <>,;\"") == std::string::npos && !has_variable(field.text)) return true;
  return fails("mail-invalid", field, "which is not a mail address", "write it as name@host, without '<' and '>'", reading);
}

bool check_sha256(const Field& field, Reading& reading) {
  constexpr std::size_t kDigits = 64;
  const bool hex = std::ranges::all_of(field.text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  if (field.text.size() == kDigits && hex) return true;
  return fails("digest-invalid", field, "which is not a SHA-256", "write the 64 lower-case digits that sha256sum prints",
               reading);
}

std::optional<std::filesystem::path> relative_path(const Field& field, Dot dot, Reading& reading) {
  std::string_view text = field.text;
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  if (text == "." && dot == Dot::allowed) return std::filesystem::path(".");
  if (is_safe_relative(text)) return std::filesystem::path(text);
  fails("path-unsafe", field, "which is not a plain relative path",
        "write a path below this folder, without '..', '.', '//' or a leading '/'", reading);
  return std::nullopt;
}

std::optional<std::size_t> choice(const Field& field, const std::vector<std::string>& known, Reading& reading) {
  const auto found = std::ranges::find(known, field.text);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  fails("value-unknown", field, "which is none of its values", suggestion(field.text, known), reading);
  return std::nullopt;
}

bool is_kernel_option(std::string_view text) noexcept {
  constexpr std::string_view kPrefix = "CONFIG_";
  if (!text.starts_with(kPrefix) || text.size() == kPrefix.size()) return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

KernelRange kernel_range(const XmlElement& element, Reading& reading) {
  KernelRange range;
  std::uint32_t line = element.line;
  for (auto [name, end] : {std::pair{"min", &range.min}, std::pair{"max", &range.max}}) {
    const auto field = reading.attribute(element, name);
    if (!field) continue;
    line = field->line;
    if (is_kernel_version(field->text)) {
      *end = field->text;
    } else {
      fails("kernel-range-invalid", *field, "which is not a kernel version", "write numbers with dots, as 6.1 or 6.12.3",
            reading);
    }
  }
  // Empty exactly when the least kernel of the range, min itself, is already beyond max.
  if (range.min && range.max && !in_range({.min = {}, .max = range.max}, *range.min)) {
    reading.error("kernel-range-invalid", fmt::format("min {} is above max {} in <{}>", *range.min, *range.max, element.name),
                  line, "exchange them");
  }
  return range;
}

bool check_deb_relation(const Field& field, Reading& reading) {
  const std::string& text = field.text;
  if (text.find(',') != std::string::npos)
    return fails("relation-invalid", field, "which is more than one relation", "write one element for each", reading);
  const bool bare_operator = text.find_first_of("<>=") != std::string::npos && text.find('(') == std::string::npos;
  if (bare_operator)
    return fails("relation-invalid", field, "which is no relation of dpkg", "write the version in parentheses, as 'kmod (>= 30)'",
                 reading);
  return is_deb_relation(text) ||
         fails("relation-invalid", field, "which is no relation of dpkg", "write it as 'kmod (>= 30)' or 'a | b'", reading);
}

bool check_rpm_relation(const Field& field, Reading& reading) {
  const std::string& text = field.text;
  if (text.find(',') != std::string::npos)
    return fails("relation-invalid", field, "which is more than one relation", "write one element for each", reading);
  if (text.find('%') != std::string::npos)
    return fails("relation-invalid", field, "which would expand a macro", "write it without '%'", reading);
  if (text.find("(>") != std::string::npos || text.find("(=") != std::string::npos || text.find("(<") != std::string::npos) {
    return fails("relation-invalid", field, "which is no relation of rpm",
                 "write the version without parentheses, as 'kmod >= 30'", reading);
  }
  if (only(text.substr(0, 1), "(/") && only(text, " .+-~:^()<>=/_")) return true;
  return fails("relation-invalid", field, "which is no relation of rpm", "write it as 'kmod >= 30'", reading);
}

}  // namespace kmpack
