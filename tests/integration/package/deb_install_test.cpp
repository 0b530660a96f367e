#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "fixture.hpp"
#include "support/fake_module.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Real dpkg on a root of its own, scripts run outside of it with DPKG_ROOT.
struct InstallDeb : Packing {
  fs::path root = place.path() / "root";

  void SetUp() override {
    for (const char* name : {"dpkg", "depmod", "modprobe"}) {
      if (!find_program(name)) {
        if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed";
        GTEST_SKIP() << name << " is not installed";
      }
    }
    for (const char* part : {"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"})
      fs::create_directories(root / part);
    write_file(root / "var/lib/dpkg/status", "");
    for (const SealedModule& module : sample.modules) {
      FakeModule content;
      content.modinfo({"license=GPL", "name=" + module.facts.name.str(), "vermagic=6.1.0-7-amd64 SMP mod_unload ", "depends="});
      write_file(module.file, content.bytes());
    }
  }

  [[nodiscard]] fs::path release_root() const { return root / "lib/modules" / sample.kernel.release.str(); }

  void add_kernel() {
    fs::create_directories(release_root() / "kernel");
    write_file(release_root() / "modules.builtin", "");
    write_file(release_root() / "modules.order", "");
  }
  /// As linux-image's own removal does: its files and what depmod made.
  void take_kernel() {
    fs::remove(release_root() / "modules.builtin");
    fs::remove(release_root() / "modules.order");
    fs::remove(release_root() / "kernel");
  }

  Completed dpkg(std::vector<std::string> args) {
    std::vector<std::string> all{"--root=" + root.string(),   "--log=/dev/null", "--force-not-root",
                                 "--force-script-chrootless", "--force-depends", "--no-triggers"};
    all.insert(all.end(), args.begin(), args.end());
    Completed completed = run("dpkg", all);
    EXPECT_TRUE(completed.ok()) << completed.tail << completed.errors;
    return completed;
  }

  std::vector<std::string> left() const {
    std::vector<std::string> files;
    for (const TreeEntry& entry : walk(root)) {
      const std::string path = entry.relative.string();
      if (!path.starts_with("var")) files.push_back(path);
    }
    return files;
  }

  std::string package(std::size_t index = 0) { return pack(Format::deb).at(index).path.string(); }
};

TEST_F(InstallDeb, MakesModprobeFindTheModules) {
  add_kernel();
  dpkg({"--install", package()});
  const std::string shown =
      output_of("modprobe", {"--dirname", root.string(), "--set-version", "6.1.0-7-amd64", "--show-depends", "hello"});
  EXPECT_THAT(shown, HasSubstr("updates/hello/hello.ko"));
  dpkg({"--remove", "hello-modules-6.1.0-7-amd64"});
  EXPECT_FALSE(run("modprobe", {"--dirname", root.string(), "--set-version", "6.1.0-7-amd64", "--show-depends", "hello"}).ok());
  EXPECT_TRUE(fs::exists(release_root() / "modules.dep")) << "the kernel is still there, and so is its index";
  EXPECT_FALSE(fs::exists(release_root() / "updates"));
}

TEST_F(InstallDeb, WritesNoIndexForAKernelThatIsNotThere) {
  dpkg({"--install", package()});
  EXPECT_FALSE(fs::exists(release_root() / "modules.dep"));
  dpkg({"--purge", "hello-modules-6.1.0-7-amd64"});
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(InstallDeb, LeavesNothingWhenTheKernelWentFirst) {
  add_kernel();
  dpkg({"--install", package()});
  ASSERT_TRUE(fs::exists(release_root() / "modules.dep"));
  take_kernel();
  dpkg({"--remove", "hello-modules-6.1.0-7-amd64"});
  EXPECT_FALSE(fs::exists(release_root()));
  EXPECT_FALSE(fs::exists(root / "usr"));
}

TEST_F(InstallDeb, ReplacesAnOlderVersionWithoutLeavings) {
  add_kernel();
  sample.kernel.package_version = "6.1.20-1";
  const std::string older = package();
  sample.kernel.package_version = "6.1.20-2";
  sample.modules.pop_back();
  const std::string newer = package();
  dpkg({"--install", older});
  EXPECT_TRUE(fs::exists(release_root() / "updates/hello/hello-more.ko"));
  dpkg({"--install", newer});
  EXPECT_FALSE(fs::exists(release_root() / "updates/hello/hello-more.ko"));
  EXPECT_THAT(read_file(release_root() / "modules.dep"), Not(HasSubstr("hello-more")));
}

TEST_F(InstallDeb, LetsTwoKernelsAndTheCommonFilesLieSideBySide) {
  sample.add_common_files();
  const std::string first = package();
  const std::string common = pack_common(Format::deb).at(0).path.string();
  sample.kernel.release = KernelRelease{"6.1.0-8-amd64"};
  const std::string second = package();
  dpkg({"--install", common, first, second});
  EXPECT_TRUE(fs::exists(root / "lib/modules/6.1.0-7-amd64/updates/hello/hello.ko"));
  EXPECT_TRUE(fs::exists(root / "lib/modules/6.1.0-8-amd64/updates/hello/hello.ko"));
  EXPECT_TRUE(fs::exists(root / "etc/modprobe.d/hello.conf"));
  dpkg({"--purge", "hello-modules-6.1.0-7-amd64", "hello-modules-6.1.0-8-amd64", "hello-modules-common"});
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(InstallDeb, RunsTheUsersFragmentsOnceInTheirPhases) {
  const fs::path told = place.path() / "told";
  const auto fragment = [&](ScriptPhase phase, const std::string& word) {
    return ScriptFragment{.phase = phase, .text = "cd /\nx=" + word + "\necho $x >> '" + told.string() + "'"};
  };
  sample.manifest.deb.scripts = {
      fragment(ScriptPhase::pre_install, "pre-install"), fragment(ScriptPhase::post_install, "post-install"),
      fragment(ScriptPhase::pre_remove, "pre-remove"), fragment(ScriptPhase::post_remove, "post-remove")};
  const std::string first = package();
  sample.manifest.release = "2";
  const std::string second = package();
  dpkg({"--install", first});
  dpkg({"--install", second});
  dpkg({"--purge", "hello-modules-6.1.0-7-amd64"});
  EXPECT_EQ(read_file(told), "pre-install\npost-install\npre-install\npost-install\npre-remove\npost-remove\n");
}

}  // namespace
}  // namespace kmpack::test
