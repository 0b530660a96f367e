#include "verify/boot_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const GuestAnswer kRejected{.status = 1, .text = "insmod: ERROR: could not insert module x.ko: Key was rejected by service"};
const GuestAnswer kLoaded{.status = 0};

/// A boot with enforcement in which all went well.
struct Boot {
  GuestPlan plan{.forgeries = {{GuestAction::insert, "/kmpack/a-unsigned.ko"}, {GuestAction::insert, "/kmpack/a-tampered.ko"}},
                 .modules = {ModuleName{"a"}},
                 .trusted_name = "Example"};
  GuestRun run;
  BootSettings settings{.enforce = Enforcement::on, .log = "guest.log"};
  BootReport report;

  Boot() {
    run.log = GuestLog{.release = "1.0",
                       .certificates = {"integrity: Loaded X.509 cert 'Example: 01ab'"},
                       .answers = {kRejected, kRejected, kLoaded},
                       .done = true};
    run.process.exit_code = 0;
    report.report.release = KernelRelease{"1.0"};
  }
  std::vector<std::string> codes() {
    judge_boot(run, plan, settings, report);
    std::vector<std::string> found;
    for (const Diagnostic& problem : report.report.problems.all()) found.emplace_back(problem.code);
    return found;
  }
};

TEST(JudgeBoot, AllWellIsNoProblem) {
  Boot boot;
  EXPECT_THAT(boot.codes(), IsEmpty());
  EXPECT_EQ(boot.report.modules.at(0).result, LoadResult::loaded);
}

TEST(JudgeBoot, UnsignedCopyThatLoadsIsAProblem) {
  Boot boot;
  boot.run.log.answers[0] = kLoaded;
  EXPECT_THAT(boot.codes(), ElementsAre("boot-not-refused"));
  EXPECT_EQ(boot.report.report.problems.all().front().message, "the kernel took a-unsigned.ko, which it had to refuse");
}

TEST(JudgeBoot, CopyRefusedForAnotherReasonProvesNothing) {
  Boot boot;
  boot.run.log.answers[1] = {.status = 1, .text = "insmod: ERROR: could not insert module x.ko: Invalid module format"};
  EXPECT_THAT(boot.codes(), ElementsAre("boot-not-refused"));
}

TEST(JudgeBoot, CertificateOfAnotherNameIsNotOurs) {
  Boot boot;
  boot.run.log.certificates = {"Loaded X.509 cert 'Debian Secure Boot CA: 6ccec'"};
  EXPECT_THAT(boot.codes(), ElementsAre("boot-certificate-missing"));
}

TEST(JudgeBoot, RefusedModuleIsReportedWithTheKernelsWords) {
  Boot boot;
  boot.run.log.answers[2] = kRejected;
  boot.run.log.answers[2].kernel = {"Loading of module with unavailable key is rejected"};
  EXPECT_THAT(boot.codes(), ElementsAre("boot-module-failed"));
  EXPECT_THAT(boot.report.report.problems.all().front().notes,
              ElementsAre("the guest's messages are in guest.log",
                          "the kernel said: Loading of module with unavailable key is rejected"));
}

TEST(JudgeBoot, AbsentHardwareIsAcceptedUnlessTheModuleMustLoad) {
  const GuestAnswer absent{.status = 1, .text = "modprobe: ERROR: could not insert 'a': No such device"};
  Boot relaxed;
  relaxed.run.log.answers[2] = absent;
  EXPECT_THAT(relaxed.codes(), IsEmpty());
  EXPECT_EQ(relaxed.report.modules.at(0).result, LoadResult::no_hardware);
  Boot strict;
  strict.run.log.answers[2] = absent;
  strict.settings.must_load = {ModuleName{"a"}};
  EXPECT_THAT(strict.codes(), ElementsAre("boot-module-failed"));
}

TEST(JudgeBoot, GuestThatDiesIsOneProblemWithItsLastWords) {
  Boot boot;
  boot.run.log.answers[2] = {};
  boot.run.log.done = false;
  boot.run.log.last_words = "Kernel panic - not syncing";
  EXPECT_THAT(boot.codes(), ElementsAre("boot-guest-died"));
  EXPECT_THAT(boot.report.report.problems.all().front().notes.at(1), HasSubstr("Kernel panic"));
  EXPECT_EQ(boot.report.modules.at(0).result, LoadResult::not_reported);
}

TEST(JudgeBoot, SilenceAndTimeLimitsHaveTheirOwnCodes) {
  Boot silent;
  silent.run.log = GuestLog{.answers = std::vector<GuestAnswer>(3)};
  silent.run.silent = true;
  EXPECT_THAT(silent.codes(), ElementsAre("boot-no-output"));
  Boot slow;
  slow.run.log = GuestLog{.answers = std::vector<GuestAnswer>(3)};
  slow.run.process.timed_out = true;
  EXPECT_THAT(slow.codes(), ElementsAre("boot-timeout"));
}

TEST(JudgeBoot, AnotherKernelThanTheWantedOneIsNotBelieved) {
  Boot boot;
  boot.report.report.release = KernelRelease{"2.0"};
  EXPECT_THAT(boot.codes(), ElementsAre("boot-guest-died"));
}

TEST(LoadResultText, IsStable) {
  EXPECT_EQ(to_text(LoadResult::no_hardware), "no-hardware");
  EXPECT_EQ(to_text(LoadResult::not_reported), "not-reported");
}

}  // namespace
}  // namespace kmpack
