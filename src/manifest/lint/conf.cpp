#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <span>

#include "base/text.hpp"
#include "manifest/dkms/directives.hpp"
#include "manifest/lint/directives.hpp"
#include "manifest/lint/lint.hpp"
#include "manifest/lint/shell.hpp"
#include "manifest/lint/version.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using detail::ShellAssignment;
using detail::ShellCommand;

class ConfLint {
 public:
  ConfLint(std::string_view text, const fs::path& conf, Diagnostics& problems)
      : text_(text),
        conf_(conf),
        problems_(problems),
        commands_(detail::shell_commands(text)),
        assignments_(detail::shell_assignments(commands_)) {}

  void run() {
    unknown_directives();
    deprecated_directives();
    for (const ShellAssignment& assignment : assignments_) {
      if (assignment.name == "BUILD_EXCLUSIVE_KERNEL") exclusive_kernel(assignment);
      if (assignment.name == "BUILD_EXCLUSIVE_ARCH") exclusive_arch(assignment);
      if (assignment.name == "MAKE") make(assignment);
      if (assignment.name == "CLEAN") clean(assignment);
    }
    locations();
    version_parsers();
    running_kernel();
  }

 private:
  void warn(std::string_view code, std::uint32_t line, std::string message, std::string why, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = SourceSpan{conf_, line, 0},
                      .notes = {std::move(why)},
                      .hint = std::move(hint)});
  }

  /// A name that is set and that nothing reads: neither dkms nor the conf itself.
  void unknown_directives() {
    const std::set<std::string> read = detail::shell_references(text_);
    std::set<std::string> told;
    const bool reads_others = std::ranges::any_of(commands_, [](const ShellCommand& command) {
      const std::string& program = command.words.front().text;
      return (program == "." || program == "source") && command.words.size() > 1 && !command.words[1].text.ends_with(".config");
    });
    for (const ShellAssignment& assignment : assignments_) {
      const std::string& name = assignment.name;
      if (find_dkms_directive(name) != nullptr || detail::is_shell_variable(name) || read.contains(name)) continue;
      const auto meant = detail::nearest_directive(name);
      // Helper variables of a conf that sources other files may be for those.
      const bool shouts = !reads_others && std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
      if ((!meant && !shouts) || !told.insert(name).second) continue;
      warn("lint-directive-unknown", assignment.line, fmt::format("'{}' is no directive of dkms", name),
           "dkms ignores it without a word, and nothing else in this file reads it",
           meant ? fmt::format("did you mean '{}'?", *meant) : "leave it out; docs/dkms.md lists the directives");
    }
  }

  void deprecated_directives() {
    std::set<std::string> told;
    for (const ShellAssignment& assignment : assignments_) {
      const DkmsDirective* directive = find_dkms_directive(assignment.name);
      if (directive == nullptr || directive->standing != DkmsStanding::deprecated) continue;
      const std::string value = detail::unquoted(assignment.value);
      // dkms takes this one as it is meant: there is nothing to clean.
      const bool nothing = value.empty() || value == "true" || value == "/bin/true" || value == ":";
      if (nothing || (assignment.name == "CLEAN" && does_work(assignment)) || !told.insert(assignment.name).second) continue;
      warn("lint-directive-deprecated", assignment.line, fmt::format("{} is deprecated", assignment.name),
           assignment.name == "CLEAN" ? "dkms has not run it since 3.1.8, and kmpack never does"
                                      : "dkms complains of it since 3.4.0",
           fmt::format("leave it out: {}", directive->remark));
    }
  }

  /// Does bash have to run to tell the value? A `$` at the end of an expression is none of its.
  [[nodiscard]] static bool is_computed(const ShellAssignment& assignment) {
    return assignment.value.find('`') != std::string::npos || assignment.value.find("$(") != std::string::npos ||
           !detail::shell_references(assignment.value).empty();
  }

  void exclusive_kernel(const ShellAssignment& assignment) {
    const std::string value = detail::unquoted(assignment.value);
    if (value.find(' ') != std::string::npos) {
      const std::size_t option = value.find("CONFIG_");
      const std::string wanted =
          option == std::string::npos
              ? "CONFIG_…"
              : value.substr(
                    option,
                    value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_abcdefghijklmnopqrstuvwxyz", option) - option);
      warn("lint-exclusive-abused", assignment.line,
           fmt::format("no kernel release can match '{}': it is a way to say no", value),
           "what is meant, a kernel's configuration, is then known to this file only, and no tool can tell why a kernel is left "
           "out",
           detail::is_within_version_test(text_, assignment.line)
               ? fmt::format(
                     "write BUILD_EXCLUSIVE_CONFIG=\"{}\" where this stands, for those releases only: it needs the test on the "
                     "version, none on the configuration",
                     wanted)
               : fmt::format("write BUILD_EXCLUSIVE_CONFIG=\"{}\"; it needs no test around it", wanted));
    } else if (detail::enumerates_versions(value)) {
      warn("lint-version-parsed", assignment.line, "versions of kernels are told apart by a regular expression",
           "such an expression ends where nobody looked: at 6.10, at 10.0, at releases like 6.12.117+deb13-amd64",
           "write BUILD_EXCLUSIVE_KERNEL_MIN and BUILD_EXCLUSIVE_KERNEL_MAX");
    }
  }

  /// What `uname -m` says where distributions say this; empty when it is none of their names.
  static std::string machine_named(std::string value) {
    constexpr auto kNames = std::to_array<std::pair<std::string_view, std::string_view>>({{"amd64", "x86_64"},
                                                                                          {"x64", "x86_64"},
                                                                                          {"x86-64", "x86_64"},
                                                                                          {"arm64", "aarch64"},
                                                                                          {"armhf", "armv7l"},
                                                                                          {"ppc64el", "ppc64le"}});
    std::erase_if(value, [](char c) { return std::string_view("^$()").find(c) != std::string_view::npos; });
    const auto* found = std::ranges::find(kNames, value, &std::pair<std::string_view, std::string_view>::first);
    return found == kNames.end() ? std::string() : std::string(found->second);
  }

  void exclusive_arch(const ShellAssignment& assignment) {
    constexpr auto kMachines = std::to_array<const char*>(
        {"x86_64", "i386",  "i486",  "i586",    "i686",     "aarch64", "arm",     "armv5tel", "armv6l",      "armv7l",
         "armv8l", "ppc",   "ppc64", "ppc64le", "s390",     "s390x",   "riscv32", "riscv64",  "loongarch64", "mips",
         "mips64", "alpha", "ia64",  "parisc",  "parisc64", "sparc",   "sparc64", "m68k",     "sh4",         "sh4a"});
    const std::string value = detail::unquoted(assignment.value);
    constexpr std::size_t kLongest = 200;
    if (is_computed(assignment) || value.empty() || value.size() > kLongest) return;
    try {
      const std::regex expression(value, std::regex::extended);
      if (std::ranges::any_of(kMachines, [&](const char* machine) { return std::regex_search(machine, expression); })) return;
    } catch (const std::regex_error&) {
      // bash judges the expression itself, where the file is evaluated.
      return;
    }
    if (const std::string meant = machine_named(value); !meant.empty()) {
      warn("lint-exclusive-abused", assignment.line, fmt::format("no architecture matches '{}'", value),
           "dkms goes by what `uname -m` says, not by the distribution's name for it: no kernel gets these modules",
           fmt::format("did you mean '{}'?", meant));
      return;
    }
    warn("lint-exclusive-abused", assignment.line, fmt::format("no architecture matches '{}': it is a way to say no", value),
         "what is meant is then known to this file only, and no tool can tell why a kernel is left out",
         "write BUILD_EXCLUSIVE_CONFIG=\"CONFIG_…\"; architectures are named as `uname -m` does");
  }

  void make(const ShellAssignment& assignment) {
    const std::string value = detail::unquoted(assignment.value);
    const auto commands = detail::shell_commands(value, assignment.line);
    bool makes = false;
    bool told_jobs = false;
    for (const ShellCommand& command : commands) {
      const auto program = std::ranges::find_if(command.words, [](const detail::ShellWord& word) { return word.text == "make"; });
      if (program == command.words.end()) continue;
      makes = true;
      const auto jobs = std::find_if(program, command.words.end(), [](const detail::ShellWord& word) {
        return word.text.starts_with("-j") || word.text.starts_with("--jobs");
      });
      // One job is a way to say that the rules cannot run side by side.
      const bool one =
          jobs != command.words.end() && (jobs->text == "-j1" || jobs->text == "--jobs=1" ||
                                          (jobs->text == "-j" && jobs + 1 != command.words.end() && (jobs + 1)->text == "1"));
      if (jobs == command.words.end() || one || told_jobs) continue;
      told_jobs = true;
      warn("lint-make-jobs", assignment.line, fmt::format("MAKE says '{}' itself", jobs->text),
           "dkms and kmpack say how many jobs run; with its own number this build takes more than its share, beside others",
           "leave it out");
    }
    if (!makes || value.starts_with("make")) return;
    // The documented way to keep dkms from changing the call.
    if (trimmed(value).starts_with("'make'") || trimmed(value).starts_with("\"make\"")) return;
    warn("lint-make-not-first", assignment.line, "MAKE does not begin with the word make",
         "dkms adds -j and KERNELRELEASE only at the beginning: this build runs one job at a time, and what its Makefile asks "
         "KERNELRELEASE for is not answered",
         "begin with make (its variables behind it), or give KERNELRELEASE=$kernelver yourself");
  }

  /// The program in a CLEAN that does more than cleaning.
  static std::optional<std::string> does_work(const ShellAssignment& assignment) {
    constexpr auto kCleaners =
        std::to_array<std::string_view>({"rm", "true", "/bin/true", ":", "find", "cd", "test", "[", "echo", "exit"});
    for (const ShellCommand& command : detail::shell_commands(detail::unquoted(assignment.value), assignment.line)) {
      const std::string& program = command.words.front().text;
      const bool cleans = program == "make" && std::ranges::any_of(command.words, [](const detail::ShellWord& word) {
                            return word.text.find("clean") != std::string::npos;
                          });
      if (cleans || program.starts_with('$') || std::ranges::find(kCleaners, program) != kCleaners.end()) continue;
      return program;
    }
    return std::nullopt;
  }

  void clean(const ShellAssignment& assignment) {
    const auto program = does_work(assignment);
    if (!program) return;
    warn("lint-clean-works", assignment.line, fmt::format("CLEAN does more than cleaning: {}", *program),
         "dkms has not run CLEAN since 3.1.8, and kmpack never does: every build starts from a fresh copy",
         "do it in MAKE or PRE_BUILD");
  }

  /// Said once for all modules: it is the same for each.
  void locations() {
    constexpr auto kPlain = std::to_array<std::string_view>({"/extra", "/updates", "/updates/dkms"});
    const auto ignored = std::ranges::find_if(assignments_, [&](const ShellAssignment& assignment) {
      if (assignment.name != "DEST_MODULE_LOCATION") return false;
      std::string value = detail::unquoted(assignment.value);
      while (value.ends_with('/')) value.pop_back();
      return !value.empty() && value.find('$') == std::string::npos && std::ranges::find(kPlain, value) == kPlain.end();
    });
    if (ignored == assignments_.end()) return;
    warn("lint-location-ignored", ignored->line, fmt::format("modules are not installed in {}", detail::unquoted(ignored->value)),
         "dkms takes /updates/dkms on Debian, Ubuntu and Arch, /extra on Fedora and RHEL, /updates on SUSE, whatever is written "
         "here; "
         "kmpack does, too",
         "write /updates, and do not count on the module being found elsewhere");
  }

  /// "; so does line 3", for findings that are said once.
  static std::string also(std::span<const std::uint32_t> lines) {
    if (lines.empty()) return {};
    std::vector<std::string> numbers;
    for (const std::uint32_t line : lines) numbers.push_back(std::to_string(line));
    return fmt::format("; so {} {}", lines.size() == 1 ? "does line" : "do lines", joined(numbers, ", "));
  }

  void version_parsers() {
    const std::vector<std::uint32_t> lines = detail::release_parsers(commands_);
    if (lines.empty()) return;
    warn("lint-version-parsed", lines.front(),
         "this cuts the release of a kernel by a pattern" + also(std::span(lines).subspan(1)),
         "releases have no common form: 6.1.0-56-amd64, 6.12.117+deb13-amd64, 6.17.0-1003-aws-64k, 5.14.0-503.el9.x86_64",
         "compare whole releases (BUILD_EXCLUSIVE_KERNEL_MIN and _MAX, sort -V), or let the sources ask LINUX_VERSION_CODE");
  }

  void running_kernel() {
    for (const ShellCommand& command : commands_) {
      if (command.words.size() < 2 || command.words[0].text != "uname") continue;
      const std::string& what = command.words[1].text;
      if (what == "-m" || what == "--machine" || what == "-p" || what == "-i") {
        warn("lint-running-kernel", command.words[0].line,
             fmt::format("uname {} is the architecture of the running kernel", what),
             "the kernel that modules are for may be of another: one of 64 bits runs below a system of 32", "write $arch");
        return;
      }
      if (what != "-r" && what != "--kernel-release") continue;
      warn("lint-running-kernel", command.words[0].line, "uname -r is the release of the running kernel",
           "the kernel that modules are for is seldom the one that runs: in a chroot, in CI, before a reboot",
           "write $kernelver");
      return;
    }
  }

  std::string_view text_;
  const fs::path& conf_;
  Diagnostics& problems_;
  std::vector<ShellCommand> commands_;
  std::vector<ShellAssignment> assignments_;
};

}  // namespace

void lint_dkms_text(std::string_view text, const fs::path& conf, Diagnostics& problems) { ConfLint(text, conf, problems).run(); }

}  // namespace kmpack
