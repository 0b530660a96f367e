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

/// Bytes of the sign that the text begins with; 0 when they are no UTF-8.
///
/// Source:  RFC 3629 section 4.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto follows = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;   // shorter forms exist
    const unsigned high = first == 0xed ? 0x9f : 0xbf;  // surrogates
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// Of ASCII, of Latin-1, and the two signs of Unicode that end a line.
bool is_control(std::string_view sign) noexcept {
  const auto first = static_cast<unsigned char>(sign.front());
  if (sign.size() == 1) return first < 0x20 || first == 0x7f;
  if (sign.size() == 2) return first == 0xc2 && static_cast<unsigned char>(sign[1]) < 0xa0;
  return sign == "\xe2\x80\xa8" || sign == "\xe2\x80\xa9";
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

std::string plain_text(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sign = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sign.size());
    if (length == 0) {
      plain += "\xef\xbf\xbd";
    } else if (sign == "\t") {
      plain += ' ';
    } else if (sign == "\n" || !is_control(sign)) {
      plain += sign;
    }
  }
  return plain;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool gap = false;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sign = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sign.size());
    if (sign == " " || is_control(sign)) {
      gap = !line.empty();
      continue;
    }
    if (gap) line += ' ';
    gap = false;
    line += length == 0 ? "\xef\xbf\xbd" : sign;
  }
  return line;
}

}  // namespace kmpack
