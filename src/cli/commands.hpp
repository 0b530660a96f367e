#pragma once

#include <memory>
#include <stop_token>

#include "cli/console.hpp"
#include "cli/options.hpp"
#include "pipeline/report.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// What every command works with.
struct Work {
  const Options& options;
  const Console& console;
  CommandRunner& runner;
  std::stop_token stop;
};

// One function for each command: does the work, prints the answer, returns the exit status. Errors and Cancelled go through.
int run_build(const Work& work);
int run_plan(const Work& work);
int run_generate(const Work& work);
int run_flavors_list(const Work& work);
int run_flavors_fetch(const Work& work);
int run_flavors_lock(const Work& work);
int run_inspect(const Work& work);
int run_verify(const Work& work);
int run_repo(const Work& work);
int run_key_new(const Work& work);
int run_doctor(const Work& work);
int run_init(const Work& work);
int run_lint(const Work& work);
int run_compat(const Work& work);
int run_cache_stats(const Work& work);
int run_cache_trim(const Work& work);
int run_cache_verify(const Work& work);

/// The whole program behind main().
int run_command_line(std::span<const std::string> words) noexcept;

/// What the stages are asked for. Paths that child processes see are absolute.
///
/// Errors:  lock-missing for a lock file the user named.
Request request_of(const Work& work);

}  // namespace kmpack
