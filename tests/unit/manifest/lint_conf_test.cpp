#include <fmt/format.h>
#include <gtest/gtest.h>

#include "manifest/dkms/directives.hpp"
#include "manifest/lint/lint.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

/// `line:code;` of every finding.
std::string findings(std::string_view text) {
  Diagnostics problems;
  lint_dkms_text(text, "dkms.conf", problems);
  std::string all;
  for (const Diagnostic& found : problems.all()) {
    EXPECT_EQ(found.severity, Severity::warning);
    EXPECT_EQ(found.where->file, "dkms.conf");
    EXPECT_FALSE(found.notes.empty()) << "why it matters";
    EXPECT_TRUE(found.hint) << "what to write instead";
    all += std::to_string(found.where->line) + ":" + std::string(found.code) + ";";
  }
  return all;
}

std::string first_text(std::string_view text) {
  Diagnostics problems;
  lint_dkms_text(text, "dkms.conf", problems);
  return problems.all().empty() ? "" : to_text(problems.all().front());
}

TEST(LintConf, IsContentWithAnOrdinaryConf) {
  EXPECT_EQ(findings(R"(# MAKE="make -j9"; FOO=bar; uname -r
PACKAGE_NAME="acpi-call"
PACKAGE_VERSION="1.2.2"
BDIR=${dkms_tree}/${PACKAGE_NAME}/${PACKAGE_VERSION}/build
MAKE[0]="make -C ${kernel_source_dir} M=$BDIR"
CLEAN="true"
BUILT_MODULE_NAME[0]="acpi_call"
DEST_MODULE_LOCATION[0]="/updates/dkms/"
AUTOINSTALL="yes"
BUILD_EXCLUSIVE_ARCH="^(x86_64|i.86)$"
BUILD_EXCLUSIVE_KERNEL="-amd64$"
cat <<END
LOAD=no
END
)"),
            "");
}

TEST(LintConf, KnowsEveryNameThatDkmsDoesNotRead) {
  EXPECT_EQ(findings("LOAD=no\nBUILT_MODULES_NAME[0]=a\nbuilt_module_name[0]=b\n"),
            "1:lint-directive-unknown;2:lint-directive-unknown;3:lint-directive-unknown;");
  EXPECT_EQ(first_text("BUILT_MODULES_NAME[0]=a\n"),
            "dkms.conf:1: warning: 'BUILT_MODULES_NAME' is no directive of dkms [lint-directive-unknown]\n"
            "  note: dkms ignores it without a word, and nothing else in this file reads it\n"
            "  hint: did you mean 'BUILT_MODULE_NAME'?");
}

TEST(LintConf, SendsForTheDirectivesToAPageThatHasThemAll) {
  const std::string page = read_file(std::filesystem::path(KMPACK_SOURCE_DIR) / "docs/dkms.md");
  for (const DkmsDirective& directive : dkms_directives())
    EXPECT_NE(page.find(fmt::format("`{}`", directive.name)), std::string::npos) << directive.name;
}

TEST(LintConf, TakesAHelperVariableForNoDirective) {
  EXPECT_EQ(findings("i=0\nMAKEARGS=x\nMAKE[$i]=\"make $MAKEARGS\"\nLC_ALL=C\nunread=1\nA=1 true\n"), "");
  // What another file reads cannot be told.
  EXPECT_EQ(findings("SETTING=1\n. ./more.conf\n"), "");
  EXPECT_EQ(findings("SETTING=1\n. $kernel_source_dir/.config\n"), "1:lint-directive-unknown;");
}

TEST(LintConf, SeesAnExclusionThatOnlySaysNo) {
  EXPECT_EQ(findings("if a; then\n  BUILD_EXCLUSIVE_KERNEL=\"REQUIRES CONFIG_USB_HID\"\nfi\n"), "2:lint-exclusive-abused;");
  EXPECT_NE(first_text("BUILD_EXCLUSIVE_KERNEL='REQUIRES CONFIG_USB_HID.'\n").find("BUILD_EXCLUSIVE_CONFIG=\"CONFIG_USB_HID\""),
            std::string::npos);
  EXPECT_EQ(findings("BUILD_EXCLUSIVE_ARCH=\"^do_not_build$\"\n"), "1:lint-exclusive-abused;");
  EXPECT_EQ(findings("BUILD_EXCLUSIVE_ARCH=\"^$other\"\nBUILD_EXCLUSIVE_ARCH=aarch64\nBUILD_EXCLUSIVE_ARCH='(x86_64'\n"), "");
}

TEST(LintConf, SeesVersionsInRegularExpressions) {
  EXPECT_EQ(findings("BUILD_EXCLUSIVE_KERNEL=\"^(5\\.[6-9]\\.|[6-9]\\.)\"\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("BUILD_EXCLUSIVE_KERNEL=\"^[0-9]+\"\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("BUILD_EXCLUSIVE_KERNEL=\"(cloud|rt)-amd64\"\n"), "");
}

TEST(LintConf, SeesAReleaseThatIsCutUp) {
  EXPECT_EQ(findings("MAJOR=$(echo $kernelver | sed 's/-.*//')\nMAKE=\"make V=$MAJOR\"\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("A=`echo \"$kernelver\" | cut -d- -f 3`; MAKE=\"make $A\"\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("MAKE=\"make V=${kernelver%%-*}\"\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("if [[ $kernelver =~ ^([0-9]+)\\. ]]; then true; fi\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("cut -d. -f1 <<< \"${kernelver}\"\n"), "1:lint-version-parsed;");
  EXPECT_NE(first_text("echo $kernelver | sed s/a/b/\ntrue\necho $kernelver | awk x\n").find("; so does line 3 "),
            std::string::npos);
}

TEST(LintConf, SeesReleasesThatPatternsEnumerate) {
  EXPECT_EQ(findings("case $kernelver in 5.4.*) true ;; esac\n"), "1:lint-version-parsed;");
  EXPECT_EQ(findings("case \"$kernelver\" in\n  *-rt-*) true ;;\n  5.4.*|5.10.*)\n    true ;;\nesac\n"),
            "3:lint-version-parsed;");
  EXPECT_EQ(findings("case $arch in\n  5.4.*) true ;;\nesac\n"), "");
}

TEST(LintConf, KeepsATestOnTheVersionRoundAnExclusion) {
  const auto hint = [](std::string_view text) {
    Diagnostics problems;
    lint_dkms_text(text, "dkms.conf", problems);
    return problems.all().empty() ? "" : problems.all().front().hint.value_or("");
  };
  const std::string abused = "BUILD_EXCLUSIVE_KERNEL=\"REQUIRES CONFIG_X\"\n";
  const std::string alone = "write BUILD_EXCLUSIVE_CONFIG=\"CONFIG_X\"; it needs no test around it";
  const std::string tested =
      "write BUILD_EXCLUSIVE_CONFIG=\"CONFIG_X\" where this stands, for those releases only: it needs the test on the version, "
      "none on the "
      "configuration";
  const std::string config = "if [ \"${CONFIG_X:-n}\" = n ]; then\n" + abused + "fi\n";
  const std::string version = "if ! { echo \"$kernelver\"; echo 5.18; } | sort -V -C; then\n";
  EXPECT_EQ(hint(config), alone);
  EXPECT_EQ(hint(version + "true\nfi\n" + config), alone);
  EXPECT_EQ(hint(version + config + "fi\n"), tested);
  EXPECT_EQ(hint(version + "true\nelse\n" + config + "fi\n"), tested);
  EXPECT_EQ(hint("v=${kernelver#x}\nif [ $v = 5 ]; then\n" + abused + "fi\n"), tested);
}

TEST(LintConf, SaysWhatAMachineIsCalledByUname) {
  EXPECT_EQ(first_text("BUILD_EXCLUSIVE_ARCH=\"^(amd64)$\"\n"),
            "dkms.conf:1: warning: no architecture matches '^(amd64)$' [lint-exclusive-abused]\n"
            "  note: dkms goes by what `uname -m` says, not by the distribution's name for it: no kernel gets these modules\n"
            "  hint: did you mean 'x86_64'?");
}

TEST(LintConf, LetsAReleaseBeCompared) {
  EXPECT_EQ(findings("if ! { echo \"$kernelver\"; echo 5.18; } | sort -V -C; then true; fi\n"), "");
  EXPECT_EQ(findings("echo $kernelver | grep -q rt && true; case $kernelver in *-rt-*) true ;; esac\n"), "");
  EXPECT_EQ(findings("echo $arch | sed s/a/b/; x=${kernelver:-none}; dpkg --compare-versions $kernelver lt 6.1\n"), "");
}

TEST(LintConf, SeesTheRunningKernel) {
  EXPECT_EQ(findings("MAKE=\"make KVER=$(uname -r)\"\n"), "1:lint-running-kernel;");
  EXPECT_EQ(findings("MAKE=\"make ARCH=$(uname -m)\"\n"), "1:lint-running-kernel;");
  EXPECT_EQ(first_text("MAKE=\"make ARCH=$(uname -m)\"\n"),
            "dkms.conf:1: warning: uname -m is the architecture of the running kernel [lint-running-kernel]\n"
            "  note: the kernel that modules are for may be of another: one of 64 bits runs below a system of 32\n"
            "  hint: write $arch");
  EXPECT_EQ(findings("echo \"$(uname -s)\"\n"), "");
}

TEST(LintConf, SaysOnceThatAPlaceOfInstallationIsIgnored) {
  EXPECT_EQ(
      findings("DEST_MODULE_LOCATION[0]=/extra\nDEST_MODULE_LOCATION[1]=\"/kernel/net\"\nDEST_MODULE_LOCATION[2]=/kernel/net\n"),
      "2:lint-location-ignored;");
}

TEST(LintConf, SeesJobsThatMakeIsToldOf) {
  EXPECT_EQ(findings("MAKE=\"make -j4 all\"\n"), "1:lint-make-jobs;");
  EXPECT_EQ(findings("MAKE=\"make -j$(nproc)\"\n"), "1:lint-make-jobs;");
  EXPECT_EQ(findings("MAKE=\"make --jobs=8\"\n"), "1:lint-make-jobs;");
  EXPECT_EQ(findings("MAKE=\"make -j1\"\nMAKE=\"make -j 1\"\nMAKE=\"make -C x-j4\"\n"), "");
}

TEST(LintConf, SeesAMakeCallThatDkmsDoesNotAddTo) {
  EXPECT_EQ(findings("MAKE=\"KERNELDIR=$kernel_source_dir make driver\"\n"), "1:lint-make-not-first;");
  EXPECT_EQ(findings("MAKE=\"(./configure && \\\n make)\"\n"), "1:lint-make-not-first;");
  // The documented way to be left alone, and a build without make.
  EXPECT_EQ(findings("MAKE=\"'make' all\"\nMAKE=\"./build.sh\"\n"), "");
}

TEST(LintConf, SeesWorkInClean) {
  EXPECT_EQ(findings("CLEAN=\"make clean; ./prepare\"\n"), "1:lint-clean-works;");
  EXPECT_EQ(findings("CLEAN=\"make modules\"\n"), "1:lint-clean-works;");
  EXPECT_EQ(findings("CLEAN=\"rm -f *.o && make -C x distclean\"\nCLEAN=/bin/true\n"), "1:lint-directive-deprecated;");
}

TEST(LintConf, SeesDirectivesOfOldOnce) {
  EXPECT_EQ(findings("CLEAN=\"make clean\"\nCLEAN=\"make distclean\"\nOBSOLETE_BY=6.1\n"),
            "1:lint-directive-deprecated;3:lint-directive-deprecated;");
  EXPECT_EQ(findings("CLEAN=true\nCLEAN=\"\"\n"), "");
}

}  // namespace
}  // namespace kmpack
