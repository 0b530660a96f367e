#include "verify/boot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "integration/verify/trial.hpp"
#include "kmpack/architecture.hpp"
#include "verify/guest_root.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::GuestKernel;
using test::problems_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Boot : public testing::Test {
 protected:
  void SetUp() override {
    settings_.scratch = directory_.path();
    settings_.log = directory_.path() / "guest.log";
    settings_.first_byte = 60s;  // tests share the machine
    settings_.limit = 300s;
  }
  BootReport boot(const GuestKernel& kernel, const test::HandmadeDeb& deb) {
    const fs::path package = directory_.path() / "trial.deb";
    deb.write(package);
    return verify_boot(kernel.release, *find_architecture("amd64"), kernel.image, std::vector{package}, settings_, runner_, {});
  }

  TempDir directory_;
  BootSettings settings_;
  ProcessRunner runner_;
};

TEST_F(Boot, LoadsModulesWithTheirInTreeDependencies) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  // tun stands alone; vhost_net needs tun, vhost and others of the kernel's own.
  const BootReport report =
      boot(*kernel, test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")},
                                                   {"vhost_net", test::in_tree_module(*kernel, "vhost_net")}}));
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report) << read_file(settings_.log);
  ASSERT_EQ(report.modules.size(), 2U);
  EXPECT_EQ(report.modules[0].name.str(), "dummy");
  EXPECT_EQ(report.modules[0].result, LoadResult::loaded) << report.modules[0].message;
  EXPECT_EQ(report.modules[1].result, LoadResult::loaded) << report.modules[1].message;
  EXPECT_THAT(read_file(settings_.log), HasSubstr("Linux version"));
}

TEST_F(Boot, KernelThatEnforcesTakesOurModuleAndRefusesUnsignedAndTamperedCopies) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const test::TrialKey key;
  settings_.enforce = Enforcement::on;
  settings_.certificate = key.certificate();
  const BootReport report =
      boot(*kernel, test::module_package(*kernel, {{"dummy", key.sealed(test::in_tree_module(*kernel, "dummy"))}}));
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report) << read_file(settings_.log);
  std::vector<std::string> passed;
  for (const Check& check : report.report.checks) passed.push_back(check.name);
  EXPECT_THAT(passed, ElementsAre("boot", "certificate", "refuse:dummy-unsigned", "refuse:dummy-tampered", "load:dummy"));
  ASSERT_EQ(report.modules.size(), 1U);
  EXPECT_EQ(report.modules[0].result, LoadResult::loaded);
  // Trusted: not a word about a missing key.
  EXPECT_THAT(report.modules[0].kernel, Not(Contains(HasSubstr("verification failed"))));
}

TEST_F(Boot, UnsignedModuleIsAFailureUnderEnforcementWithTheKernelsReason) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const test::TrialKey key;
  settings_.enforce = Enforcement::on;
  settings_.certificate = key.certificate();
  const BootReport report = boot(*kernel, test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")}}));
  ASSERT_EQ(report.report.problems.error_count(), 1U) << problems_of(report.report);
  EXPECT_EQ(report.report.problems.all().front().code, "boot-module-failed");
  EXPECT_EQ(report.modules.at(0).result, LoadResult::refused);
  EXPECT_THAT(problems_of(report.report), HasSubstr("Loading of unsigned module is rejected"));
}

TEST_F(Boot, DriverWithoutItsDeviceIsAcceptedUnlessItMustLoad) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  // Says ENODEV on everything but a Surface.
  const auto deb = test::module_package(*kernel, {{"surface_gpe", test::in_tree_module(*kernel, "surface_gpe")}});
  const BootReport report = boot(*kernel, deb);
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report);
  EXPECT_EQ(report.modules.at(0).result, LoadResult::no_hardware) << report.modules.at(0).message;
  settings_.must_load = {ModuleName{"surface_gpe"}};
  const BootReport strict = boot(*kernel, deb);
  ASSERT_EQ(strict.report.problems.error_count(), 1U);
  EXPECT_EQ(strict.report.problems.all().front().code, "boot-module-failed");
  EXPECT_THAT(problems_of(strict.report), HasSubstr("No such device"));
}

TEST_F(Boot, ModuleOfAnotherKernelIsRefusedWithTheKernelsReason) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  const auto other = test::newest_kernel("cloud-amd64", "6.12");
  ASSERT_TRUE(kernel && other);
  const BootReport report = boot(*kernel, test::module_package(*kernel, {{"dummy", test::in_tree_module(*other, "dummy")}}));
  ASSERT_EQ(report.report.problems.error_count(), 1U);
  EXPECT_EQ(report.report.problems.all().front().code, "boot-module-failed");
  EXPECT_EQ(report.modules.at(0).result, LoadResult::refused) << report.modules.at(0).message;
}

TEST_F(Boot, CompressedModuleLoadsInANewerKernel) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.12");
  ASSERT_TRUE(kernel);
  test::HandmadeDeb deb = test::module_package(*kernel, {});
  deb.add("/lib/modules/" + kernel->release.str() + "/updates/dummy.ko.xz",
          compressed(test::in_tree_module(*kernel, "dummy"), Compression::xz));
  const BootReport report = boot(*kernel, deb);
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report);
  EXPECT_EQ(report.modules.at(0).result, LoadResult::loaded);
}

TEST_F(Boot, GuestThatHasOnlyBusyboxLoadsModulesInEveryCompression) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.12");
  ASSERT_TRUE(kernel);
  // What foreign guests are given; that it is of this machine's architecture makes no difference to how it is used.
  settings_.busybox = "/bin/busybox";
  test::HandmadeDeb deb = test::module_package(*kernel, {{"ifb", test::in_tree_module(*kernel, "ifb")}});
  const std::string place = "/lib/modules/" + kernel->release.str() + "/updates/";
  deb.add(place + "dummy.ko.zst", compressed(test::in_tree_module(*kernel, "dummy"), Compression::zstd));
  deb.add(place + "nlmon.ko.xz", compressed(test::in_tree_module(*kernel, "nlmon"), Compression::xz));
  const BootReport report = boot(*kernel, deb);
  EXPECT_TRUE(report.report.ok()) << problems_of(report.report);
  ASSERT_EQ(report.modules.size(), 3U);
  for (const BootedModule& module : report.modules)
    EXPECT_EQ(module.result, LoadResult::loaded) << module.name.str() << module.message;
}

TEST_F(Boot, SilentEmulatorIsEndedByTheWatchdog) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  settings_.first_byte = 0s;
  const BootReport report = boot(*kernel, test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")}}));
  ASSERT_EQ(report.report.problems.error_count(), 1U) << problems_of(report.report);
  EXPECT_EQ(report.report.problems.all().front().code, "boot-no-output");
  EXPECT_EQ(report.modules.at(0).result, LoadResult::not_reported);
}

TEST_F(Boot, BootThatTakesTooLongIsEndedAndItsMessagesKept) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  settings_.limit = 1s;
  const BootReport report = boot(*kernel, test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")}}));
  ASSERT_EQ(report.report.problems.error_count(), 1U) << problems_of(report.report);
  EXPECT_EQ(report.report.problems.all().front().code, "boot-timeout");
  EXPECT_TRUE(fs::exists(settings_.log));
}

TEST_F(Boot, ForgedImageThatNeverRunsInitIsReported) {
  KMPACK_NEEDS("qemu-system-x86_64");
  auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const auto deb = test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")}});
  kernel->image.vmlinuz = directory_.path() / "vmlinuz";
  write_file(kernel->image.vmlinuz, "this is not a kernel");
  const BootReport report = boot(*kernel, deb);
  ASSERT_EQ(report.report.problems.error_count(), 1U) << problems_of(report.report);
  EXPECT_EQ(report.report.problems.all().front().code, "boot-guest-died");
}

TEST_F(Boot, StopEndsTheEmulatorAndLeavesNothing) {
  KMPACK_NEEDS("qemu-system-x86_64");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const fs::path package = directory_.path() / "trial.deb";
  test::module_package(*kernel, {{"dummy", test::in_tree_module(*kernel, "dummy")}}).write(package);
  settings_.scratch = directory_.path() / "scratch";
  make_directories(settings_.scratch);
  std::stop_source stop;
  // Once the emulator runs there is a serial log in the scratch directory.
  std::jthread stopper{[&](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      for (const TreeEntry& entry :
           walk(settings_.scratch, [](const TreeEntry& at) { return at.relative.filename() == "root"; })) {
        if (entry.relative.filename() == "serial.log") stop.request_stop();
      }
      std::this_thread::sleep_for(20ms);
    }
  }};
  EXPECT_THROW(static_cast<void>(verify_boot(kernel->release, *find_architecture("amd64"), kernel->image, std::vector{package},
                                             settings_, runner_, stop.get_token())),
               Cancelled);
  stopper.request_stop();
  stopper.join();
  EXPECT_TRUE(fs::is_empty(settings_.scratch));
}

TEST_F(Boot, ArchitectureThatCannotBeTriedIsSaidBeforeAnythingIsDone) {
  const auto refusal = [&](const char* architecture) -> std::string {
    try {
      static_cast<void>(
          verify_boot(KernelRelease{"6.1.0-1-none"}, *find_architecture(architecture), {}, {}, settings_, runner_, {}));
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "no error";
  };
  EXPECT_EQ(refusal("s390x"), "error: kmpack cannot boot kernels for s390x [boot-unsupported]\n  hint: verify without --boot");
  const std::string foreign = same_architecture(host_architecture().machine, "arm64") ? "amd64" : "arm64";
  EXPECT_THAT(refusal(foreign.c_str()), HasSubstr("there is no busybox for"));
  settings_.busybox = "/bin/busybox";
  settings_.enforce = Enforcement::on;
  EXPECT_EQ(refusal("i386"),
            "error: kmpack has no firmware that could give a kernel for i686 a key to enforce signatures with "
            "[boot-unsupported]\n  hint: verify without --enforce");
}

TEST_F(Boot, ForeignGuestHasItsOwnBusyboxAndNothingOfThisMachine) {
  const fs::path busybox = directory_.path() / "foreign";
  write_file(busybox, "runs elsewhere");
  const GuestRoot root{directory_.path() / "root", KernelRelease{"6.1.0-1-none"}, busybox, runner_, {}};
  std::map<std::string, std::string> found;
  for (const TreeEntry& entry : walk(directory_.path() / "root")) {
    const fs::path path = directory_.path() / "root" / entry.relative;
    if (entry.type == EntryType::file) found[entry.relative.string()] = read_file(path);
    if (entry.type == EntryType::symlink) found[entry.relative.string()] = "-> " + fs::read_symlink(path).string();
  }
  EXPECT_THAT(found, testing::UnorderedElementsAre(
                         testing::Pair("bin", "-> usr/bin"), testing::Pair("usr/bin/busybox", "runs elsewhere"),
                         testing::Pair("usr/bin/sh", "-> busybox"), testing::Pair("usr/bin/modprobe", "-> busybox"),
                         testing::Pair("usr/bin/insmod", "-> busybox")));
}

TEST_F(Boot, PackageWithoutModulesForTheKernelIsAnError) {
  KMPACK_NEEDS("busybox");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  try {
    static_cast<void>(boot(*kernel, test::module_package(*kernel, {})));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "package-no-modules");
  }
}

}  // namespace
}  // namespace kmpack
