#include "package/rpm_dependencies.hpp"

#include <gmock/gmock.h>

namespace kmpack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SealedModule module(const std::string& name, std::vector<NeededSymbol> needed, std::vector<ExportedSymbol> exported = {}) {
  SealedModule made{.facts = {.name = ModuleName{name}}, .file = "/x/" + name + ".ko.xz"};
  made.facts.needed = std::move(needed);
  made.facts.exported = std::move(exported);
  return made;
}

const Symvers& kernel() {
  static const Symvers symbols = Symvers::parse(
      "0x00000f00\tkmalloc\tvmlinux\tEXPORT_SYMBOL\t\n0x12345678\ttun_get\tdrivers/net/tun\tEXPORT_SYMBOL\t\n", "Module.symvers");
  return symbols;
}

TEST(SymbolDependencies, AreOfTheKernelWhereItHasTheSameCrcAndElseOfAnotherPackage) {
  const std::vector modules{module("a", {{"kmalloc", 0xf00}, {"tun_get", 0x12345679}, {"far", 0x1}})};
  EXPECT_THAT(symbol_dependencies(SymbolWorld::redhat, "default", modules, kernel()).needs,
              ElementsAre("kernel(kmalloc) = 0x00000f00", "ksym(far) = 0x00000001", "ksym(tun_get) = 0x12345679"));
}

TEST(SymbolDependencies, AreWrittenAsSuseDoesWithoutLeadingZeros) {
  const std::vector modules{module("a-b", {{"kmalloc", 0xf00}}, {{.name = "mine", .crc = 0x00abcdef}})};
  const SymbolDependencies found = symbol_dependencies(SymbolWorld::suse, "64kb", modules, kernel());
  EXPECT_THAT(found.needs, ElementsAre("ksym(64kb:kmalloc) = f00"));
  EXPECT_THAT(found.provides, ElementsAre("kmod(a_b.ko)", "ksym(64kb:mine) = abcdef"));
}

TEST(SymbolDependencies, KeepTheNameOfTheFileForRedHat) {
  const std::vector modules{module("a-b", {}, {{.name = "mine", .crc = 0x00abcdef}})};
  EXPECT_THAT(symbol_dependencies(SymbolWorld::redhat, "", modules, kernel()).provides,
              ElementsAre("kmod(a-b.ko)", "ksym(mine) = 0x00abcdef"));
}

TEST(SymbolDependencies, LeaveOutWhatThePackageItselfExports) {
  const std::vector modules{module("a", {{"mine", 0x5}}), module("b", {}, {{.name = "mine", .crc = 0x5}})};
  EXPECT_THAT(symbol_dependencies(SymbolWorld::redhat, "", modules, kernel()).needs, IsEmpty());
}

TEST(SymbolDependencies, SayNothingWithoutACrcNorOfAWeakSymbolThatNobodyHas) {
  const std::vector modules{
      module("a", {{"none", std::nullopt}, {"zero", 0}, {"weak", 0x9, true}, {"kmalloc", 0xf00, true}}, {{.name = "mine"}})};
  const SymbolDependencies found = symbol_dependencies(SymbolWorld::redhat, "", modules, kernel());
  EXPECT_THAT(found.needs, ElementsAre("kernel(kmalloc) = 0x00000f00"));
  EXPECT_THAT(found.provides, ElementsAre("kmod(a.ko)"));
}

TEST(SymbolDependencies, EscapeAliasesAndPassOverNamesOfModules) {
  SealedModule with = module("a", {});
  with.facts.version = "2.1-rc1";
  with.facts.aliases = {"of:N*T*Cacme,x-1", "fs-pair", "acpi*:PNP_1:*"};
  const std::vector modules{with};
  EXPECT_THAT(symbol_dependencies(SymbolWorld::suse, "default", modules, kernel()).supplements,
              ElementsAre("modalias(kernel-default:acpi*:PNP%5F1:*)", "modalias(kernel-default:of:N*T*Cacme%2Cx%2D1)"));
  EXPECT_THAT(symbol_dependencies(SymbolWorld::redhat, "", modules, kernel()).provides,
              ElementsAre("kmod(a.ko)", "modalias(acpi*:PNP%5F1:*) = 2.1_rc1", "modalias(of:N*T*Cacme%2Cx%2D1) = 2.1_rc1"));
}

TEST(FoldedAliases, BecomeAClassWhereOneCharacterDiffers) {
  EXPECT_THAT(folded_aliases({"pci:v1d3*", "pci:v1d1*", "pci:v1d2*", "pci:v1d2*"}), ElementsAre("pci:v1d[123]*"));
  EXPECT_THAT(folded_aliases({"pci:a1", "pci:b2"}), ElementsAre("pci:a1", "pci:b2"));
  EXPECT_THAT(folded_aliases({"pci:a1", "pci:a10"}), ElementsAre("pci:a1", "pci:a10"));
  EXPECT_THAT(folded_aliases({"pci:a1*", "pci:a**"}), ElementsAre("pci:a**", "pci:a1*"));
}

TEST(FoldedAliases, MatchNothingThatWasNotThere) {
  // 11, 12 and 21 differ in two places together: 22 must not come in.
  EXPECT_THAT(folded_aliases({"x:11", "x:12", "x:21"}), ElementsAre("x:1[12]", "x:21"));
  // Within an escape is no letter.
  EXPECT_THAT(folded_aliases({"x:%2C", "x:%2D"}), ElementsAre("x:%2C", "x:%2D"));
}

}  // namespace
}  // namespace kmpack
