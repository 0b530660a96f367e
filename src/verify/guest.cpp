#include "verify/guest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace kmpack {
namespace {

using std::string;
using std::string_view;

constexpr string_view kMarker = "@@kmpack ";

// Kernel messages and our lines share the console. The kernel is silenced below first (dmesg -n 1), so that no message falls into
// one of our lines; what it says is then read from its buffer, step by step.
constexpr string_view kInit = R"INIT(#!/bin/busybox sh
busybox=/bin/busybox
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
$busybox mount -t proc none /proc
$busybox mount -t sysfs none /sys
$busybox mount -t devtmpfs none /dev
$busybox dmesg -n 1
say() { $busybox echo "@@kmpack $*"; }
$busybox echo
say start "$($busybox uname -r)"
$busybox dmesg | $busybox grep -F 'X.509 cert' | while read -r line; do say certificate "$line"; done
$busybox dmesg -c > /dev/null
while read -r number action target; do
  say begin "$number"
  case $action in
    load) modprobe -- "$target" > /tmp/output 2>&1 ;;
    insert) insmod "$target" > /tmp/output 2>&1 ;;
  esac
  status=$?
  while read -r line; do say text "$number" "$line"; done < /tmp/output
  $busybox dmesg -c | while read -r line; do say kernel "$number" "$line"; done
  say end "$number" "$status"
done < /kmpack/steps
say done
$busybox poweroff -f
)INIT";

bool is_plain(string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           string_view{"_-+.,/~:@"}.find(c) != string_view::npos;
  });
}

/// "[    2.345678] text" -> "text"
string_view without_time(string_view line) {
  if (!line.starts_with('[')) return line;
  const auto end = line.find("] ");
  return end == string_view::npos ? line : line.substr(end + 2);
}

/// First word of `rest`, which keeps what follows.
string_view take_word(string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <class Number>
std::optional<Number> to_number(string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void take_answer(GuestLog& log, string_view word, string_view rest) {
  const auto number = to_number<std::size_t>(take_word(rest));
  if (!number || *number >= log.answers.size()) return;
  GuestAnswer& answer = log.answers[*number];
  if (word == "text") {
    if (!answer.text.empty()) answer.text += "; ";
    answer.text += rest;
  } else if (word == "kernel") {
    answer.kernel.emplace_back(without_time(rest));
  } else if (word == "end") {
    answer.status = to_number<int>(rest);
  }
}

void take_line(GuestLog& log, string_view line) {
  string_view rest = line.substr(kMarker.size());
  const string_view word = take_word(rest);
  if (word == "start") {
    log.release = string{rest};
  } else if (word == "certificate") {
    log.certificates.emplace_back(without_time(rest));
  } else if (word == "done") {
    log.done = true;
  } else {
    take_answer(log, word, rest);
  }
}

bool says(const GuestAnswer& answer, string_view what) noexcept { return answer.text.find(what) != string::npos; }

// strerror() of what the kernel answers when it does not take a module. Source: linux kernel/module/main.c, signing.c; errno(3).
constexpr auto kSignatureErrors =
    std::to_array<string_view>({"Key was rejected by service", "Required key not available", "Operation not permitted"});
constexpr auto kFormatErrors =
    std::to_array<string_view>({"Exec format error", "nvalid module format", "Unknown symbol", "disagrees about version"});

}  // namespace

string_view guest_init() noexcept { return kInit; }

string guest_steps(std::span<const GuestStep> steps) {
  string text;
  for (std::size_t number = 0; number < steps.size(); ++number) {
    const GuestStep& step = steps[number];
    if (!is_plain(step.target)) {
      throw Error{Diagnostic{.code = "boot-unsupported",
                             .message = fmt::format("the module name {} cannot be given to the guest", shell_quoted(step.target)),
                             .hint = "rename the module: letters, digits, '-' and '_'"}};
    }
    text += fmt::format("{} {} {}\n", number, step.action == GuestAction::load ? "load" : "insert", step.target);
  }
  return text;
}

GuestLog read_guest_log(string_view serial, std::size_t count) {
  GuestLog log;
  log.answers.resize(count);
  std::vector<string> last;
  for (string_view line : split(serial, '\n')) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    // Firmware leaves escape codes before our text, so the marker is looked for anywhere.
    if (const auto marker = line.find(kMarker); marker != string_view::npos) {
      take_line(log, line.substr(marker));
    }
    if (trimmed(line).empty()) continue;
    last.emplace_back(line);
    if (last.size() > 5) last.erase(last.begin());
  }
  log.last_words = joined(last, "\n");
  return log;
}

LoadResult load_result(const GuestAnswer& answer) noexcept {
  if (!answer.status) return LoadResult::not_reported;
  if (*answer.status == 0) return LoadResult::loaded;
  const auto said = [&](string_view what) { return says(answer, what); };
  if (said("No such device")) return LoadResult::no_hardware;
  if (std::ranges::any_of(kSignatureErrors, said) || std::ranges::any_of(kFormatErrors, said)) return LoadResult::refused;
  return LoadResult::failed;
}

bool refused_for_signature(const GuestAnswer& answer) noexcept {
  return answer.status && *answer.status != 0 && says(answer, kSignatureErrors.front());
}

}  // namespace kmpack
