#include <gmock/gmock.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fixture.hpp"
#include "support/fake_module.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// Real rpm on a root of its own that has a shell, depmod and little else; scripts run inside of it.
struct InstallRpm : Packing {
  fs::path root = place.path() / "root";

  void SetUp() override {
    for (const char* name : {"rpm", "depmod", "ldd", "unshare"}) {
      if (!find_program(name)) {
        if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed";
        GTEST_SKIP() << name << " is not installed";
      }
    }
    for (const char* name : {"sh", "rm", "rmdir", "depmod"}) add_program(name);
    for (const SealedModule& module : sample.modules) {
      FakeModule content;
      content.modinfo({"license=GPL", "name=" + module.facts.name.str(), "vermagic=6.1.0-7-amd64 SMP mod_unload ", "depends="});
      write_file(module.file, content.bytes());
    }
  }

  /// A program of this machine with the libraries that ldd names.
  void add_program(const std::string& name) {
    const fs::path program = find_program(name).value();
    add_file(program, fs::path("bin") / name);
    for (const std::string& word : words(output_of("ldd", {program.string()}))) {
      if (word.starts_with("/")) add_file(word, fs::path(word).relative_path());
    }
  }
  void add_file(const fs::path& from, const fs::path& to) {
    fs::create_directories((root / to).parent_path());
    fs::copy_file(from, root / to, fs::copy_options::skip_existing);
  }

  [[nodiscard]] fs::path release_root() const { return root / "lib/modules" / sample.kernel.release.str(); }

  void add_kernel() { write_file(release_root() / "modules.builtin", ""); }

  Completed rpm(std::vector<std::string> args) {
    std::vector<std::string> all{"rpm", "--root", root.string(), "--nodeps", "--nosignature"};
    all.insert(all.end(), args.begin(), args.end());
    // A user namespace of one's own is root enough for chroot.
    if (::geteuid() != 0) all.insert(all.begin(), {"--map-root-user"});
    const std::string program = ::geteuid() == 0 ? "rpm" : "unshare";
    if (program == "rpm") all.erase(all.begin());
    Completed completed = run(program, all);
    EXPECT_TRUE(completed.ok()) << completed.tail << completed.errors;
    return completed;
  }

  std::string package() { return pack(Format::rpm).at(0).path.string(); }
};

TEST_F(InstallRpm, RefreshesTheIndexOfItsKernelAndLeavesNothing) {
  add_kernel();
  rpm({"-i", package()});
  EXPECT_TRUE(fs::exists(release_root() / "updates/hello/hello.ko"));
  EXPECT_THAT(read_file(release_root() / "modules.dep"), HasSubstr("updates/hello/hello.ko"));
  rpm({"-e", "kmod-hello-6.1.0-7-amd64"});
  EXPECT_FALSE(fs::exists(release_root() / "updates"));
  EXPECT_THAT(read_file(release_root() / "modules.dep"), Not(HasSubstr("hello")));
}

TEST_F(InstallRpm, WritesNoIndexForAKernelThatIsNotThere) {
  rpm({"-i", package()});
  EXPECT_FALSE(fs::exists(release_root() / "modules.dep"));
  rpm({"-e", "kmod-hello-6.1.0-7-amd64"});
  EXPECT_FALSE(fs::exists(release_root()));
}

TEST_F(InstallRpm, LeavesNothingWhenTheKernelWentFirst) {
  add_kernel();
  rpm({"-i", package()});
  ASSERT_TRUE(fs::exists(release_root() / "modules.dep"));
  fs::remove(release_root() / "modules.builtin");
  rpm({"-e", "kmod-hello-6.1.0-7-amd64"});
  EXPECT_FALSE(fs::exists(release_root()));
}

TEST_F(InstallRpm, RunsRemovalFragmentsOnlyWithTheLastVersion) {
  add_kernel();
  const auto fragment = [](ScriptPhase phase, const std::string& word) {
    return ScriptFragment{.phase = phase, .text = "echo " + word + " >> /told"};
  };
  sample.manifest.rpm.scripts = {
      fragment(ScriptPhase::pre_install, "pre-install"), fragment(ScriptPhase::post_install, "post-install"),
      fragment(ScriptPhase::pre_remove, "pre-remove"), fragment(ScriptPhase::post_remove, "post-remove")};
  const std::string first = package();
  sample.manifest.release = "2";
  sample.modules.pop_back();
  const std::string second = package();
  rpm({"-i", first});
  rpm({"-U", second});
  EXPECT_THAT(read_file(release_root() / "modules.dep"), Not(HasSubstr("hello-more")));
  rpm({"-e", "kmod-hello-6.1.0-7-amd64"});
  EXPECT_EQ(read_file(root / "told"), "pre-install\npost-install\npre-install\npost-install\npre-remove\npost-remove\n");
}

TEST_F(InstallRpm, LetsTwoKernelsAndTheCommonFilesLieSideBySide) {
  sample.add_common_files();
  const std::string first = package();
  const std::string common = pack_common(Format::rpm).at(0).path.string();
  sample.kernel.release = KernelRelease{"6.1.0-8-amd64"};
  rpm({"-i", common, first, package()});
  EXPECT_TRUE(fs::exists(root / "lib/modules/6.1.0-7-amd64/updates/hello/hello.ko"));
  EXPECT_TRUE(fs::exists(root / "lib/modules/6.1.0-8-amd64/updates/hello/hello.ko"));
  EXPECT_TRUE(fs::exists(root / "lib/firmware/hello/fw.bin"));
}

}  // namespace
}  // namespace kmpack::test
