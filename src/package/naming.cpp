#include "package/naming.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

// Not the C library's classes: they follow the locale.
constexpr bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
constexpr bool is_upper(char letter) noexcept { return letter >= 'A' && letter <= 'Z'; }
constexpr bool is_alnum(char letter) noexcept { return is_digit(letter) || is_upper(letter) || (letter >= 'a' && letter <= 'z'); }

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
  throw Error({.code = "package-name-invalid",
               .message = fmt::format("'{}' cannot be made into {}", text, what),
               .hint = "use letters, digits, '.', '+' and '-', beginning with a letter or digit"});
}

std::string with_only(std::string_view text, std::string_view signs, char instead) {
  std::string kept(text);
  for (char& letter : kept) {
    if (!is_alnum(letter) && signs.find(letter) == std::string_view::npos) letter = instead;
  }
  return kept;
}

}  // namespace

std::string deb_name(std::string_view text) {
  std::string name = with_only(text, "+.-", '-');
  for (char& letter : name) {
    if (is_upper(letter)) letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (name.size() < 2 || !is_alnum(name.front())) refuse(text, "the name of a Debian package");
  return name;
}

std::string deb_version_part(std::string_view text) {
  std::string version = with_only(text, ".+~", '.');
  if (version.size() > 1 && (version[0] == 'v' || version[0] == 'V') && is_digit(version[1])) version.erase(0, 1);
  if (version.empty() || std::ranges::none_of(version, is_alnum)) refuse(text, "the version of a Debian package");
  if (!is_digit(version.front())) version.insert(0, "0.");
  return version;
}

std::string rpm_name(std::string_view text) {
  std::string name = with_only(text, "-._+", '_');
  if (name.empty() || !is_alnum(name.front())) refuse(text, "the name of an rpm package");
  return name;
}

std::string rpm_version_part(std::string_view text) {
  // `^` came with rpm 4.15: with it no package could be installed on EL 8 and SUSE 15, whose rpm is 4.14.
  std::string version = with_only(text, "._+~", '_');
  if (version.empty() || !is_alnum(version.front())) refuse(text, "the version of an rpm package");
  return version;
}

bool is_rpm_version(std::string_view text) noexcept {
  constexpr std::string_view kSigns = "._+~^-";
  return !text.empty() && is_alnum(text.front()) && text.back() != '-' && std::ranges::count(text, '-') <= 1 &&
         std::ranges::all_of(text,
                             [&](char letter) { return is_alnum(letter) || kSigns.find(letter) != std::string_view::npos; });
}

void check_release(std::string_view release) {
  constexpr std::string_view kSigns = "-._+~";
  const bool good = !release.empty() && is_alnum(release.front()) && std::ranges::all_of(release, [&](char letter) {
    return is_alnum(letter) || kSigns.find(letter) != std::string_view::npos;
  });
  if (good) return;
  throw Error({.code = "package-name-invalid",
               .message = fmt::format("the kernel release '{}' holds more than letters, digits and '-._+~'", release),
               .hint = "look at include/config/kernel.release of its header tree"});
}

void check_packed_path(std::string_view path) {
  const auto bad = [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f ||
           std::string_view("\"'\\*?[]{}$`").find(letter) != std::string_view::npos;
  };
  if (std::ranges::none_of(path, bad)) return;
  throw Error({.code = "package-path-invalid",
               .message = fmt::format("the path '{}' holds a sign that package lists cannot carry", one_line(path)),
               .hint = "rename the file: no quotes, backslashes, wildcards, '$' or control characters"});
}

std::string one_line(std::string_view text) {
  std::string line;
  bool gap = false;
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) <= 0x20 || letter == 0x7f) {
      gap = !line.empty();
      continue;
    }
    if (gap) line += ' ';
    gap = false;
    line += letter;
  }
  return line;
}

}  // namespace kmpack
