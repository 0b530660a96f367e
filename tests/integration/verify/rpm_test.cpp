#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/verify/trial.hpp"
#include "verify/boot.hpp"
#include "verify/install.hpp"
#include "verify/package.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using test::problems_of;
using testing::Contains;
using testing::HasSubstr;

/// An rpm made by rpmbuild itself, with none of kmpack's own code.
class Rpm : public testing::Test {
 protected:
  void SetUp() override {
    KMPACK_NEEDS("rpmbuild");
    kernel_ = test::newest_kernel("cloud-amd64", "6.1");
    ASSERT_TRUE(kernel_);
    settings_.scratch = directory_.path();
    settings_.symvers = kernel_->symvers;
    settings_.log = directory_.path() / "install.log";
    const std::string guard = "[ ! -e " + place() + "/modules.builtin ] || depmod " + kernel_->release.str() + "\n";
    post_ = guard;
    postun_ = guard;
  }
  [[nodiscard]] std::string place() const { return "/lib/modules/" + kernel_->release.str(); }

  fs::path build() {
    const fs::path top = directory_.path() / "rpm";
    make_directories(top);
    write_file(top / "dummy.ko", module_.empty() ? test::in_tree_module(*kernel_, "dummy") : module_);
    write_file(top / "trial.spec",
               "Name: kmod-trial\nVersion: 1.0\nRelease: 1\nSummary: made by hand\nLicense: GPL-2.0-only\nAutoReqProv: no\n"
               "Requires: kernel-" +
                   kernel_->release.str() +
                   "\nRequires: kmod\n"
                   "%description\nTrial.\n%install\nmkdir -p %{buildroot}" +
                   place() +
                   "/updates/trial\n"
                   "cp %{_topdir}/dummy.ko %{buildroot}" +
                   place() +
                   "/updates/trial/dummy.ko\n"
                   "%post\n" +
                   post_ + "%postun\n" + postun_ + "%files\n%defattr(0644,root,root,0755)\n%dir " + place() +
                   "/updates/trial\n%dir " + place() + "/updates\n" + place() + "/updates/trial/dummy.ko\n");
    const Completed done =
        run_checked(runner_,
                    Command{.program = "rpmbuild",
                            .args = {"--define", "_topdir " + top.string(), "--define", "__os_install_post %{nil}", "--define",
                                     "__strip /bin/true", "--target", "x86_64", "-bb", (top / "trial.spec").string()},
                            .environment = scrubbed_environment(0)},
                    {});
    return top / "RPMS/x86_64/kmod-trial-1.0-1.x86_64.rpm";
  }
  VerifyReport install() {
    return verify_installation(std::vector{build()}, kernel_->release, kernel_->image, settings_, runner_, {});
  }
  [[nodiscard]] std::string log() const { return fs::exists(settings_.log) ? read_file(settings_.log) : std::string{}; }

  std::optional<test::GuestKernel> kernel_;
  std::string module_;
  std::string post_;
  std::string postun_;
  TempDir directory_;
  InstallSettings settings_;
  ProcessRunner runner_;
};

TEST_F(Rpm, GoodPackageInstallsUpgradesAndLeavesNothing) {
  const VerifyReport report = install();
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
  EXPECT_TRUE(std::ranges::any_of(report.checks, [](const Check& check) { return check.name == "resolve:dummy" && check.ok; }));
}

TEST_F(Rpm, WorksInAnUnprivilegedNamespace) {
  settings_.means = RootMeans::namespaces;
  const VerifyReport report = install();
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
}

TEST_F(Rpm, WithoutAnyRootItIsAnErrorThatSaysWhatToAllow) {
  settings_.means = RootMeans::chrootless;
  try {
    static_cast<void>(install());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "root-unavailable");
    EXPECT_THAT(error.diagnostic().hint.value_or(""), HasSubstr("namespaces"));
  }
}

TEST_F(Rpm, MissingDepmodIsSeen) {
  post_ = "true\n";
  const VerifyReport report = install();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.problems.all().front().code, "module-not-resolved");
}

TEST_F(Rpm, FailingScriptletIsSeen) {
  post_ = "exit 4\n";
  const VerifyReport report = install();
  ASSERT_FALSE(report.ok()) << log();
  EXPECT_EQ(report.problems.all().front().code, "install-failed");
}

TEST_F(Rpm, IsReadBackLikeADeb) {
  const test::TrialKey key;
  module_ = key.sealed(test::in_tree_module(*kernel_, "dummy"));
  const VerifyReport report = verify_package(build(), VerifyExpectation{.certificate = key.certificate()});
  EXPECT_TRUE(report.ok()) << problems_of(report);
  EXPECT_EQ(report.release, kernel_->release);
}

TEST_F(Rpm, UnsignedModuleIsSeen) {
  const VerifyReport report = verify_package(build(), {});
  ASSERT_EQ(report.problems.all().size(), 1U) << problems_of(report);
  EXPECT_EQ(report.problems.all().front().code, "module-unsigned");
}

TEST_F(Rpm, ModulesOfAnRpmBootToo) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const BootSettings settings{.scratch = directory_.path(), .first_byte = std::chrono::seconds{60}};
  const BootReport report =
      verify_boot(kernel_->release, *find_architecture("x86_64"), kernel_->image, std::vector{build()}, settings, runner_, {});
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report);
  EXPECT_EQ(report.modules.at(0).result, LoadResult::loaded);
}

}  // namespace
}  // namespace kmpack
