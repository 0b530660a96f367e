#include "verify/install.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/text.hpp"
#include "integration/verify/trial.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using test::GuestKernel;
using test::HandmadeDeb;
using test::problems_of;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

std::vector<std::string> passed(const VerifyReport& report) {
  std::vector<std::string> names;
  for (const Check& check : report.checks) {
    if (check.ok) names.push_back(check.name);
  }
  return names;
}

class Install : public testing::Test {
 protected:
  void SetUp() override {
    kernel_ = test::newest_kernel("cloud-amd64", "6.1");
    ASSERT_TRUE(kernel_);
    settings_.scratch = directory_.path();
    settings_.symvers = kernel_->symvers;
    settings_.log = directory_.path() / "install.log";
  }
  /// vhost_net needs others of the kernel's own, and shadows the one in the kernel's tree.
  HandmadeDeb good() { return test::module_package(*kernel_, {{"vhost_net", test::in_tree_module(*kernel_, "vhost_net")}}); }
  std::vector<fs::path> written(const std::vector<HandmadeDeb>& debs) {
    std::vector<fs::path> paths;
    for (const HandmadeDeb& deb : debs) {
      paths.push_back(directory_.path() / (deb.name + ".deb"));
      deb.write(paths.back());
    }
    return paths;
  }
  VerifyReport verify(const std::vector<fs::path>& packages) {
    return verify_installation(packages, kernel_->release, kernel_->image, settings_, runner_, {});
  }
  VerifyReport verify(const HandmadeDeb& deb) { return verify(written({deb})); }
  [[nodiscard]] std::string log() const { return fs::exists(settings_.log) ? read_file(settings_.log) : std::string{}; }

  std::optional<GuestKernel> kernel_;
  TempDir directory_;
  InstallSettings settings_;
  ProcessRunner runner_;
};

TEST_F(Install, GoodPackagePassesEveryStepAndItsModuleWinsOverTheKernelsOwn) {
  const VerifyReport report = verify(good());
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
  EXPECT_THAT(passed(report),
              IsSupersetOf({"install", "resolve:vhost_net", "symbols", "upgrade", "resolve-after-upgrade:vhost_net", "remove",
                            "removed", "remove-after-kernel", "removed-after-kernel", "install-without-kernel",
                            "lists-without-kernel", "removed-without-kernel"}));
  EXPECT_THAT(log(), HasSubstr("over (0~~)")) << "the upgrade was not one";
}

TEST_F(Install, WorksInAnUnprivilegedNamespace) {
  KMPACK_NEEDS("unshare");
  settings_.means = RootMeans::namespaces;
  const VerifyReport report = verify(good());
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
}

TEST_F(Install, WorksWithoutChroot) {
  settings_.means = RootMeans::chrootless;
  const VerifyReport report = verify(good());
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
}

TEST_F(Install, CommonPackageInstalledAlongSatisfiesTheRelation) {
  HandmadeDeb common;
  common.name = "trial-modules-common";
  common.arch = "all";
  common.add("/etc/modprobe.d/trial.conf", "options vhost_net experimental_zcopytx=0\n");
  HandmadeDeb modules = good();
  modules.depends += ", trial-modules-common (= 1.0-1)";
  const VerifyReport report = verify(written({modules, common}));
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
  EXPECT_TRUE(report.problems.all().empty()) << problems_of(report);
}

TEST_F(Install, PackageForAnotherArchitectureIsTaken) {
  HandmadeDeb deb = good();
  deb.arch = "arm64";
  const VerifyReport report = verify(deb);
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
}

TEST_F(Install, InitramfsOfItsOwnKernelMayBeRefreshed) {
  HandmadeDeb deb = good();
  deb.scripts["postinst"] += "update-initramfs -u -k " + kernel_->release.str() + "\n";
  settings_.means = RootMeans::namespaces;
  const VerifyReport report = verify(deb);
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
  const auto check = std::ranges::find(report.checks, "initramfs", &Check::name);
  ASSERT_NE(check, report.checks.end());
  EXPECT_EQ(check->detail, "refreshed for this kernel");
}

TEST_F(Install, NeedThatNobodyKnowsIsReportedAndAssumed) {
  HandmadeDeb deb = good();
  deb.depends += ", trial-tools (>= 3)";
  const VerifyReport report = verify(deb);
  EXPECT_TRUE(report.ok()) << problems_of(report) << log();
  ASSERT_EQ(report.problems.all().size(), 1U);
  EXPECT_EQ(report.problems.all().front().code, "need-assumed");
  EXPECT_THAT(report.problems.all().front().message, HasSubstr("trial-tools (>= 3)"));
}

struct Fault {
  std::string name;
  std::string code;
  std::string says;
  std::function<void(HandmadeDeb&, const GuestKernel&)> make;
};

class BadPackage : public Install, public testing::WithParamInterface<int> {};

std::string changed(const HandmadeDeb& deb, const std::string& script, const std::string& more) {
  return deb.scripts.at(script) + more;
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {"PostinstFails", "install-failed", "exit status",
       [](HandmadeDeb& deb, const GuestKernel&) {
         deb.scripts["postinst"] = "#!/bin/sh\necho broken for the test >&2\nexit 3\n";
       }},
      {"PostinstWithoutDepmod", "module-not-resolved", "/kernel/drivers/vhost/vhost_net.ko",
       [](HandmadeDeb& deb, const GuestKernel&) { deb.scripts.erase("postinst"); }},
      {"PostrmWithoutDepmod", "install-leftovers", "changed: /usr/lib/modules/",
       [](HandmadeDeb& deb, const GuestKernel&) { deb.scripts.erase("postrm"); }},
      {"ScriptLeavesAFile", "install-leftovers", "left: /etc/trial-was-here",
       [](HandmadeDeb& deb, const GuestKernel&) {
         deb.scripts["postinst"] = changed(deb, "postinst", "> \"$DPKG_ROOT/etc/trial-was-here\"\n");
       }},
      {"PostrmFailsWithoutKernel", "install-failed", "remove-after-kernel",
       [](HandmadeDeb& deb, const GuestKernel& kernel) {
         deb.scripts["postrm"] = changed(deb, "postrm", "[ -e \"$DPKG_ROOT/boot/vmlinuz-" + kernel.release.str() + "\" ]\n");
       }},
      {"UnguardedDepmod", "install-leftovers", "/modules.dep",
       [](HandmadeDeb& deb, const GuestKernel& kernel) {
         deb.scripts["postinst"] = "#!/bin/sh\ndepmod -b \"${DPKG_ROOT:-/}\" " + kernel.release.str() + "\n";
       }},
      {"InitramfsOfEveryKernel", "initramfs-of-another-kernel", "update-initramfs -u -k all",
       [](HandmadeDeb& deb, const GuestKernel&) {
         deb.scripts["postinst"] = changed(deb, "postinst", "update-initramfs -u -k all\n");
       }},
      {"ModuleOfAnotherSeries", "symbols-unresolved", "disagrees about version",
       [](HandmadeDeb& deb, const GuestKernel&) {
         const auto other = test::newest_kernel("cloud-amd64", "6.12");
         ASSERT_TRUE(other);
         deb.files.back().content = test::in_tree_module(*other, "vhost_net");
         deb.files.back().member.size = deb.files.back().content.size();
       }},
      {"NeedsAnOlderVersionThanGiven", "install-failed", "dpkg",
       [](HandmadeDeb& deb, const GuestKernel&) { deb.depends += ", dpkg (= 1), dpkg (= 2)"; }},
  };
  return all;
}

TEST_P(BadPackage, IsReportedWithItsCode) {
  const Fault& fault = faults().at(static_cast<std::size_t>(GetParam()));
  HandmadeDeb deb = good();
  fault.make(deb, *kernel_);
  const VerifyReport report = verify(deb);
  ASSERT_FALSE(report.ok()) << log();
  std::vector<std::string_view> codes;
  for (const Diagnostic& problem : report.problems.all()) codes.push_back(problem.code);
  EXPECT_THAT(codes, Contains(fault.code)) << problems_of(report);
  EXPECT_THAT(problems_of(report), HasSubstr(fault.says)) << log();
}

INSTANTIATE_TEST_SUITE_P(Install, BadPackage, testing::Range(0, static_cast<int>(faults().size())),
                         [](const auto& chosen) { return faults().at(static_cast<std::size_t>(chosen.param)).name; });

TEST_F(Install, SymbolsThatCannotBeCheckedAreAWarning) {
  settings_.symvers.clear();
  const VerifyReport report = verify(good());
  EXPECT_TRUE(report.ok()) << problems_of(report);
  ASSERT_EQ(report.problems.all().size(), 1U);
  EXPECT_EQ(report.problems.all().front().code, "symbols-unchecked");
}

TEST_F(Install, NothingOfTheHostIsTouched) {
  const fs::path log = "/var/log/dpkg.log";
  const auto size = fs::exists(log) ? fs::file_size(log) : 0;
  static_cast<void>(verify(good()));
  EXPECT_EQ(fs::exists(log) ? fs::file_size(log) : 0, size);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator{directory_.path()}) left.push_back(entry.path().filename().string());
  EXPECT_EQ(left.size(), 2U) << joined(left, " ");  // the package and the log
}

}  // namespace
}  // namespace kmpack
