#include "verify/foreign_build.hpp"

#include <gtest/gtest.h>

#include "support/fake_module.hpp"
#include "support/handmade_deb.hpp"
#include "sys/files.hpp"
#include "verify/contents.hpp"
#include "verify/module_check.hpp"

namespace kmpack {
namespace {

const KernelRelease kBuiltFor("6.1.0-0-test");

/// What is wrong with a module for 6.1.0-0-test that is installed for another kernel; empty: nothing.
std::string wrong(std::optional<ForeignBuild> foreign, const std::string& installed_for = "6.1.0-1-test") {
  const VerifyExpectation expectation{.signatures = Signatures::optional};
  PackageContents contents;
  contents.arch = "amd64";
  VerifyReport report;
  ModuleCheck(expectation, std::move(foreign))
      .judge(contents,
             {.installed = "/lib/modules/" + installed_for + "/updates/plain/plain.ko", .bytes = test::plain_module().bytes()},
             report);
  std::string told;
  for (const Diagnostic& problem : report.problems.all()) told += std::string(problem.code) + ": " + problem.message;
  return told;
}

constexpr std::string_view kFile = "package-vermagic: /lib/modules/6.1.0-1-test/updates/plain/plain.ko: ";

TEST(ForeignBuilds, AreRefusedWhereThePackageSaysNothingOfThem) {
  EXPECT_EQ(wrong(std::nullopt), std::string(kFile) + "built for 6.1.0-0-test, installed for 6.1.0-1-test");
}

TEST(ForeignBuilds, AreTakenWhereThePackageSaysSoAndTheSymbolsAgree) {
  EXPECT_EQ(wrong(ForeignBuild{.built_for = kBuiltFor, .loads = true, .reason = "all symbols"}), "");
}

TEST(ForeignBuilds, AreRefusedWithTheSymbolThatForbidsThem) {
  EXPECT_EQ(wrong(ForeignBuild{.built_for = kBuiltFor, .loads = false, .reason = "symbol x changed"}),
            std::string(kFile) + "built for 6.1.0-0-test, installed for 6.1.0-1-test: symbol x changed");
}

TEST(ForeignBuilds, AreRefusedWhereThePackageNamesAThirdKernel) {
  const ForeignBuild third{.built_for = KernelRelease("6.1.0-7-test"), .loads = true, .reason = ""};
  EXPECT_EQ(wrong(third), std::string(kFile) + "built for 6.1.0-0-test, installed for 6.1.0-1-test");
  EXPECT_EQ(
      wrong(third, "6.1.0-0-test"),
      "package-vermagic: /lib/modules/6.1.0-0-test/updates/plain/plain.ko: built for 6.1.0-0-test, where the package says for "
      "6.1.0-7-test");
}

TEST(ForeignBuilds, AreNotGoodWithoutTheKernelsHeaders) {
  const ForeignBuild answer = judge_foreign_build(kBuiltFor, {}, {});
  EXPECT_FALSE(answer.loads);
  EXPECT_EQ(answer.reason, "the kernel's headers, which tell whether it loads, are not here");
}

TEST(ForeignBuilds, ThatCannotBeReadAreNotGood) {
  HeaderTree headers;
  headers.config.modversions = true;
  const PackedModule broken{.installed = "/lib/modules/6.1.0-1-test/updates/plain/plain.ko", .bytes = "no module"};
  const ForeignBuild answer = judge_foreign_build(kBuiltFor, std::span(&broken, 1), {.headers = &headers});
  EXPECT_FALSE(answer.loads);
  EXPECT_NE(answer.reason, "");
}

}  // namespace
}  // namespace kmpack
