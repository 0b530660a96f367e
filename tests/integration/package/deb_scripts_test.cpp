#include <gmock/gmock.h>

#include "deb_scripts_walk.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kRelease = "6.1.0-7-amd64";
const std::string kDriver = "hello-modules-" + kRelease;

struct DebScripts : Packing {
  RootMeans means = RootMeans::root;
  TempDir fast{memory()};

  void SetUp() override {
    means = probe_root_means(runner, {});
    if (means != RootMeans::chrootless) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no root and no user namespaces";
    GTEST_SKIP() << "no root and no user namespaces";
  }

  /// A driver that belongs in the initramfs, of that version.
  std::string driver(const std::string& version, const KernelWays& ways = {}) {
    sample.kernel.rules.deb.trigger = ways.trigger;
    sample.manifest.install.initramfs = Initramfs::yes;
    sample.manifest.version = version;
    for (const SealedModule& module : sample.modules) {
      write_file(module.file,
                 FakeModule{}.modinfo({"license=GPL", "name=" + module.facts.name.str(), "vermagic=" + kRelease}).bytes());
    }
    return pack(Format::deb).at(0).path.string();
  }
  std::string kernel(const KernelWays& ways = {}) { return kernel_deb(place.path(), kRelease, ways).string(); }

  static void expect_ok(const Completed& done) { EXPECT_TRUE(done.ok()) << done.tail; }

  static std::string index(const DpkgRoot& root) { return read_file(root.path() / "lib/modules" / kRelease / "modules.dep"); }
};

const KernelWays kUbuntu{.trigger = "linux-update-{release}"};

TEST_F(DebScripts, KeepAKernelsIndexAndInitramfsRightInEveryOrder) {
  Walk walk{*this, {.means = means}};
  EXPECT_GT(walk.every_order(), 100U);
}

TEST_F(DebScripts, LetAnUbuntuKernelsHooksRunOnceForAll) {
  DpkgRoot root{fast.path() / "root", means, runner};
  const std::vector<std::string> create{"-c -k " + kRelease};
  expect_ok(root.dpkg({"--install", driver("1.0", kUbuntu), kernel(kUbuntu)}));
  EXPECT_EQ(root.calls(), create) << "once for the kernel and its driver";
  expect_ok(root.dpkg({"--install", driver("1.1", kUbuntu)}));
  EXPECT_EQ(root.calls(), create);
  expect_ok(root.dpkg({"--purge", kDriver}));
  EXPECT_THAT(root.calls(), ElementsAre("-u -k " + kRelease)) << "a kernel that goes with it would leave hooks that nobody runs";
  EXPECT_THAT(read_file(root.path() / "boot" / ("initrd.img-" + kRelease)), IsEmpty());
}

TEST_F(DebScripts, MakeTheInitramfsThemselvesWhereNoKernelListens) {
  const std::vector<std::string> update{"-u -k " + kRelease};
  DpkgRoot root{fast.path() / "root", means, runner};
  // The same release built by somebody else: no directory for hooks.
  expect_ok(root.dpkg({"--install", kernel()}));
  root.calls();
  expect_ok(root.dpkg({"--install", driver("1.0", kUbuntu)}));
  EXPECT_EQ(root.calls(), update);
  // The directory of another kernel, but a dpkg that takes no trigger.
  fs::create_directories(root.path() / "usr/lib/linux/triggers");
  write_file(root.path() / "usr/bin/dpkg-trigger", "#!/bin/sh\nexit 2\n", fs::perms{0755});
  expect_ok(root.dpkg({"--install", driver("1.1", kUbuntu)}));
  EXPECT_EQ(root.calls(), update);
  EXPECT_TRUE(fs::is_empty(root.path() / "usr/lib/linux/triggers"));
}

TEST_F(DebScripts, LeaveTheKernelsOwnHooksAlone) {
  DpkgRoot root{fast.path() / "root", means, runner};
  expect_ok(root.dpkg({"--install", kernel(kUbuntu)}));
  const fs::path hooks = root.path() / "usr/lib/linux/triggers" / kRelease;
  write_file(hooks, "echo of the kernel\n");
  expect_ok(root.dpkg({"--no-triggers", "--install", driver("1.0", kUbuntu)}));
  EXPECT_EQ(read_file(hooks), "echo of the kernel\n");
  EXPECT_THAT(root.dpkg({"--triggers-only", "--pending"}).tail, HasSubstr("of the kernel"));
  EXPECT_FALSE(fs::exists(hooks));
}

TEST_F(DebScripts, HaveTheHooksOfBothDirectoriesRun) {
  DpkgRoot root{fast.path() / "root", means, runner};
  expect_ok(root.dpkg({"--install", kernel(kUbuntu)}));
  root.calls();
  // The machine's own run-parts runs them: which may know one directory at a time alone.
  write_file(root.path() / "usr/share/kernel/postinst.d/other",
             "#!/bin/sh\necho \"other $* $DEB_MAINT_PARAMS\" >>/var/log/initramfs\n", fs::perms{0755});
  expect_ok(root.dpkg({"--install", driver("1.0", kUbuntu)}));
  EXPECT_THAT(root.calls(), ElementsAre("-c -k " + kRelease, "other " + kRelease + " /boot/vmlinuz-" + kRelease + " configure"));
}

TEST_F(DebScripts, TakeNotedHooksOfAGoneKernelAway) {
  DpkgRoot root{fast.path() / "root", means, runner};
  expect_ok(root.dpkg({"--install", kernel(kUbuntu)}));
  expect_ok(root.dpkg({"--no-triggers", "--install", driver("1.0", kUbuntu)}));
  const fs::path hooks = root.path() / "usr/lib/linux/triggers" / kRelease;
  EXPECT_THAT(read_file(hooks), HasSubstr("run-parts --report --exit-on-error --arg=" + kRelease + " --arg=/boot/vmlinuz-" +
                                          kRelease + " /etc/kernel/postinst.d\n"));
  root.dpkg({"--no-triggers", "--purge", "linux-image-" + kRelease});
  EXPECT_TRUE(fs::exists(hooks));
  expect_ok(root.dpkg({"--purge", kDriver}));
  EXPECT_FALSE(fs::exists(hooks));
}

TEST_F(DebScripts, FinishAConfigurationThatWasKilled) {
  DpkgRoot root{fast.path() / "root", means, runner};
  expect_ok(root.dpkg({"--install", kernel()}));
  const fs::path depmod = root.path() / "usr/bin/depmod";
  fs::rename(depmod, root.path() / "usr/bin/depmod.real");
  write_file(depmod, "#!/bin/sh\n: >/lib/modules/$2/modules.dep.123.456.789\nkill -9 $PPID\n", fs::perms{0755});
  EXPECT_FALSE(root.dpkg({"--install", driver("1.0")}).ok());
  fs::rename(root.path() / "usr/bin/depmod.real", depmod);
  root.calls();
  expect_ok(root.dpkg({"--configure", "--pending"}));
  EXPECT_THAT(index(root), HasSubstr("updates/hello/hello.ko"));
  EXPECT_THAT(root.calls(), ElementsAre("-u -k " + kRelease));
  // What the killed one left goes with the kernel.
  root.dpkg({"--purge", "linux-image-" + kRelease});
  expect_ok(root.dpkg({"--purge", kDriver}));
  EXPECT_FALSE(fs::exists(root.path() / "lib/modules" / kRelease));
}

TEST_F(DebScripts, KeepTheOldDriverWhenTheUsersScriptRefusesTheNew) {
  DpkgRoot root{fast.path() / "root", means, runner};
  expect_ok(root.dpkg({"--install", kernel(), driver("1.0")}));
  sample.manifest.deb.scripts = {{.phase = ScriptPhase::pre_install, .text = "exit 1"}};
  EXPECT_FALSE(root.dpkg({"--install", driver("2.0")}).ok());
  EXPECT_THAT(root.status(kDriver), HasSubstr("1.0-1"));
  EXPECT_THAT(index(root), HasSubstr("updates/hello/hello.ko"));
  // One that cannot be removed stays whole as well.
  sample.manifest.deb.scripts = {{.phase = ScriptPhase::pre_remove, .text = "[ -e /may-go ]"}};
  expect_ok(root.dpkg({"--install", driver("3.0")}));
  EXPECT_FALSE(root.dpkg({"--remove", kDriver}).ok());
  EXPECT_THAT(index(root), HasSubstr("updates/hello/hello.ko"));
  write_file(root.path() / "may-go", "");
  expect_ok(root.dpkg({"--remove", kDriver}));
  EXPECT_EQ(index(root).find("hello"), std::string::npos);
}

}  // namespace
}  // namespace kmpack::test
