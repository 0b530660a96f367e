#include "verify/boot_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

class Judge {
 public:
  Judge(const BootSettings& settings, VerifyReport& report) : settings_(settings), report_(report) {}

  void guest(const GuestRun& run);
  void certificate(const GuestLog& log, const string& name);
  void forgery(const GuestStep& step, const GuestAnswer& answer);
  void module(const BootedModule& module);

 private:
  [[nodiscard]] Diagnostic problem(string_view code, string message, string hint) const;

  const BootSettings& settings_;
  VerifyReport& report_;
};

Diagnostic Judge::problem(string_view code, string message, string hint) const {
  Diagnostic found{.code = code, .message = std::move(message), .hint = std::move(hint)};
  if (!settings_.log.empty()) found.notes.push_back(fmt::format("the guest's messages are in {}", settings_.log.string()));
  return found;
}

void Judge::guest(const GuestRun& run) {
  const string& release = report_.release.str();
  const auto fail = [&](string_view code, string message, string hint) {
    Diagnostic found = problem(code, std::move(message), std::move(hint));
    if (!run.log.last_words.empty()) found.notes.push_back("last words of the guest: " + run.log.last_words);
    if (!run.process.errors.empty()) found.notes.push_back("the emulator said: " + run.process.errors);
    report_.fail("boot", std::move(found));
  };
  if (run.silent) {
    return fail("boot-no-output", fmt::format("the kernel {} said nothing on its serial line", release),
                "try again on a machine with less load");
  }
  if (run.process.timed_out) {
    return fail("boot-timeout", fmt::format("the kernel {} was not done after {} s", release, settings_.limit.count()),
                "look at the guest's messages; try again on a machine with less load");
  }
  if (run.log.release && *run.log.release != release) {
    return fail("boot-guest-died", fmt::format("the guest runs the kernel {} and not {}", *run.log.release, release),
                "give the kernel image that belongs to this release");
  }
  if (!run.log.done) {
    return fail("boot-guest-died",
                fmt::format("the guest with kernel {} ended before all modules were tried ({})", release, run.process.how()),
                "look at the guest's messages for what brought it down");
  }
  report_.pass("boot", fmt::format("kernel {} booted", release));
}

void Judge::certificate(const GuestLog& log, const string& name) {
  if (!log.release) return;  // the boot's own problem says why
  const bool there = std::ranges::any_of(log.certificates, [&](const string& line) {
    return line.find("Loaded X.509 cert") != string::npos && line.find(name) != string::npos;
  });
  if (there) return report_.pass("certificate", fmt::format("the kernel trusts the certificate of {}", name));
  report_.fail("certificate", problem("boot-certificate-missing",
                                      fmt::format("the kernel did not take the certificate of {} from the firmware", name),
                                      "use an RSA certificate for signing modules, as `kmpack key new` makes it"));
}

void Judge::forgery(const GuestStep& step, const GuestAnswer& answer) {
  if (!answer.status) return;
  const string file = fs::path{step.target}.filename().string();
  const string name = "refuse:" + fs::path{step.target}.stem().string();
  if (refused_for_signature(answer)) return report_.pass(name, answer.text);
  report_.fail(name, problem("boot-not-refused",
                             *answer.status == 0 ? fmt::format("the kernel took {}, which it had to refuse", file)
                                                 : fmt::format("{} was not refused for its signature: {}", file, answer.text),
                             "the kernel does not enforce signatures as expected; look at its messages"));
}

void Judge::module(const BootedModule& module) {
  const string name = "load:" + module.name.str();
  if (module.result == LoadResult::not_reported) return;  // the boot's own problem says why
  if (module.result == LoadResult::loaded) return report_.pass(name, "loaded");
  const bool must = std::ranges::find(settings_.must_load, module.name) != settings_.must_load.end();
  if (module.result == LoadResult::no_hardware && !must) {
    return report_.pass(name, "accepted by the kernel; its device is not in this machine");
  }
  Diagnostic found =
      problem("boot-module-failed", fmt::format("the module {} does not load: {}", module.name.str(), module.message),
              settings_.enforce == Enforcement::on ? "check that the module is signed with the key of this certificate"
                                                   : "look at the kernel's messages for its reason");
  for (const string& line : module.kernel) found.notes.push_back("the kernel said: " + line);
  report_.fail(name, std::move(found));
}

}  // namespace

string_view to_text(LoadResult result) noexcept {
  switch (result) {
    case LoadResult::loaded:
      return "loaded";
    case LoadResult::no_hardware:
      return "no-hardware";
    case LoadResult::refused:
      return "refused";
    case LoadResult::failed:
      return "failed";
    case LoadResult::not_reported:
      break;
  }
  return "not-reported";
}

void judge_boot(const GuestRun& run, const GuestPlan& plan, const BootSettings& settings, BootReport& report) {
  Judge judge{settings, report.report};
  judge.guest(run);
  if (!plan.trusted_name.empty()) judge.certificate(run.log, plan.trusted_name);
  for (std::size_t step = 0; step < plan.forgeries.size(); ++step) judge.forgery(plan.forgeries[step], run.log.answers.at(step));
  for (std::size_t index = 0; index < plan.modules.size(); ++index) {
    const GuestAnswer& answer = run.log.answers.at(plan.forgeries.size() + index);
    report.modules.push_back(BootedModule{
        .name = plan.modules[index], .result = load_result(answer), .message = answer.text, .kernel = answer.kernel});
    judge.module(report.modules.back());
  }
}

}  // namespace kmpack
