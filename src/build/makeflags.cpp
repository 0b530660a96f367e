#include <fmt/format.h>

#include <charconv>

#include "base/text.hpp"
#include "build/jobserver.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<JobserverAuth> read_auth(std::string_view value) {
  JobserverAuth auth;
  if (value.starts_with("fifo:")) {
    auth.fifo = value.substr(5);
    return auth.fifo.empty() ? std::nullopt : std::optional(auth);
  }
  const auto comma = value.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto read_end = number(value.substr(0, comma));
  const auto write_end = number(value.substr(comma + 1));
  if (!read_end || !write_end) return std::nullopt;
  auth.read_end = *read_end;
  auth.write_end = *write_end;
  return auth;
}

}  // namespace

std::optional<JobserverAuth> parse_jobserver_auth(std::string_view makeflags) {
  std::optional<JobserverAuth> found;
  unsigned slots = 1;
  for (const std::string& word : words(makeflags)) {
    // What follows are variables given on the outer make's command line.
    if (word == "--") break;
    for (const std::string_view option : {"--jobserver-auth=", "--jobserver-fds="}) {
      // The last one counts, as make itself reads it.
      if (word.starts_with(option)) found = read_auth(std::string_view(word).substr(option.size()));
    }
    if (word.starts_with("-j")) slots = static_cast<unsigned>(std::max(number(std::string_view(word).substr(2)).value_or(1), 1));
  }
  if (found) found->slots = slots;
  return found;
}

std::optional<MakeVersion> parse_make_version(std::string_view version_output) {
  constexpr std::string_view kName = "GNU Make ";
  if (!version_output.starts_with(kName)) return std::nullopt;
  const std::string_view line = version_output.substr(kName.size(), version_output.find('\n') - kName.size());
  const auto parts = split(trimmed(line), '.');
  if (parts.size() < 2) return std::nullopt;
  const auto major = number(parts[0]);
  const auto minor = number(parts[1]);
  if (!major || !minor) return std::nullopt;
  return MakeVersion{*major, *minor};
}

MakeVersion find_make_version(CommandRunner& runner, std::stop_token stop) {
  const Command command{.program = "make", .args = {"--version"}, .environment = scrubbed_environment(0)};
  const Completed completed = run_checked(runner, command, std::move(stop));
  if (const auto version = parse_make_version(completed.tail)) return *version;
  throw Error({.code = "make-unknown",
               .message = "the program 'make' is not GNU make, which kbuild needs",
               .where = {},
               .notes = {"its first words: " + completed.tail.substr(0, completed.tail.find('\n'))},
               .hint = "install GNU make (apt-get install make)"});
}

}  // namespace kmpack
