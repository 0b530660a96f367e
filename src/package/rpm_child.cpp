#include "package/rpm_child.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <exception>
#include <string_view>
#include <vector>

#include "base/diagnostic_codes.hpp"
#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "package/naming.hpp"
#include "wrap/rpmbuild.hpp"

namespace kmpack {
namespace {

// One line each: the mark and the code, the message, the notes. What else stands on stderr (sanitizers, rpm's scripts) comes
// before.
constexpr std::string_view kMark = "kmpack-child-error ";

void tell(std::string_view code, std::string_view message, const std::vector<std::string>& notes) {
  std::string text = fmt::format("{}{}\n{}\n", kMark, code, one_line(message));
  for (const std::string& note : notes) text += one_line(note) + "\n";
  // stderr of this process is read by kmpack itself; nothing is to be done where it is closed.
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

RpmBuild read_arguments(std::span<const std::string> args) {
  std::int64_t epoch = 0;
  const bool complete = args.size() == 6;
  const std::string text = complete ? args[4] : std::string();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (!complete || error != std::errc{} || end != text.data() + text.size()) {
    throw Error({.code = "rpm-build-failed", .message = "internal rpmbuild takes SPEC TOP ROOT TARGET EPOCH DIRECTORY"});
  }
  return {.spec = args[0], .top = args[1], .root = args[2], .target = args[3], .epoch = epoch, .directory = args[5]};
}

std::string_view known_code(std::string_view code) {
  for (const DiagnosticCode& known : diagnostic_codes()) {
    if (known.code == code) return known.code;
  }
  return "process-failed";
}

}  // namespace

int run_rpm_child(std::span<const std::string> args) noexcept {
  try {
    build_rpm(read_arguments(args));
    return 0;
  } catch (const Error& error) {
    const Diagnostic& what = error.diagnostic();
    tell(what.code, what.message, what.notes);
  } catch (const std::exception& error) {
    tell("rpm-build-failed", error.what(), {});
  } catch (...) {
    tell("rpm-build-failed", "an unknown exception", {});
  }
  return 1;
}

void throw_rpm_child_error(const Completed& completed, const Command& command) {
  const std::string_view errors = completed.errors;
  const std::size_t mark = errors.rfind(kMark);
  if (mark == std::string_view::npos) {
    throw Error({.code = "process-failed",
                 .message = fmt::format("building an rpm ended with {}", completed.how()),
                 .notes = {"command: " + to_shell(command), std::string(trimmed(errors))}});
  }
  const std::vector<std::string_view> lines = split(trimmed(errors.substr(mark + kMark.size())), '\n');
  Diagnostic what{.code = known_code(lines.front()), .message = std::string(lines.size() > 1 ? lines[1] : "")};
  for (std::size_t index = 2; index < lines.size(); ++index) what.notes.emplace_back(lines[index]);
  throw Error(std::move(what));
}

}  // namespace kmpack
