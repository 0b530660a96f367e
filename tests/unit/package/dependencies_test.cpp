#include "package/dependencies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "package/deb_control.hpp"
#include "package/deb_models.hpp"
#include "package/rpm_models.hpp"
#include "support/sample_cell.hpp"

namespace kmpack {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// `hello` needs a symbol that `lib` exports; both for one kernel.
struct TwoPackages {
  test::SampleCell user;
  test::SampleCell lib;

  TwoPackages() {
    lib.manifest.name = PackageName{"lib"};
    lib.modules.resize(1);
    lib.modules[0].facts.name = ModuleName{"giver"};
    lib.modules[0].facts.exported = {{.name = "give", .crc = 0x12ab, .symbol_namespace = {}}};
    user.modules[0].facts.needed = {{.name = "_printk", .crc = 0x99}, {.name = "give", .crc = 0x12ab}};
    for (test::SampleCell* cell : {&user, &lib}) {
      cell->headers.config.modversions = true;
      cell->headers.symvers = cell->directory.path() / "Module.symvers";
      write_file(cell->headers.symvers, "0x00000099\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n");
    }
  }
  void use(RpmStyle style, KernelPin pin) {
    for (test::SampleCell* cell : {&user, &lib}) {
      cell->kernel.rules.family = PackageFamily::rpm;
      cell->kernel.flavor = {.distribution = "test-1", .flavor = "default", .arch = "x86_64"};
      cell->kernel.release = KernelRelease{"5.14.0-427.1.el9.x86_64"};
      cell->kernel.rules.rpm = {.style = style, .pin = pin, .kernel = "kernel"};
    }
  }
  [[nodiscard]] BuiltDependency built() const { return {.cell = lib.cell(), .symvers = {}, .modules = {lib.modules[0].facts}}; }
  [[nodiscard]] std::vector<PackageModel> debs() const {
    const BuiltDependency dependency = built();
    return deb_models(user.cell(), user.headers, user.modules, user.build, {.dependencies = std::span(&dependency, 1)});
  }
  [[nodiscard]] std::vector<PackageModel> rpms() const {
    const BuiltDependency dependency = built();
    return rpm_models(user.cell(), user.headers, user.modules, user.build, {.dependencies = std::span(&dependency, 1)});
  }
  [[nodiscard]] PackageModel lib_rpm() const { return rpm_models(lib.cell(), lib.headers, lib.modules, lib.build, {}).front(); }
};

std::string text_of(const Relation& relation) {
  if (!relation.verbatim.empty()) return relation.verbatim;
  return relation.any_of.front() + (relation.compare.empty() ? "" : " " + relation.compare + " " + relation.version);
}

/// Those that speak of the other package.
std::vector<std::string> of_lib(const std::vector<Relation>& relations) {
  std::vector<std::string> texts;
  for (const Relation& relation : relations) {
    const std::string text = text_of(relation);
    if (text.find("lib") != std::string::npos || text.find("give") != std::string::npos) texts.push_back(text);
  }
  std::erase_if(texts, [](const std::string& text) { return text.find("linux-") != std::string::npos; });
  return texts;
}

/// What `model` offers, its own name among it.
std::vector<std::string> offers(const PackageModel& model) {
  std::vector<std::string> texts{model.name};
  for (const Relation& relation : model.provides) texts.push_back(text_of(relation));
  return texts;
}

TEST(DebDependencies, AreThePackageForTheSameKernelWithTheSameSymbolsInAnyVersion) {
  TwoPackages two;
  const PackageModel lib = deb_models(two.lib.cell(), two.lib.headers, two.lib.modules, two.lib.build, {}).front();
  const std::vector<std::string> needs = of_lib(two.debs().front().needs);
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_EQ(needs[0], "lib-modules-6.1.0-7-amd64");
  EXPECT_THAT(needs[1], testing::MatchesRegex("lib-modules-6\\.1\\.0-7-amd64-abi-[0-9a-f]{10}"));
  for (const std::string& need : needs) EXPECT_THAT(offers(lib), Contains(need));
  two.lib.manifest.version = "9";
  EXPECT_EQ(of_lib(two.debs().front().needs), needs);
  two.lib.modules[0].facts.exported[0].crc = 0x12ac;
  EXPECT_NE(of_lib(two.debs().front().needs)[1], needs[1]) << "a package whose symbol changed would stand for the old one";
}

TEST(DebDependencies, NameThePackageAloneThatExportsNothing) {
  TwoPackages two;
  two.lib.modules[0].facts.exported.clear();
  EXPECT_THAT(of_lib(two.debs().front().needs), ElementsAre("lib-modules-6.1.0-7-amd64"));
  const PackageModel lib = deb_models(two.lib.cell(), two.lib.headers, two.lib.modules, two.lib.build, {}).front();
  EXPECT_THAT(render_control(lib, 1), Not(HasSubstr("-abi-")));
}

TEST(DebDependencies, OfTheMetaPackageAreTheOthersMeta) {
  TwoPackages two;
  ASSERT_EQ(two.debs().size(), 2U);
  EXPECT_THAT(of_lib(two.debs()[1].needs), ElementsAre("lib-modules-amd64"));
  two.lib.newest = false;
  EXPECT_THAT(of_lib(two.debs()[1].needs), IsEmpty()) << "this run makes none that follows the kernel";
}

struct Style {
  RpmStyle style;
  KernelPin pin;
  std::vector<std::string> needs;
};

TEST(RpmDependencies, AreWhatTheOtherPackageOffersInEachStyle) {
  const std::vector<Style> styles{
      {RpmStyle::kmp, KernelPin::symbols, {"ksym(default:give) = 12ab", "lib-kmp-default"}},
      {RpmStyle::kmp,
       KernelPin::exact,
       {"lib-kmp-default", "lib-kmp-default-k5.14.0_427.1.el9.x86_64", "ksym(default:give) = 12ab"}},
      {RpmStyle::kmod, KernelPin::symbols, {"ksym(give) = 0x000012ab", "kmod-lib"}},
      {RpmStyle::kmod, KernelPin::exact, {"kmod-lib", "kmod-lib-k5.14.0_427.1.el9.x86_64", "ksym(give) = 0x000012ab"}},
      {RpmStyle::kmod, KernelPin::rich, {"kmod-lib", "kmod-lib-k5.14.0_427.1.el9.x86_64", "ksym(give) = 0x000012ab"}},
      {RpmStyle::fedora, KernelPin::exact, {"kmod-lib-5.14.0-427.1.el9.x86_64", "ksym(give) = 0x000012ab"}},
  };
  for (const Style& style : styles) {
    SCOPED_TRACE(testing::Message() << "style " << static_cast<int>(style.style) << ", pin " << static_cast<int>(style.pin));
    TwoPackages two;
    two.use(style.style, style.pin);
    const std::vector<std::string> needs = of_lib(two.rpms().front().needs);
    EXPECT_EQ(needs, style.needs);
    for (const std::string& need : needs) EXPECT_THAT(offers(two.lib_rpm()), Contains(need));
  }
}

TEST(RpmDependencies, WithoutADistributionsStyleAreNameAndSymbols) {
  TwoPackages two;
  two.use(RpmStyle::plain, KernelPin::exact);
  const std::vector<std::string> needs = of_lib(two.rpms().front().needs);
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_EQ(needs[0], "kmod-lib-5.14.0-427.1.el9.x86_64");
  for (const std::string& need : needs) EXPECT_THAT(offers(two.lib_rpm()), Contains(need));
}

TEST(RpmDependencies, SayTheKernelOfASusePackageThatMayNotStandBesideOthers) {
  TwoPackages two;
  two.use(RpmStyle::kmp, KernelPin::exact);
  two.lib.manifest.rpm_policy.multiversion = Multiversion::no;
  for (const std::string& need : of_lib(two.rpms().front().needs)) EXPECT_THAT(offers(two.lib_rpm()), Contains(need));
}

TEST(RpmDependencies, OfFedorasMetaPackageAreTheOthersMeta) {
  TwoPackages two;
  two.use(RpmStyle::fedora, KernelPin::exact);
  two.user.kernel.rules.meta_suffix.clear();
  two.lib.kernel.rules.meta_suffix.clear();
  const std::vector<PackageModel> models = two.rpms();
  const auto meta = std::ranges::find(models, PackageKind::flavor_meta, &PackageModel::kind);
  ASSERT_NE(meta, models.end());
  EXPECT_THAT(of_lib(meta->needs), ElementsAre("kmod-lib"));
}

TEST(RpmDependencies, DoNotAskForASymbolThatAnotherCrcHas) {
  TwoPackages two;
  two.use(RpmStyle::kmp, KernelPin::exact);
  two.lib.modules[0].facts.exported[0].crc = 1;
  EXPECT_THAT(of_lib(two.rpms().front().needs), Not(Contains(HasSubstr("ksym"))));
}

}  // namespace
}  // namespace kmpack
