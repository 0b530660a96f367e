#include "manifest/dkms/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string texts(const Diagnostics& problems) {
  std::string text;
  for (const Diagnostic& problem : problems.all()) text += to_text(problem) + "\n";
  return text;
}

std::shared_ptr<const Kernel> kernel(const std::string& flavor, const std::string& series, const std::string& release) {
  Kernel kernel;
  kernel.flavor = {.distribution = "debian-12", .flavor = flavor, .arch = "amd64"};
  kernel.series = series;
  kernel.release = KernelRelease(release);
  return std::make_shared<const Kernel>(kernel);
}

const auto kPlain = kernel("amd64", "6.1", "6.1.0-56-amd64");
const auto kOlder = kernel("amd64", "6.1", "6.1.0-55-amd64");
const auto kCloud = kernel("cloud-amd64", "6.1", "6.1.0-56-cloud-amd64");
const auto kNew = kernel("amd64", "6.12", "6.12.117+deb12-amd64");

DkmsModule module(const std::string& name, const fs::path& directory = ".") {
  return {
      .built_name = name, .built_directory = directory, .installed_name = name, .installed_directory = "/extra", .excluded = {}};
}

constexpr const char* kCall = "make KERNELRELEASE=${kernelver} -C ${kernel_source_dir} M=${build_dir}";

class DkmsImport : public ::testing::Test {
 protected:
  DkmsImport() {
    file("dkms.conf", "PACKAGE_NAME=drv\nPACKAGE_VERSION=1\nPATCH[0]=\"a.patch\"\nPRE_BUILD=\"pre.sh one\"\n");
    identity_.file = dir_.path() / "dkms.conf";
    identity_.source.directory = dir_.path();
    identity_.name = PackageName("drv");
    identity_.version = "1";
    identity_.dkms = DkmsOrigin{.conf = identity_.file, .name = "drv", .version = "1"};
  }

  void file(const std::string& name, const std::string& text, int mode = 0644) {
    write_file(dir_.path() / name, text, static_cast<fs::perms>(mode));
  }

  static DkmsConf conf(std::vector<DkmsModule> modules) {
    DkmsConf conf;
    conf.name = "drv";
    conf.version = "1";
    conf.modules = std::move(modules);
    conf.make = kCall;
    return conf;
  }

  Manifest merged(const std::vector<DkmsAnswer>& answers) {
    auto manifest = merged_dkms(identity_, answers, problems_);
    EXPECT_TRUE(manifest.has_value()) << texts(problems_);
    return manifest.value_or(Manifest{});
  }

  std::string refused(const DkmsConf& conf) {
    const std::vector<DkmsAnswer> answers = {{kPlain, conf}};
    EXPECT_FALSE(merged_dkms(identity_, answers, problems_).has_value());
    std::string text = texts(problems_);
    for (std::size_t at = 0; (at = text.find(dir_.path().string() + "/")) != std::string::npos;)
      text.erase(at, dir_.path().string().size() + 1);
    return text;
  }

  static std::vector<std::string> patterns(const KernelCondition& when) {
    std::vector<std::string> found;
    for (const FlavorPattern& pattern : when.flavors) found.push_back(pattern.text);
    return found;
  }

  TempDir dir_;
  Manifest identity_;
  Diagnostics problems_;
};

TEST_F(DkmsImport, GivesNoConditionWhereAllKernelsAgree) {
  const Manifest manifest = merged({{kPlain, conf({module("drv")})}, {kNew, conf({module("drv")})}});
  ASSERT_THAT(manifest.modules, SizeIs(1));
  EXPECT_EQ(manifest.modules[0].name.str(), "drv");
  EXPECT_TRUE(manifest.modules[0].when.unconditional());
  EXPECT_THAT(manifest.make.commands, IsEmpty());
  EXPECT_THAT(problems_.all(), IsEmpty());
}

TEST_F(DkmsImport, NamesFlavorAndSeriesWhereTheirKernelsAgree) {
  const Manifest manifest = merged({{kPlain, conf({module("drv"), module("extra")})},
                                    {kOlder, conf({module("drv"), module("extra")})},
                                    {kNew, conf({module("drv")})},
                                    {kCloud, conf({module("drv")})}});
  ASSERT_THAT(manifest.modules, SizeIs(2));
  EXPECT_TRUE(manifest.modules[0].when.unconditional());
  EXPECT_THAT(patterns(manifest.modules[1].when), ElementsAre("debian-12/amd64@6.1"));
}

TEST_F(DkmsImport, NamesReleasesWhereKernelsOfOneSeriesDiffer) {
  const Manifest manifest =
      merged({{kPlain, conf({module("drv"), module("extra")})}, {kOlder, conf({module("drv")})}, {kNew, conf({module("drv")})}});
  EXPECT_THAT(patterns(manifest.modules.at(1).when), ElementsAre("debian-12/amd64@6.1.0-56-amd64"));
}

TEST_F(DkmsImport, KeepsTheOrderOfModulesThatOnlySomeKernelsHave) {
  const Manifest manifest =
      merged({{kPlain, conf({module("a"), module("c")})}, {kNew, conf({module("a"), module("b"), module("c")})}});
  ASSERT_THAT(manifest.modules, SizeIs(3));
  EXPECT_EQ(manifest.modules[1].name.str(), "b");
  EXPECT_THAT(patterns(manifest.modules[1].when), ElementsAre("debian-12/amd64@6.12"));
}

TEST_F(DkmsImport, TurnsExclusionsIntoExclusionsWithTheirReason) {
  DkmsConf no = conf({});
  no.excluded = "needs CONFIG_USB_HID";
  const Manifest manifest = merged({{kPlain, conf({module("drv")})}, {kCloud, no}});
  ASSERT_THAT(manifest.kernels.exclude, SizeIs(1));
  // The same version is built for another flavor, so it is not the version.
  EXPECT_EQ(manifest.kernels.exclude[0].pattern.text, "debian-12/cloud-amd64");
  EXPECT_EQ(manifest.kernels.exclude[0].reason, "needs CONFIG_USB_HID");
  // A kernel that is not built for does not make the rest conditional.
  EXPECT_TRUE(manifest.modules.at(0).when.unconditional());
}

TEST_F(DkmsImport, NamesTheSeriesWhereAFlavorIsExcludedForItsVersion) {
  DkmsConf no = conf({});
  no.excluded = "too new";
  const Manifest manifest = merged({{kPlain, conf({module("drv")})}, {kNew, no}});
  ASSERT_THAT(manifest.kernels.exclude, SizeIs(1));
  EXPECT_EQ(manifest.kernels.exclude[0].pattern.text, "debian-12/amd64@6.12");
}

TEST_F(DkmsImport, DemandsOfAllKernelsWhatTheConfDemandsOfAll) {
  const auto demanding = [](bool old_enough) {
    DkmsConf made = conf({module("drv")});
    if (!old_enough) made.excluded = "BUILD_EXCLUSIVE_KERNEL_MAX is 6.8";
    made.rules = {{.directive = "BUILD_EXCLUSIVE_KERNEL_MIN", .text = "3.9"},
                  {.directive = "BUILD_EXCLUSIVE_KERNEL_MAX", .text = "6.8", .met = old_enough},
                  {.directive = "BUILD_EXCLUSIVE_CONFIG", .text = "CONFIG_PCI"},
                  {.directive = "BUILD_EXCLUSIVE_CONFIG", .text = "!CONFIG_PREEMPT_RT"}};
    return made;
  };
  const std::vector<DkmsAnswer> answers = {{kPlain, demanding(true)}, {kNew, demanding(false)}};
  const KernelsSpec kernels = merged(answers).kernels;
  EXPECT_EQ(kernels.range.min, "3.9");
  EXPECT_EQ(kernels.range.max, std::nullopt);
  // Nothing is said of the flavor whose kernel the rule excludes.
  ASSERT_THAT(kernels.exclude, SizeIs(1));
  EXPECT_EQ(kernels.exclude[0].pattern.text, "*/*");
  EXPECT_EQ(kernels.exclude[0].kernels.min, "6.8");
  ASSERT_THAT(kernels.config, SizeIs(2));
  EXPECT_EQ(kernels.config[0].option, "CONFIG_PCI");
  EXPECT_EQ(kernels.config[0].need, ConfigNeed::enabled);
  EXPECT_EQ(kernels.config[1].option, "CONFIG_PREEMPT_RT");
  EXPECT_EQ(kernels.config[1].need, ConfigNeed::disabled);
  EXPECT_THAT(rules_of_these_kernels(identity_, answers), IsEmpty());
}

TEST_F(DkmsImport, LeavesRulesToTheKernelsAskedAboutThatNoManifestSays) {
  DkmsConf one = conf({module("drv")});
  one.rules = {{.directive = "BUILD_EXCLUSIVE_ARCH", .text = "x86"},
               {.directive = "BUILD_EXCLUSIVE_KERNEL_MIN", .text = "5.4.0-26"},
               {.directive = "BUILD_EXCLUSIVE_KERNEL_MAX", .text = "9", .index = 1, .of_module = true},
               {.directive = "BUILD_EXCLUSIVE_CONFIG", .text = "PCI"},
               {.directive = "OBSOLETE_BY", .text = "7", .met = true}};
  DkmsConf other = one;
  other.rules.pop_back();
  const std::vector<DkmsAnswer> answers = {{kPlain, one}, {kNew, other}};
  const KernelsSpec kernels = merged(answers).kernels;
  EXPECT_TRUE(kernels.range.unbounded());
  EXPECT_THAT(kernels.exclude, IsEmpty());
  EXPECT_THAT(kernels.config, IsEmpty());
  EXPECT_THAT(rules_of_these_kernels(identity_, answers), SizeIs(5));
}

TEST_F(DkmsImport, LeavesOutAModuleThatItsKernelDoesNotGet) {
  DkmsConf some = conf({module("drv"), module("extra")});
  some.modules[1].excluded = "not for it";
  const Manifest manifest = merged({{kPlain, some}, {kNew, conf({module("drv"), module("extra")})}});
  EXPECT_THAT(patterns(manifest.modules.at(1).when), ElementsAre("debian-12/amd64@6.12"));
  EXPECT_EQ(texts(problems_), identity_.file.string() +
                                  ": warning: the module extra is left out: not for it [dkms-module-excluded]\n"
                                  "  note: for debian-12/amd64@6.1.0-56-amd64\n");
}

TEST_F(DkmsImport, KeepsNamesOfFilesAndStrip) {
  DkmsConf renamed = conf({module("drv")});
  renamed.modules[0].installed_name = "drv_new";
  renamed.modules[0].strip = Strip::no;
  const Manifest manifest = merged({{kPlain, renamed}});
  EXPECT_EQ(manifest.modules.at(0).file, ModuleName("drv_new"));
  EXPECT_EQ(manifest.modules.at(0).strip, Strip::no);
}

TEST_F(DkmsImport, MakesACommandOfWhatIsNotPlainKbuild) {
  DkmsConf other = conf({module("drv")});
  other.make = "make driver KVERSION=${kernelver}";
  const Manifest manifest = merged({{kPlain, conf({module("drv")})}, {kNew, other}});
  ASSERT_THAT(manifest.make.commands, SizeIs(1));
  EXPECT_EQ(manifest.make.commands[0].text, "make driver KVERSION=${kernelver}");
  EXPECT_THAT(patterns(manifest.make.commands[0].when), ElementsAre("debian-12/amd64@6.12"));
}

TEST_F(DkmsImport, TakesPatchesFromTheirFolderInAnOrderThatIsRightForEachKernel) {
  for (const char* name : {"a", "b", "c"}) file(std::string("patches/") + name, "");
  DkmsConf first = conf({module("drv")});
  first.patches = {"a", "c"};
  DkmsConf second = conf({module("drv")});
  second.patches = {"c", "b", "a"};
  const Manifest manifest = merged({{kPlain, first}, {kNew, second}});
  std::vector<std::string> old_kernel;
  std::vector<std::string> new_kernel;
  for (const PatchSpec& patch : manifest.patches) {
    EXPECT_EQ(patch.strip, 1);
    EXPECT_EQ(patch.fuzz, 2U) << "what GNU patch allows when dkms calls it";
    EXPECT_EQ(patch.file.parent_path(), dir_.path() / "patches");
    const auto named = patterns(patch.when);
    if (named.empty() || named.front() == "debian-12/amd64@6.1") old_kernel.push_back(patch.file.filename());
    if (named.empty() || named.front() == "debian-12/amd64@6.12") new_kernel.push_back(patch.file.filename());
  }
  EXPECT_THAT(old_kernel, ElementsAre("a", "c"));
  EXPECT_THAT(new_kernel, ElementsAre("c", "b", "a"));
}

TEST_F(DkmsImport, RefusesPatchesThatAreAbsentOrElsewhere) {
  DkmsConf bad = conf({module("drv")});
  bad.patches = {"a.patch", "../x"};
  EXPECT_EQ(refused(bad),
            "dkms.conf:3: error: the patch patches/a.patch is not there [file-missing]\n"
            "  hint: dkms looks for patches in patches/ beside the dkms.conf\n"
            "dkms.conf:3: error: PATCH names '../x', which does not stay in patches/ [path-unsafe]\n"
            "  hint: put the patch into patches/ beside the dkms.conf and name it without '..'\n");
}

TEST_F(DkmsImport, TakesTheMachinesOwnPatchBeforeThePackages) {
  file("patches/a", "");
  file("etc/drv/patches/a", "");
  identity_.dkms->overrides = dir_.path() / "etc";
  DkmsConf patched = conf({module("drv")});
  patched.patches = {"a"};
  EXPECT_EQ(merged({{kPlain, patched}}).patches.at(0).file, dir_.path() / "etc/drv/patches/a");
}

TEST_F(DkmsImport, CallsScriptsAsDkmsDoes) {
  file("pre.sh", "#!/bin/sh\n", 0755);
  DkmsConf scripts = conf({module("drv")});
  scripts.pre_build = "pre.sh one;two 'x $HOME *.c ${kernelver}";
  scripts.post_build = "./pre.sh";
  identity_.dkms->semantics = DkmsSemantics::v3_0;
  const Manifest old = merged({{kPlain, scripts}});
  ASSERT_THAT(old.make.before, SizeIs(1));
  EXPECT_EQ(old.make.before[0].text, R"(./pre.sh 'one;two' ''\''x' '$HOME' *.c ${kernelver})");
  EXPECT_EQ(old.make.after.at(0).text, "./pre.sh");
  identity_.dkms->semantics = DkmsSemantics::v3_4;
  const Manifest manifest = merged({{kPlain, scripts}});
  EXPECT_EQ(manifest.make.before.at(0).text, "./pre.sh one;two 'x $HOME *.c ${kernelver}") << "shell text, for dkms of today";
  EXPECT_EQ(manifest.make.before[0].where, (SourceSpan{identity_.file, 4, 0}));
}

TEST_F(DkmsImport, RefusesScriptsThatDkmsWouldPassOver) {
  file("pre.sh", "#!/bin/sh\n");
  DkmsConf scripts = conf({module("drv")});
  scripts.pre_build = "pre.sh one";
  scripts.post_build = "/usr/bin/true";
  EXPECT_EQ(refused(scripts),
            "dkms.conf:4: error: PRE_BUILD names 'pre.sh', which is not executable: dkms would warn and go on without it "
            "[dkms-script-not-executable]\n"
            "  hint: chmod +x pre.sh, or take the directive out\n"
            "dkms.conf: error: POST_BUILD names '/usr/bin/true', which is not there [dkms-script-missing]\n"
            "  hint: put the script beside the dkms.conf, or take the directive out\n");
}

TEST_F(DkmsImport, SaysOnceWhatRunsOnTheTarget) {
  DkmsConf scripts = conf({module("drv")});
  scripts.target_scripts = {{"POST_INSTALL", "post.sh reload\nmore"}};
  merged({{kPlain, scripts}, {kNew, scripts}});
  ASSERT_THAT(problems_.all(), SizeIs(1));
  EXPECT_EQ(problems_.all()[0].code, "dkms-script-left-out");
  EXPECT_EQ(problems_.all()[0].message,
            "POST_INSTALL runs 'post.sh reload' on the machine that installs, in dkms's own tree; packages do not have that");
}

TEST_F(DkmsImport, KnowsWhereTheConfSaysIt) {
  file("dkms.conf", "PACKAGE_NAME=drv\n  BUILT_MODULE_NAME[0]=\"other\"\nBUILT_MODULE_NAME[1]=\"drv\"\nBUILT_MODULE_NAMES=x\n");
  EXPECT_EQ(merged({{kPlain, conf({module("drv")})}}).modules.at(0).where, (SourceSpan{identity_.file, 3, 0}));
  EXPECT_EQ(line_of_directive("A=1\nB[$i]=2\n", "B", "7"), 2U);
  EXPECT_EQ(line_of_directive("A=1\nB=2\n", "C", ""), 0U);
}

TEST_F(DkmsImport, NeedsThePackagesOfAllKernels) {
  DkmsConf needs = conf({module("drv")});
  needs.build_depends = {"Base_Mod"};
  EXPECT_THAT(merged({{kPlain, needs}, {kNew, conf({module("drv")})}}).build_depends, ElementsAre(PackageName("base-mod")));
}

TEST_F(DkmsImport, RefusesNamesThatNoModuleHas) {
  EXPECT_THAT(refused(conf({module("a b")})), ::testing::HasSubstr("[module-name-invalid]"));
}

TEST_F(DkmsImport, RefusesPlacesOutsideOfTheSource) {
  EXPECT_THAT(refused(conf({module("drv", "../other")})), ::testing::HasSubstr("[path-unsafe]"));
}

TEST_F(DkmsImport, KnowsPlainKbuildFromMore) {
  const auto plain = [&](const std::string& make, const fs::path& directory = ".") {
    DkmsConf of = conf({module("drv", directory)});
    of.make = make;
    const auto found = plain_kbuild_directory(of, dir_.path());
    return found ? found->string() : "no";
  };
  EXPECT_EQ(plain(kCall), ".");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir}/ modules"), ".");
  EXPECT_EQ(plain("make -C${kernel_source_dir} \"M=${build_dir}/src/\"", "src"), "src");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} SUBDIRS=${build_dir} M=${build_dir} modules"), ".");
  // The modules come out elsewhere than kbuild was called for.
  EXPECT_EQ(plain(kCall, "src"), "no");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir}/../x"), "no");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir}x"), "no");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir} CONFIG_X=m"), "no");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir} && true"), "no");
  EXPECT_EQ(plain("make -C ${kernel_source_dir} M=${build_dir} $(EXTRA)"), "no");
  EXPECT_EQ(plain("X=1 make -C ${kernel_source_dir} M=${build_dir}"), "no");
  EXPECT_EQ(plain("make M=${build_dir}"), "no");
  EXPECT_EQ(plain("make -C ${build_dir}"), "no");
  EXPECT_EQ(plain("make"), "no");
}

TEST_F(DkmsImport, RunsACallWhoseMakefileLooksAtTheRelease) {
  file("Makefile", "ifneq ($(KERNELRELEASE),)\nobj-m := drv.o # KERNELRELEASE\nendif\n");
  EXPECT_TRUE(plain_kbuild_directory(conf({module("drv")}), dir_.path()).has_value());
  file("Makefile", "obj-m := drv.o\nccflags-y += -DREL=$(KERNELRELEASE)\n");
  EXPECT_FALSE(plain_kbuild_directory(conf({module("drv")}), dir_.path()).has_value());
}

TEST_F(DkmsImport, RunsACallBelowTheSourceWhoseMakefileLooksAtTheWorkingDirectory) {
  DkmsConf of = conf({module("drv", "src")});
  of.make = "make -C ${kernel_source_dir} M=${build_dir}/src";
  fs::create_directories(dir_.path() / "src");
  file("src/Makefile", "obj-m := drv.o\n");
  EXPECT_TRUE(plain_kbuild_directory(of, dir_.path()).has_value());
  file("src/Makefile", "obj-m := drv.o\nccflags-y += -I$(PWD)/include\n");
  EXPECT_FALSE(plain_kbuild_directory(of, dir_.path()).has_value());
  // There it is the same for both.
  file("Makefile", "obj-m := drv.o\nccflags-y += -I$(PWD)/include\n");
  EXPECT_TRUE(plain_kbuild_directory(conf({module("drv")}), dir_.path()).has_value());
}

struct Identity {
  std::string name;
  std::string version;
  std::string release;
  std::size_t warnings;
};

Identity identity(const std::string& name, const std::string& version) {
  Manifest manifest;
  manifest.file = "dkms.conf";
  Diagnostics problems;
  set_dkms_identity(manifest, name, version, problems);
  return {manifest.name.str(), manifest.version, manifest.release, problems.all().size()};
}

bool operator==(const Identity& left, const Identity& right) {
  return left.name == right.name && left.version == right.version && left.release == right.release &&
         left.warnings == right.warnings;
}
std::ostream& operator<<(std::ostream& out, const Identity& of) {
  return out << of.name << " " << of.version << " " << of.release << ", warnings: " << of.warnings;
}

TEST(DkmsIdentity, KeepsWhatAPackageCanHave) {
  EXPECT_EQ(identity("acpi-call", "1.2.2"), (Identity{"acpi-call", "1.2.2", "1", 0}));
  EXPECT_EQ(identity("evdi", "1.12.0+dfsg"), (Identity{"evdi", "1.12.0+dfsg", "1", 0}));
}

TEST(DkmsIdentity, ComesAsNearAsItCan) {
  EXPECT_EQ(identity("Foo_Bar", "1"), (Identity{"foo-bar", "1", "1", 1}));
  // `apt install drv-` removes drv.
  EXPECT_EQ(identity("drv-", "1"), (Identity{"drv", "1", "1", 1}));
  EXPECT_EQ(identity("xtrx", "0.0.1+git20190320.5ae3a3e-3.2"), (Identity{"xtrx", "0.0.1+git20190320.5ae3a3e", "3.2", 1}));
  EXPECT_EQ(identity("xx", "0.3.0-1"), (Identity{"xx", "0.3.0", "1", 1}));
  EXPECT_EQ(identity("xx", "v1.0"), (Identity{"xx", "1.0", "1", 1}));
  EXPECT_EQ(identity("xx", "1.0-rc1"), (Identity{"xx", "1.0~rc1", "1", 1}));
  EXPECT_EQ(identity("xx", "1.0-rc1-2"), (Identity{"xx", "1.0~rc1", "2", 1}));
  EXPECT_EQ(identity("xx", "1:2_3"), (Identity{"xx", "1.2.3", "1", 1}));
  EXPECT_EQ(identity("xx", "latest"), (Identity{"xx", "0", "1", 1}));
  EXPECT_EQ(identity("xx", "#MODULE_VERSION#"), (Identity{"xx", "", "1", 1}));
}

TEST(DkmsIdentity, SaysWhatItChanged) {
  Manifest manifest;
  manifest.file = "dkms.conf";
  Diagnostics problems;
  set_dkms_identity(manifest, "Foo", "v1-2", problems);
  EXPECT_EQ(texts(problems),
            "dkms.conf: warning: PACKAGE_NAME 'Foo' becomes 'foo': dpkg and rpm share no other characters [dkms-name-changed]\n"
            "  hint: say in a kmpack.xml which name you want\n"
            "dkms.conf: warning: PACKAGE_VERSION 'v1-2' becomes version '1' and release '2', as both formats can have them "
            "[dkms-version-changed]\n"
            "  hint: say in a kmpack.xml which version and release you want\n");
}

TEST(DkmsIdentity, LeavesDkmsToThePackageOfTheSources) {
  EXPECT_EQ(identity("jool-dkms", "1"), (Identity{"jool", "1", "1", 1}));
  EXPECT_EQ(identity("dkms", "1"), (Identity{"dkms", "1", "1", 0}));
  EXPECT_EQ(identity("x-dkms", "1"), (Identity{"x-dkms", "1", "1", 0})) << "one letter is no name of a package";
}

TEST(DkmsIdentity, RefusesANameThatNothingCanBeMadeOf) {
  Manifest manifest;
  manifest.file = "dkms.conf";
  Diagnostics problems;
  set_dkms_identity(manifest, "ä b", "1", problems);
  ASSERT_THAT(problems.all(), SizeIs(1));
  EXPECT_EQ(problems.all()[0].code, "dkms-name-unusable");
  Diagnostics of_short;
  set_dkms_identity(manifest, "t", "1", of_short);
  EXPECT_EQ(texts(of_short),
            "dkms.conf: error: PACKAGE_NAME 't' cannot be made the name of a package [dkms-name-unusable]\n"
            "  hint: names of packages have at least two characters\n");
}

TEST(DkmsIdentity, RefusesAVersionThatIsAPathOrEndless) {
  const auto code = [](const std::string& version) {
    Manifest manifest;
    manifest.file = "dkms.conf";
    Diagnostics problems;
    set_dkms_identity(manifest, "drv", version, problems);
    return problems.ok() ? "none" : std::string(problems.all().front().code);
  };
  EXPECT_EQ(code("../../../etc"), "dkms-version-unusable");
  EXPECT_EQ(code("1.0/2"), "dkms-version-unusable");
  EXPECT_EQ(code(std::string(60000, '7')), "dkms-version-unusable");
  EXPECT_EQ(code("1.0"), "none");
}

}  // namespace
}  // namespace kmpack
