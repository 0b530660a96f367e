#include <exception>
#include <functional>

#include "base/diagnostic_codes.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/reference.hpp"
#include "cli/summary.hpp"
#include "headers/apt_child.hpp"
#include "headers/rpm_md_child.hpp"
#include "package/rpm_child.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"
#include "sys/signals.hpp"

namespace kmpack {
namespace {

constexpr int kInterrupted = 130;
constexpr int kUsage = 2;

/// What kmpack runs itself for: libraries that need a process of their own, and the man page of the build. Not for users.
int run_internal(std::span<const std::string> words, const Console& console) {
  const std::string what = words.empty() ? std::string{} : words.front();
  if (what == "apt-index" || what == "apt-fetch") return run_apt_child(words);
  if (what == "rpm-md-index" || what == "rpm-md-fetch") return run_rpm_md_child(words);
  if (what == "rpmbuild") return run_rpm_child(words.subspan(1));
  if (what == "man" && words.size() == 2) {
    console.answer(man_page(command_reference(), read_file(words[1])));
    return 0;
  }
  console.complain(Diagnostic{.code = "usage-unknown-command",
                              .message = "unknown internal command '" + what + "'",
                              .where = {},
                              .notes = {},
                              .hint = {}});
  return kUsage;
}

int run(const Work& work) {
  switch (work.options.command) {
    case CommandKind::build:
      return run_build(work);
    case CommandKind::plan:
      return run_plan(work);
    case CommandKind::generate:
      return run_generate(work);
    case CommandKind::flavors_list:
      return run_flavors_list(work);
    case CommandKind::flavors_fetch:
      return run_flavors_fetch(work);
    case CommandKind::flavors_lock:
      return run_flavors_lock(work);
    case CommandKind::inspect:
      return run_inspect(work);
    case CommandKind::verify:
      return run_verify(work);
    case CommandKind::repo:
      return run_repo(work);
    case CommandKind::key_new:
      return run_key_new(work);
    case CommandKind::doctor:
      return run_doctor(work);
    case CommandKind::lint:
      return run_lint(work);
    case CommandKind::init:
      return run_init(work);
    case CommandKind::compat:
      return run_compat(work);
    case CommandKind::cache_stats:
      return run_cache_stats(work);
    case CommandKind::cache_trim:
      return run_cache_trim(work);
    case CommandKind::cache_verify:
      return run_cache_verify(work);
  }
  return kUsage;
}

/// Prints what stopped a command; in JSON too, when that was asked for.
int report(const Console& console, const Diagnostic& problem) {
  console.complain(problem);
  if (console.json()) {
    Diagnostics problems;
    problems.report(problem);
    console.answer(to_json(problems));
  }
  return static_cast<int>(fault_of(problem.code));
}

int run_guarded(const Console& console, const std::function<int()>& work) noexcept {
  // Nobody catches these but the job runner and this place.
  try {
    try {
      return work();
    } catch (const Error& error) {
      return report(console, error.diagnostic());
    } catch (const Cancelled&) {
      return report(console, Diagnostic{.code = "interrupted",
                                        .message = "interrupted",
                                        .where = {},
                                        .notes = {},
                                        .hint = "run the same command again: it goes on where it stopped"}),
             kInterrupted;
    } catch (const std::exception& error) {
      return report(console, Diagnostic{.code = "internal-error",
                                        .message = error.what(),
                                        .where = {},
                                        .notes = {},
                                        .hint = "please report this with the command line"});
    }
  } catch (const Error& error) {
    // The answer itself could not be written.
    console.complain(error.diagnostic());
    return static_cast<int>(fault_of(error.diagnostic().code));
  } catch (const std::exception&) {
    return static_cast<int>(Fault::environment);
  }
}

LogLevel log_level(Verbosity verbosity) {
  if (verbosity == Verbosity::quiet) return LogLevel::quiet;
  return verbosity == Verbosity::verbose ? LogLevel::verbose : LogLevel::normal;
}

int run_words(std::span<const std::string> words, const Console& early) {
  const auto parsed = parse_options(words);
  if (const auto* answer = std::get_if<Answer>(&parsed)) return early.answer(answer->text), 0;
  const auto& options = std::get<Options>(parsed);
  const Console console(options.colour, options.verbosity, options.rendering);
  set_log_level(log_level(options.verbosity));
  // Before any other thread: it blocks the signals that it reads for all threads to come.
  const SignalWatch signals;
  ProcessRunner runner;
  return run_guarded(console, [&] { return run({options, console, runner, signals.token()}); });
}

}  // namespace

int run_command_line(std::span<const std::string> words) noexcept {
  const Console early(Colour::automatic, Verbosity::normal, asks_for_json(words) ? Rendering::json : Rendering::text);
  return run_guarded(early, [&] {
    if (!words.empty() && words.front() == "internal") return run_internal(words.subspan(1), early);
    return run_words(words, early);
  });
}

}  // namespace kmpack
