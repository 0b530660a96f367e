#include "publish/apt_release.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <vector>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/deb.hpp"

namespace kmpack {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t time_of(std::string_view text) {
  const std::vector<std::string> parts = words(text);
  if (parts.size() != 6 || parts[5] != "UTC") return 0;
  const std::vector<std::string_view> clock = split(parts[4], ':');
  const auto month = std::ranges::find(kMonths, parts[2]);
  if (clock.size() != 3 || month == kMonths.end()) return 0;
  std::tm day{};
  day.tm_year = number<int>(parts[3]) - 1900;
  day.tm_mon = static_cast<int>(month - kMonths.begin());
  day.tm_mday = number<int>(parts[1]);
  day.tm_hour = number<int>(clock[0]);
  day.tm_min = number<int>(clock[1]);
  day.tm_sec = number<int>(clock[2]);
  return ::timegm(&day);
}

std::set<std::string> set_of(std::string_view text) {
  const std::vector<std::string> all = words(text);
  return {all.begin(), all.end()};
}

std::string line_of(const std::set<std::string>& all) { return joined(std::vector<std::string>(all.begin(), all.end()), " "); }

}  // namespace

std::string apt_date(std::int64_t time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm day{};
  ::gmtime_r(&seconds, &day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} UTC", kDays.at(static_cast<std::size_t>(day.tm_wday)), day.tm_mday,
                     kMonths.at(static_cast<std::size_t>(day.tm_mon)), day.tm_year + 1900, day.tm_hour, day.tm_min, day.tm_sec);
}

std::string release_text(const AptRelease& release) {
  std::string text = fmt::format("Origin: {0}\nLabel: {0}\nSuite: {1}\nCodename: {1}\nDate: {2}\n", release.label, release.suite,
                                 apt_date(release.date));
  if (release.valid_until != 0) text += fmt::format("Valid-Until: {}\n", apt_date(release.valid_until));
  text += "Acquire-By-Hash: yes\n";
  // Packages for all architectures stand in each architecture's list; only where there is no other have they a list of theirs.
  if (!release.architectures.contains("all")) text += "No-Support-for-Architecture-all: Packages\n";
  text +=
      fmt::format("Architectures: {}\nComponents: {}\nSHA256:\n", line_of(release.architectures), line_of(release.components));
  for (const auto& [file, entry] : release.files) text += fmt::format(" {} {} {}\n", entry.sha256, entry.size, file);
  return text;
}

AptRelease parse_release(std::string_view text, const std::string& name) {
  const std::vector<Deb822Paragraph> paragraphs = parse_deb822(text, name);
  if (paragraphs.size() != 1) {
    throw Error({.code = "repository-damaged",
                 .message = fmt::format("{} has not exactly one paragraph", name),
                 .where = {},
                 .notes = {},
                 .hint = "make the repository anew in an empty directory"});
  }
  const Deb822Paragraph& fields = paragraphs.front();
  AptRelease release{.label = std::string(fields.field("Label")),
                     .suite = std::string(fields.field("Suite")),
                     .components = set_of(fields.field("Components")),
                     .architectures = set_of(fields.field("Architectures")),
                     .date = time_of(fields.field("Date")),
                     .valid_until = time_of(fields.field("Valid-Until")),
                     .files = {}};
  for (const std::string_view line : split(fields.field("SHA256"), '\n')) {
    const std::vector<std::string> parts = words(line);
    if (parts.size() == 3) release.files[parts[2]] = {.sha256 = parts[0], .size = number<std::uint64_t>(parts[1])};
  }
  return release;
}

std::string by_hash(std::string_view list, std::string_view sha256) {
  return fmt::format("{}/by-hash/SHA256/{}", list.substr(0, list.rfind('/')), sha256);
}

}  // namespace kmpack
