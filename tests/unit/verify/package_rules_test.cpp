#include "verify/package_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kRelease = "6.1.0-9-amd64";

Kernel kernel() {
  Kernel result{.flavor = {"debian-12", "amd64", "amd64"}, .release = KernelRelease{kRelease}};
  result.rules.image_packages = {"linux-image-{release}", "linux-image-{release}-unsigned"};
  return result;
}

ContentEntry file(const std::string& path, unsigned mode = 0644) {
  return ContentEntry{.path = path, .type = ContentType::file, .mode = mode, .owner = "root", .group = "root"};
}

PackageContents good() {
  const std::string script = "if [ -e /lib/modules/" + kRelease + "/modules.builtin ]; then depmod " + kRelease + "; fi\n";
  return PackageContents{
      .file = "hello.deb",
      .family = PackageFamily::deb,
      .name = "hello-modules-" + kRelease,
      .version = "1.0-1",
      .arch = "amd64",
      .needs = {"linux-image-" + kRelease + " | linux-image-" + kRelease + "-unsigned", "kmod"},
      .scripts = {{"postinst", script}, {"postrm", script}},
      .entries = {file("/lib/modules/" + kRelease + "/updates/hello/hello.ko"),
                  file("/lib/modules/" + kRelease + "/updates/hello/world.ko.xz"), file("/usr/share/doc/hello/copyright")}};
}

std::vector<std::string> codes_of(const PackageContents& contents) {
  const Kernel wanted = kernel();
  VerifyReport report;
  static_cast<void>(check_contents(contents, VerifyExpectation{.kernel = &wanted}, report));
  std::vector<std::string> codes;
  for (const Diagnostic& problem : report.problems.all()) codes.emplace_back(problem.code);
  return codes;
}

TEST(PackageRules, GoodPackagePassesAndItsReleaseIsTold) {
  VerifyReport report;
  EXPECT_EQ(check_contents(good(), {}, report), KernelRelease{kRelease});
  EXPECT_TRUE(report.ok());
  EXPECT_THAT(codes_of(good()), IsEmpty());
  for (const Check& check : report.checks) EXPECT_TRUE(check.ok) << check.name;
  EXPECT_GE(report.checks.size(), 10U);
}

TEST(PackageRules, CommonPackageWithoutModulesIsFree) {
  PackageContents common{
      .file = "c.deb", .name = "hello-common", .version = "1", .arch = "all", .entries = {file("/etc/modprobe.d/hello.conf")}};
  EXPECT_THAT(codes_of(common), IsEmpty());
  VerifyReport report;
  EXPECT_TRUE(check_contents(common, {}, report).empty());
}

struct Fault {
  std::string name;
  std::string code;
  std::function<void(PackageContents&)> make;
};

const std::vector<Fault>& faults() {
  static const std::string kModules = "/lib/modules/" + kRelease;
  static const std::vector<Fault> all{
      {"FileBelowKernel", "package-overwrites-kernel", [](auto& p) { p.entries.push_back(file(kModules + "/kernel/fs/x.ko")); }},
      {"KernelsOwnList", "package-overwrites-kernel", [](auto& p) { p.entries.push_back(file(kModules + "/modules.dep")); }},
      {"ModuleOutsideOfModules", "package-module-misplaced", [](auto& p) { p.entries.push_back(file("/opt/x.ko")); }},
      {"ModuleBelowAnotherRoot", "package-module-misplaced",
       [](auto& p) { p.entries.push_back(file("/usr/lib/modules/" + kRelease + "/updates/x.ko")); }},
      {"TwoReleases", "package-release", [](auto& p) { p.entries.push_back(file("/lib/modules/6.1.0-8-amd64/updates/x.ko")); }},
      {"AnotherRelease", "package-release",
       [](auto& p) {
         p.entries = {file("/lib/modules/6.1.0-8-amd64/updates/x.ko")};
         p.name = "hello-modules-6.1.0-8-amd64";
         p.needs = {"linux-image-" + kRelease, "kmod"};
         for (auto& [name, script] : p.scripts) script += "# 6.1.0-8-amd64\n";
       }},
      {"SetuidFile", "package-special-file", [](auto& p) { p.entries.push_back(file("/usr/bin/x", 04755)); }},
      {"WritableForOthers", "package-special-file", [](auto& p) { p.entries.push_back(file("/etc/x", 0666)); }},
      {"Device", "package-special-file",
       [](auto& p) {
         p.entries.push_back(file("/dev/x"));
         p.entries.back().type = ContentType::other;
       }},
      {"AbsoluteLink", "package-path-escapes",
       [](auto& p) {
         p.entries.push_back(file("/usr/share/doc/hello/x", 0777));
         p.entries.back().type = ContentType::symlink;
         p.entries.back().link = "/etc/shadow";
       }},
      {"DotsInPath", "package-path-escapes", [](auto& p) { p.entries.push_back(file("/usr/../etc/x")); }},
      {"OwnerOfTheBuilder", "package-owner", [](auto& p) { p.entries.front().owner = "builder"; }},
      {"NoKernelNeeded", "package-relation-missing", [](auto& p) { p.needs = {"kmod"}; }},
      {"AnotherKernelNeeded", "package-relation-missing",
       [](auto& p) {
         p.needs = {"linux-image-6.1.0-8-amd64", "kmod"};
       }},
      {"NoKmodNeeded", "package-relation-missing", [](auto& p) { p.needs.pop_back(); }},
      {"NoPostrm", "package-script", [](auto& p) { p.scripts.erase("postrm"); }},
      {"DepmodForTheRunningKernel", "package-script",
       [](auto& p) { p.scripts["postinst"] = "[ -e modules.builtin ] && depmod\n"; }},
      {"UnguardedDepmod", "package-script", [](auto& p) { p.scripts["postinst"] = "depmod " + kRelease + "\n"; }},
      {"AnotherArchitecture", "package-architecture", [](auto& p) { p.arch = "arm64"; }},
      {"UnknownArchitecture", "package-architecture", [](auto& p) { p.arch = "vax"; }},
      {"ModulesInAllPackage", "package-architecture", [](auto& p) { p.arch = "all"; }},
      {"ModuleTwice", "package-name", [](auto& p) { p.entries.push_back(file(kModules + "/updates/other/hello.ko.xz")); }},
      {"NameWithoutKernel", "package-name", [](auto& p) { p.name = "hello-modules"; }},
      {"NoVersion", "package-name", [](auto& p) { p.version.clear(); }},
  };
  return all;
}

class BadContents : public testing::TestWithParam<int> {};

TEST_P(BadContents, HasExactlyItsOwnCode) {
  const Fault& fault = faults().at(static_cast<std::size_t>(GetParam()));
  PackageContents contents = good();
  fault.make(contents);
  EXPECT_THAT(codes_of(contents), ElementsAre(fault.code));
}

INSTANTIATE_TEST_SUITE_P(PackageRules, BadContents, testing::Range(0, static_cast<int>(faults().size())),
                         [](const auto& chosen) { return faults().at(static_cast<std::size_t>(chosen.param)).name; });

TEST(PackageRules, MessageNamesThePackageAndTheFile) {
  PackageContents contents = good();
  contents.entries.push_back(file("/lib/modules/" + kRelease + "/kernel/fs/x.ko"));
  VerifyReport report;
  static_cast<void>(check_contents(contents, {}, report));
  ASSERT_EQ(report.problems.all().size(), 1U);
  EXPECT_EQ(to_text(report.problems.all().front()),
            "error: hello.deb: files that belong to the kernel's own package: /lib/modules/6.1.0-9-amd64/kernel/fs/x.ko "
            "[package-overwrites-kernel]\n  hint: modules go below updates/ or extra/, never below kernel/");
}

TEST(PackageRules, ManyFilesOfOneFaultAreOneProblem) {
  PackageContents contents = good();
  for (int number = 0; number < 9; ++number) contents.entries.push_back(file("/etc/x" + std::to_string(number), 0666));
  VerifyReport report;
  static_cast<void>(check_contents(contents, {}, report));
  ASSERT_EQ(report.problems.all().size(), 1U);
  EXPECT_THAT(report.problems.all().front().message, HasSubstr("and 6 more"));
}

}  // namespace
}  // namespace kmpack
