#include <gmock/gmock.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fixture.hpp"
#include "style_cell.hpp"
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

  /// A program of a shell's words, which it may also be read from.
  void add_script(const std::string& name, const std::string& text) {
    write_file(root / "bin" / name, "#!/bin/sh\n" + text, fs::perms{0755});
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

/// Packages of Red Hat's style with a weak-modules that notes how it is called: the real one looks at installed kernels, and its
/// home is no Debian.
struct InstallKmod : InstallRpm {
  StyleCell cell{RpmStyle::kmod};

  void SetUp() override {
    sample.modules.clear();
    InstallRpm::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    add_program("mkdir");
    add_program("cat");
    add_script("weak-modules", "echo \"$*\" >> /told\nwhile read -r path; do echo \"  $path\" >> /told; done\n");
    write_file(release_root_of(cell) / "modules.builtin", "");
  }

  [[nodiscard]] fs::path release_root_of(const StyleCell& of) const { return root / "lib/modules" / of.kernel.release.str(); }
  std::string packed(StyleCell& from) {
    const std::vector formats{Format::rpm};
    return make_packages(from.cell(), from.headers, from.build, from.modules, formats, settings(), runner, {})
        .at(0)
        .path.string();
  }
  std::string told() {
    const std::string text = fs::exists(root / "told") ? read_file(root / "told") : "";
    fs::remove(root / "told");
    return text;
  }
  static std::string paths(const std::string& release, const std::string& name) {
    const std::string place = "  /lib/modules/" + release + "/extra/" + name + "/pair_";
    return place + "client.ko\n" + place + "core.ko\n";
  }
};

TEST_F(InstallKmod, AddsTheModulesOfEachPackageByThemselvesWhenTheTransactionEnds) {
  const std::string release = cell.kernel.release.str();
  const std::string first = packed(cell);
  cell.manifest.name = PackageName{"other"};
  cell.manifest.install.initramfs = Initramfs::yes;
  rpm({"-i", first, packed(cell)});
  // weak-modules links all that it is given to a kernel, or none: one package must not take the other's links away.
  const std::string plain = "--no-initramfs --add-modules\n" + paths(release, "pair");
  const std::string needed_early = "--add-modules\n" + paths(release, "other");
  const std::string all = told();
  EXPECT_THAT(all, ::testing::AnyOf(plain + needed_early, needed_early + plain));
  EXPECT_FALSE(fs::exists(root / "var/lib/rpm-state/kmpack-weak-modules"));
}

TEST_F(InstallKmod, HasAnIndexBeforeTheUsersScriptRuns) {
  const std::string release = cell.kernel.release.str();
  cell.manifest.rpm.scripts = {
      {.phase = ScriptPhase::post_install,
       .text =
           "echo \"$1\" > /seen\nwhile read -r line; do echo \"$line\" >> /seen; done < /lib/modules/" + release + "/modules.dep",
       .where = {}}};
  rpm({"-i", packed(cell)});
  EXPECT_THAT(read_file(root / "seen"), ::testing::AllOf(::testing::StartsWith("1\n"), HasSubstr("extra/pair/pair_core.ko")));
}

TEST_F(InstallKmod, SettlesItselfWhenItsSuccessorIsNotOurs) {
  rpm({"-i", packed(cell)});
  told();
  const fs::path spec = place.path() / "foreign.spec";
  write_file(spec,
             "Name: kmod-pair\nVersion: 99\nRelease: 1\nSummary: Of somebody else\nLicense: MIT\nBuildArch: "
             "noarch\n%description\nx\n%files\n");
  output_of("rpmbuild", {"-bb", "--quiet", "--define", "_topdir " + (place.path() / "foreign").string(), spec.string()});
  rpm({"-U", "--ignorearch", (place.path() / "foreign/RPMS/noarch/kmod-pair-99-1.noarch.rpm").string()});
  EXPECT_EQ(told(), "--no-initramfs --remove-modules\n" + paths(cell.kernel.release.str(), "pair"));
  EXPECT_THAT(read_file(release_root_of(cell) / "modules.dep"), Not(HasSubstr("pair")));
  EXPECT_FALSE(fs::exists(root / "var/lib/rpm-state/kmpack-weak-modules"));
}

TEST_F(InstallKmod, WinsOnItsOwnKernelOverWhatIsLinkedThereFromAnother) {
  cell.kernel.release = KernelRelease{"5.14.0-427.13.1.el9_4.x86_64+rt"};
  cell.kernel.rules.rpm.suffix = "+rt";
  cell.kernel.rules.rpm.variant = "rt";
  write_file(release_root_of(cell) / "modules.builtin", "");
  const fs::path linked = release_root_of(cell) / "weak-updates/pair/pair_core.ko";
  fs::create_directories(linked.parent_path());
  fs::copy_file(cell.modules[0].file, linked);
  rpm({"-i", packed(cell)});
  const std::string index = read_file(release_root_of(cell) / "modules.dep");
  EXPECT_THAT(index, HasSubstr("extra/pair/pair_core.ko:"));
  EXPECT_THAT(index, Not(HasSubstr("weak-updates/pair/pair_core.ko:")));
}

TEST_F(InstallKmod, RemovesAndAddsOnceWhenItIsUpgradedToAnotherKernel) {
  const std::string release = cell.kernel.release.str();
  rpm({"-i", packed(cell)});
  told();
  StyleCell newer(RpmStyle::kmod);
  newer.kernel.release = KernelRelease{"5.14.0-503.el9.x86_64"};
  write_file(release_root_of(newer) / "modules.builtin", "");
  rpm({"-U", packed(newer)});
  EXPECT_EQ(told(), "--no-initramfs --remove-modules\n" + paths(release, "pair") + "--no-initramfs --add-modules\n" +
                        paths("5.14.0-503.el9.x86_64", "pair"));
  EXPECT_THAT(read_file(release_root_of(cell) / "modules.dep"), Not(HasSubstr("pair")));
  EXPECT_THAT(read_file(release_root_of(newer) / "modules.dep"), HasSubstr("extra/pair/pair_core.ko"));
  EXPECT_FALSE(fs::exists(root / "var/lib/rpm-state/kmpack-weak-modules"));
}

TEST_F(InstallKmod, RemovesNothingThatTheNewerPackageHasAgain) {
  const std::string release = cell.kernel.release.str();
  rpm({"-i", packed(cell)});
  told();
  cell.manifest.release = "1.1";
  rpm({"-U", packed(cell)});
  EXPECT_EQ(told(), "--no-initramfs --add-modules\n" + paths(release, "pair"));
}

TEST_F(InstallKmod, LeavesNothingWhenItGoesAlsoAfterItsKernel) {
  rpm({"-i", packed(cell)});
  told();
  fs::remove(release_root_of(cell) / "modules.builtin");
  rpm({"-e", "kmod-pair"});
  EXPECT_EQ(told(), "--no-initramfs --remove-modules\n" + paths(cell.kernel.release.str(), "pair"));
  EXPECT_FALSE(fs::exists(release_root_of(cell)));
  EXPECT_FALSE(fs::exists(root / "etc/depmod.d/kmod-pair.conf"));
}

TEST_F(InstallKmod, WorksWithoutWeakModules) {
  fs::remove(root / "bin/weak-modules");
  rpm({"-i", packed(cell)});
  EXPECT_THAT(read_file(release_root_of(cell) / "modules.dep"), HasSubstr("extra/pair/pair_core.ko"));
  rpm({"-e", "kmod-pair"});
  EXPECT_THAT(read_file(release_root_of(cell) / "modules.dep"), Not(HasSubstr("pair")));
}

TEST_F(InstallKmod, OfSuseCallsTheKernelScriptletsOrRunsDepmodWithoutThem) {
  StyleCell suse(RpmStyle::kmp);
  suse.kernel.rules.modules_root = "/lib/modules";
  write_file(release_root_of(suse) / "modules.builtin", "");
  const std::string file = packed(suse);
  rpm({"-i", file});
  EXPECT_THAT(read_file(release_root_of(suse) / "modules.dep"), HasSubstr("updates/pair/pair_core.ko"));
  rpm({"-e", "pair-kmp-default"});
  EXPECT_THAT(read_file(release_root_of(suse) / "modules.dep"), Not(HasSubstr("pair")));
  for (const char* phase : {"pre", "post", "preun", "postun", "posttrans"}) {
    write_file(root / "usr/lib/module-init-tools/kernel-scriptlets" / ("kmp-" + std::string(phase)),
               "#!/bin/sh\necho \"" + std::string(phase) + " $*\" >> /told\n", fs::perms{0755});
  }
  rpm({"-i", file});
  const std::string words =
      " --name pair-kmp-default --version 1.0_k6.12.0_160000.5 --release 1 --kernelrelease 6.12.0-160000.5 --flavor default "
      "--usrmerged 0 ";
  EXPECT_EQ(told(), "pre" + words + "1\npost" + words + "1\nposttrans" + words + "1\n");
  rpm({"-e", "pair-kmp-default"});
  EXPECT_EQ(told(), "preun" + words + "0\npostun" + words + "0\n");
}

}  // namespace
}  // namespace kmpack::test
