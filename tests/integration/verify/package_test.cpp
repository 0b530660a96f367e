#include "verify/package.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/verify/trial.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using test::HandmadeDeb;
using test::problems_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Package : public testing::Test {
 protected:
  void SetUp() override {
    kernel_ = test::newest_kernel("cloud-amd64", "6.1");
    ASSERT_TRUE(kernel_);
    module_ = test::in_tree_module(*kernel_, "dummy");
    expectation_.certificate = key_.certificate();
  }
  VerifyReport verify(const HandmadeDeb& deb) {
    const fs::path package = directory_.path() / "trial.deb";
    deb.write(package);
    return verify_package(package, expectation_);
  }
  VerifyReport verify(const std::string& file, const std::string& content) {
    HandmadeDeb deb = test::module_package(*kernel_, {});
    deb.add("/lib/modules/" + kernel_->release.str() + "/updates/" + file, content);
    return verify(deb);
  }
  static std::vector<std::string_view> codes(const VerifyReport& report) {
    std::vector<std::string_view> found;
    for (const Diagnostic& problem : report.problems.all()) found.push_back(problem.code);
    return found;
  }

  std::optional<test::GuestKernel> kernel_;
  std::string module_;
  test::TrialKey key_;
  TempDir directory_;
  VerifyExpectation expectation_;
};

TEST_F(Package, SignedModuleOfItsKernelPassesAndTheSignerIsNamed) {
  const VerifyReport report = verify(test::module_package(*kernel_, {{"dummy", key_.sealed(module_)}}));
  EXPECT_THAT(codes(report), IsEmpty()) << problems_of(report);
  EXPECT_EQ(report.release, kernel_->release);
  std::vector<std::string> details;
  for (const Check& check : report.checks) details.push_back(check.name + " " + check.detail);
  EXPECT_THAT(details, Contains("signature:dummy.ko signed by kmpack trial key"));
}

TEST_F(Package, UnsignedModuleIsAFailureUnlessSaidOtherwise) {
  EXPECT_THAT(codes(verify("dummy.ko", module_)), ElementsAre("module-unsigned"));
  expectation_.signatures = Signatures::optional;
  EXPECT_THAT(codes(verify("dummy.ko", module_)), IsEmpty());
}

TEST_F(Package, ModuleSignedWithAnotherKeyIsNotOurs) {
  const test::TrialKey other;
  EXPECT_THAT(codes(verify("dummy.ko", other.sealed(module_))), ElementsAre("signature-other-key"));
}

TEST_F(Package, ModuleChangedAfterSigningIsCaught) {
  std::string module = key_.sealed(module_);
  module[module_.size() - 64] = static_cast<char>(module[module_.size() - 64] ^ 1);
  EXPECT_THAT(codes(verify("dummy.ko", module)), ElementsAre("signature-invalid"));
}

TEST_F(Package, ModuleSignedTwiceIsCaught) {
  EXPECT_THAT(codes(verify("dummy.ko", key_.sealed(key_.sealed(module_)))), ElementsAre("module-signed-twice"));
}

TEST_F(Package, ModuleOfAnotherKernelIsCaughtByItsVermagic) {
  const auto other = test::newest_kernel("cloud-amd64", "6.12");
  ASSERT_TRUE(other);
  const VerifyReport report = verify("dummy.ko", key_.sealed(test::in_tree_module(*other, "dummy")));
  EXPECT_THAT(codes(report), ElementsAre("package-vermagic"));
  EXPECT_THAT(problems_of(report), HasSubstr("built for " + other->release.str() + ", installed for " + kernel_->release.str()));
}

TEST_F(Package, CompressedModuleMustBeReadableByTheKernel) {
  const std::string sealed = key_.sealed(module_);
  EXPECT_THAT(codes(verify("dummy.ko.xz", compressed(sealed, Compression::xz))), IsEmpty());
  EXPECT_THAT(codes(verify("dummy.ko", compressed(sealed, Compression::xz))), ElementsAre("package-compression"));
  // What plain `xz` makes: CRC64.
  write_file(directory_.path() / "plain.ko", sealed);
  ProcessRunner runner;
  static_cast<void>(run_checked(
      runner,
      Command{.program = "xz", .args = {(directory_.path() / "plain.ko").string()}, .environment = scrubbed_environment(0)}, {}));
  const VerifyReport report = verify("dummy.ko.xz", read_file(directory_.path() / "plain.ko.xz"));
  EXPECT_THAT(codes(report), ElementsAre("package-compression"));
  EXPECT_THAT(problems_of(report), HasSubstr("CRC32"));
}

TEST_F(Package, CompressionMustBeTheKernelsOwn) {
  KernelConfig config;
  config.compression = Compression::xz;
  expectation_.config = &config;
  const std::string sealed = key_.sealed(module_);
  EXPECT_THAT(codes(verify("dummy.ko.xz", compressed(sealed, Compression::xz))), IsEmpty());
  EXPECT_THAT(codes(verify("dummy.ko", sealed)), IsEmpty());
  EXPECT_THAT(codes(verify("dummy.ko.zst", compressed(sealed, Compression::zstd))), ElementsAre("package-compression"));
}

TEST_F(Package, RenamedModuleFileIsWarnedOf) {
  EXPECT_THAT(codes(verify("other.ko", key_.sealed(module_))), ElementsAre("module-renamed"));
}

TEST_F(Package, ModuleForAnotherMachineIsCaught) {
  HandmadeDeb deb = test::module_package(*kernel_, {{"dummy", key_.sealed(module_)}});
  deb.arch = "arm64";
  EXPECT_THAT(codes(verify(deb)), ElementsAre("package-architecture"));
}

TEST_F(Package, FileThatIsNoModuleIsReportedAndTheOthersAreStillChecked) {
  HandmadeDeb deb = test::module_package(*kernel_, {{"dummy", key_.sealed(module_)}, {"broken", "this is no module"}});
  const VerifyReport report = verify(deb);
  EXPECT_THAT(codes(report), ElementsAre("module-not-elf"));
  EXPECT_TRUE(
      std::ranges::any_of(report.checks, [](const Check& check) { return check.name == "signature:dummy.ko" && check.ok; }));
}

TEST_F(Package, TruncatedPackageIsAnErrorThatNamesIt) {
  test::module_package(*kernel_, {{"dummy", key_.sealed(module_)}}).write(directory_.path() / "whole.deb");
  const std::string whole = read_file(directory_.path() / "whole.deb");
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, whole.size() / 2, whole.size() - 10}) {
    write_file(directory_.path() / "cut.deb", whole.substr(0, length));
    try {
      static_cast<void>(verify_package(directory_.path() / "cut.deb", expectation_));
      FAIL() << length;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cut.deb")) << length;
    }
  }
}

TEST_F(Package, StopIsHonoured) {
  test::module_package(*kernel_, {{"dummy", key_.sealed(module_)}}).write(directory_.path() / "trial.deb");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(static_cast<void>(verify_package(directory_.path() / "trial.deb", expectation_, stop.get_token())), Cancelled);
}

}  // namespace
}  // namespace kmpack
