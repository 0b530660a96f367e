// outer_make_child SLOTS [MAKE-ARGUMENT…]: what kmpack does under an outer make, without kmpack: join its job slots or serve own
// ones, then run make with the arguments in them.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "build/jobserver.hpp"
#include "kmpack/diagnostic.hpp"

int main(int argc, char** argv) {
  using namespace kmpack;
  try {
    ProcessRunner runner;
    Diagnostics problems;
    const char* flags = std::getenv("MAKEFLAGS");
    Jobserver jobserver = Jobserver::join_or_serve(flags == nullptr ? "" : flags, static_cast<unsigned>(std::stoul(argv[1])),
                                                   find_make_version(runner, {}), problems);
    for (const Diagnostic& problem : problems.all()) std::puts(to_text(problem).c_str());
    std::printf("%s %u slots\n", jobserver.serves() ? "serves" : "joined", jobserver.slots());
    Command command{.program = "make", .environment = scrubbed_environment(0)};
    for (int i = 2; i < argc; ++i) command.args.emplace_back(argv[i]);
    if (command.args.empty()) return 0;
    jobserver.pass_to(command);
    const Jobserver::Token slot = jobserver.acquire({});
    const Completed completed = runner.run(command, {});
    std::fputs(completed.tail.c_str(), stdout);
    return completed.exit_code.value_or(99);
  } catch (const Error& error) {
    std::puts(error.what());
    return 98;
  }
}
