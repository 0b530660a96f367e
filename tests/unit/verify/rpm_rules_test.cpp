#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verify/package_rules.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kRelease = "5.14.0-503.11.1.el9_5.x86_64";

ContentEntry file(const std::string& path) {
  return ContentEntry{.path = path, .type = ContentType::file, .mode = 0644, .owner = "root", .group = "root"};
}

/// A package for many kernels, told by their symbols, whose index is made at the end of the transaction.
PackageContents good() {
  const std::string script = "[ -e /lib/modules/" + kRelease + "/modules.order ] && depmod " + kRelease + "\n";
  return PackageContents{
      .file = "kmod-hello.rpm",
      .family = PackageFamily::rpm,
      .name = "kmod-hello",
      .version = "1.0-1",
      .arch = "x86_64",
      .needs = {"/usr/sbin/depmod", "kernel(_printk) = 0x92997ed8"},
      .scripts = {{"post", "echo >>/var/lib/rpm-state/x\n"}, {"posttrans", script}, {"postun", script}},
      .entries = {file("/etc/depmod.d/kmod-hello.conf"), file("/lib/modules/" + kRelease + "/extra/hello/hello.ko.xz")}};
}

std::vector<std::string> codes_of(const PackageContents& contents, RpmStyle style = RpmStyle::kmod) {
  Kernel kernel{.flavor = {"el9", "default", "x86_64"}, .release = KernelRelease{kRelease}};
  kernel.rules.family = PackageFamily::rpm;
  kernel.rules.rpm.style = style;
  kernel.rules.rpm.kernel = "kernel";
  kernel.package_version = "5.14.0-503.11.1.el9_5";
  VerifyReport report;
  static_cast<void>(check_contents(contents, VerifyExpectation{.kernel = &kernel}, report));
  std::vector<std::string> codes;
  for (const Diagnostic& problem : report.problems.all()) codes.emplace_back(problem.code);
  return codes;
}

TEST(RpmRules, SymbolsTieAPackageToItsKernels) {
  EXPECT_THAT(codes_of(good()), IsEmpty());
  PackageContents suse = good();
  suse.needs = {"suse-kernel-rpm-scriptlets", "ksym(default:_printk) = 92997ed8"};
  EXPECT_THAT(codes_of(suse), IsEmpty());
  PackageContents untied = good();
  untied.needs = {"/usr/sbin/depmod", "glibc"};
  EXPECT_THAT(codes_of(untied), ElementsAre("package-relation-missing"));
}

TEST(RpmRules, TheVersionOfTheKernelsOwnPackageTiesToo) {
  PackageContents rich = good();
  rich.needs = {"/usr/sbin/depmod", "(kernel = 5.14.0-503.11.1.el9_5 if kernel)"};
  EXPECT_THAT(codes_of(rich), IsEmpty());
  rich.needs = {"/usr/sbin/depmod", "(kernel = 5.14.0-427.el9 if kernel)"};
  EXPECT_THAT(codes_of(rich), ElementsAre("package-relation-missing"));
  rich.needs = {"/usr/sbin/depmod", "hello-kmod-common >= 5.14.0-503.11.1.el9_5"};
  EXPECT_THAT(codes_of(rich), ElementsAre("package-relation-missing"));
}

TEST(RpmRules, ADebOfAnRpmKernelHasNoKernelPackageToName) {
  PackageContents deb = good();
  deb.family = PackageFamily::deb;
  deb.name = "hello-modules-" + kRelease;
  deb.scripts["postinst"] = deb.scripts["posttrans"];
  deb.scripts["postrm"] = deb.scripts["postun"];
  // Underscores are dashes in a Debian package's name.
  deb.name = "hello-modules-5.14.0-503.11.1.el9-5.x86-64";
  EXPECT_THAT(codes_of(deb), IsEmpty());
  deb.needs.clear();
  EXPECT_THAT(codes_of(deb), ElementsAre("package-relation-missing"));
}

TEST(RpmRules, SomethingMustBringDepmod) {
  PackageContents package = good();
  package.needs = {"kernel(_printk) = 0x92997ed8"};
  EXPECT_THAT(codes_of(package), ElementsAre("package-relation-missing"));
}

TEST(RpmRules, TheIndexMayBeMadeAtTheEndOfTheTransaction) {
  PackageContents package = good();
  package.scripts.erase("posttrans");
  EXPECT_THAT(codes_of(package), ElementsAre("package-script"));
  package = good();
  package.scripts.erase("postun");
  EXPECT_THAT(codes_of(package), ElementsAre("package-script"));
}

TEST(RpmRules, RedHatsDepmodNeedsOverrides) {
  PackageContents package = good();
  package.entries.erase(package.entries.begin());
  EXPECT_THAT(codes_of(package), ElementsAre("package-relation-missing"));
  EXPECT_THAT(codes_of(package, RpmStyle::fedora), IsEmpty());
}

}  // namespace
}  // namespace kmpack
