#include "inspect/check.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sys/files.hpp"

namespace kmpack {
namespace {

constexpr const char* kSymvers =
    "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x00000002\tgpl_thing\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
    "0x00000003\tspaced\tvmlinux\tEXPORT_SYMBOL\tNS\n"
    "0x00000004\tfor_two\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:friend,my_*\n"
    "0x00000000\tfrom_assembly\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x00000005\tvideo_open\tdrivers/media/video-dev\tEXPORT_SYMBOL\t\n";

struct World {
  World() {
    headers.kernel.flavor = {.distribution = "test-1", .flavor = "amd64", .arch = "amd64"};
    headers.kernel.release = KernelRelease("6.1.0-0-test");
    headers.config.modversions = true;
    symvers = Symvers::parse(kSymvers, "Module.symvers");
  }
  HeaderTree headers;
  Symvers symvers;
};

ModuleFacts module(const std::string& name, std::vector<NeededSymbol> needed = {}, std::vector<ExportedSymbol> exported = {}) {
  ModuleFacts facts;
  facts.name = ModuleName(name);
  facts.file = name + ".ko";
  facts.elf_machine = EM_X86_64;
  facts.vermagic = "6.1.0-0-test SMP";
  facts.license = "GPL";
  facts.needed = std::move(needed);
  facts.exported = std::move(exported);
  return facts;
}

Diagnostics check(const std::vector<ModuleFacts>& modules, const World& world = {}) {
  return check_modules(modules, world.headers, world.symvers);
}

std::string codes(const Diagnostics& problems) {
  std::string text;
  for (const Diagnostic& problem : problems.all()) text += std::string(text.empty() ? "" : " ") + std::string(problem.code);
  return text;
}

std::string only_message(const Diagnostics& problems) {
  return problems.all().size() == 1 ? problems.all()[0].message : "not one: " + codes(problems);
}

TEST(CheckModules, AcceptsAModuleWhoseSymbolsAllAgree) {
  EXPECT_EQ(codes(check({module("a", {{.name = "_printk", .crc = 0x92997ed8}, {.name = "gpl_thing", .crc = 2}})})), "");
}

TEST(CheckModules, RefusesAnotherKernelsModule) {
  ModuleFacts other = module("a");
  other.vermagic = "6.1.0-1-test SMP";
  EXPECT_EQ(only_message(check({other})),
            "module a was built for kernel release 6.1.0-1-test, not for test-1/amd64@6.1.0-0-test");
  EXPECT_EQ(codes(check({other})), "module-wrong-kernel");
}

TEST(CheckModules, RefusesAnotherMachinesModule) {
  ModuleFacts other = module("a");
  other.elf_machine = EM_AARCH64;
  EXPECT_EQ(codes(check({other})), "module-wrong-architecture");
  EXPECT_FALSE(check({other}).ok());
  World unknown;
  unknown.headers.kernel.flavor.arch = "pdp11";
  EXPECT_EQ(codes(check({module("a")}, unknown)), "module-wrong-architecture");
}

TEST(CheckModules, NamesTheSymbolThatNobodyExports) {
  const Diagnostics problems = check({module("a", {{.name = "gone", .crc = 1}})});
  EXPECT_EQ(only_message(problems),
            "module a needs symbol gone, which neither kernel test-1/amd64@6.1.0-0-test nor a module of this package exports");
  EXPECT_EQ(codes(problems), "symbol-unresolved");
}

TEST(CheckModules, LetsAWeakSymbolBeAbsentButNotWrong) {
  EXPECT_EQ(codes(check({module("a", {{.name = "gone", .crc = {}, .weak = true}})})), "");
  EXPECT_EQ(codes(check({module("a", {{.name = "_printk", .crc = 1, .weak = true}})})), "symbol-crc-differs");
}

TEST(CheckModules, NamesBothCrcsAndTheKernel) {
  const Diagnostics problems = check({module("a", {{.name = "_printk", .crc = 0x1234}})});
  EXPECT_EQ(only_message(problems),
            "module a needs symbol _printk with CRC 0x00001234, but test-1/amd64@6.1.0-0-test has 0x92997ed8");
  EXPECT_EQ(codes(problems), "symbol-crc-differs");
  EXPECT_FALSE(problems.ok());
}

TEST(CheckModules, WantsACrcWhereTheKernelComparesThem) {
  EXPECT_EQ(codes(check({module("a", {{.name = "_printk", .crc = {}}})})), "symbol-crc-missing");
  EXPECT_EQ(codes(check({module("a", {{.name = "from_assembly", .crc = {}}})})), "") << "the kernel has none either";
  World plain;
  plain.headers.config.modversions = false;
  EXPECT_EQ(codes(check({module("a", {{.name = "_printk", .crc = {}}})}, plain)), "");
}

TEST(CheckModules, ResolvesSymbolsBetweenModulesOfOnePackage) {
  const ModuleFacts giver = module("giver", {}, {{.name = "give", .crc = 9, .symbol_namespace = "", .gpl_only = false}});
  EXPECT_EQ(codes(check({giver, module("taker", {{.name = "give", .crc = 9}})})), "");
  EXPECT_EQ(codes(check({giver, module("taker", {{.name = "give", .crc = 8}})})), "symbol-crc-differs");
  EXPECT_EQ(codes(check({giver, module("taker", {{.name = "give", .crc = {}}})})), "symbol-crc-missing");
  EXPECT_EQ(codes(check({module("selfish", {{.name = "give", .crc = 9}}, giver.exported)})), "symbol-unresolved")
      << "a module does not resolve its own undefined symbols";
}

/// The package `lib`, finished, whose module `giver` exports `give`.
BuiltDependency library(std::uint32_t crc, const std::string& symbol = "give") {
  auto manifest = std::make_shared<Manifest>();
  manifest->name = PackageName("lib");
  return {.cell = {.manifest = std::move(manifest), .kernel = {}},
          .symvers = {},
          .modules = {module("giver", {}, {{.name = symbol, .crc = crc, .symbol_namespace = "", .gpl_only = true}})}};
}

Diagnostics check_with(const ModuleFacts& user, const BuiltDependency& dependency) {
  const World world;
  return check_modules(std::span(&user, 1), world.headers, world.symvers, std::span(&dependency, 1));
}

TEST(CheckModules, ResolvesSymbolsInThePackagesThatThisOneNeeds) {
  EXPECT_EQ(codes(check_with(module("taker", {{.name = "give", .crc = 9}}), library(9))), "");
  EXPECT_EQ(codes(check_with(module("giver", {{.name = "give", .crc = 9}}), library(9))), "")
      << "a module of that name in another package is not this one";
  EXPECT_EQ(codes(check_with(module("taker", {{.name = "take", .crc = 9}}), library(9))), "symbol-unresolved");
  ModuleFacts closed = module("taker", {{.name = "give", .crc = 9}});
  closed.license = "Proprietary";
  EXPECT_EQ(codes(check_with(closed, library(9))), "symbol-gpl-only");
}

TEST(CheckModules, NamesTheOtherPackageAndBothCrcsWhereTheyDiffer) {
  const Diagnostics problems = check_with(module("taker", {{.name = "give", .crc = 0x12}}), library(9));
  EXPECT_FALSE(problems.ok());
  EXPECT_EQ(codes(problems), "symbol-crc-differs");
  EXPECT_EQ(only_message(problems),
            "module taker needs symbol give with CRC 0x00000012, but module giver of package lib has 0x00000009");
  EXPECT_EQ(codes(check_with(module("taker", {{.name = "give", .crc = {}}}), library(9))), "symbol-crc-missing");
}

TEST(CheckModules, WarnsOfASymbolThatANeededPackageExportsToo) {
  const ModuleFacts user = module("taker", {}, {{.name = "give", .crc = 9, .symbol_namespace = "", .gpl_only = false}});
  EXPECT_EQ(only_message(check_with(user, library(9))),
            "module taker exports symbol give, which module giver of package lib exports too");
}

TEST(CheckModules, TakesEitherTheKernelsSymbolOrThePackages) {
  const ModuleFacts giver = module("giver", {}, {{.name = "video_open", .crc = 77, .symbol_namespace = "", .gpl_only = false}});
  EXPECT_EQ(codes(check({giver, module("taker", {{.name = "video_open", .crc = 77}})})), "");
  EXPECT_EQ(codes(check({giver, module("taker", {{.name = "video_open", .crc = 5}})})), "");
}

TEST(CheckModules, WantsNamespacesImported) {
  ModuleFacts user = module("a", {{.name = "spaced", .crc = 3}});
  EXPECT_EQ(codes(check({user})), "symbol-namespace");
  EXPECT_FALSE(check({user}).ok());
  World tolerant;
  tolerant.headers.config.options["CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS"] = "y";
  EXPECT_TRUE(check({user}, tolerant).ok());
  user.import_namespaces = {"NS"};
  EXPECT_EQ(codes(check({user})), "");
}

TEST(CheckModules, KnowsSymbolsThatAreForNamedModulesOnly) {
  EXPECT_EQ(codes(check({module("friend", {{.name = "for_two", .crc = 4}})})), "");
  EXPECT_EQ(codes(check({module("my-own", {{.name = "for_two", .crc = 4}})})), "");
  EXPECT_EQ(codes(check({module("stranger", {{.name = "for_two", .crc = 4}})})), "symbol-namespace");
}

TEST(CheckModules, KeepsGplSymbolsFromOtherLicences) {
  ModuleFacts user = module("a", {{.name = "gpl_thing", .crc = 2}});
  for (const char* license : {"Proprietary", "", "BSD", "GPL v3"}) {
    user.license = license;
    EXPECT_EQ(codes(check({user})), "symbol-gpl-only") << license;
  }
  for (const char* license : {"GPL", "GPL v2", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL", "GPL and additional rights"}) {
    user.license = license;
    EXPECT_EQ(codes(check({user})), "") << license;
  }
}

TEST(CheckModules, RefusesTwoModulesOfOneName) {
  const Diagnostics problems = check({module("snd-a"), module("snd_a")});
  EXPECT_EQ(codes(problems), "module-duplicate-built");
  EXPECT_EQ(only_message(problems), "the package has two modules named snd_a");
  EXPECT_FALSE(problems.ok());
}

TEST(CheckModules, RefusesAnExportThatTheKernelItselfHas) {
  const ExportedSymbol taken{.name = "_printk", .crc = 1, .symbol_namespace = "", .gpl_only = false};
  const Diagnostics problems = check({module("a", {}, {taken})});
  EXPECT_EQ(only_message(problems), "module a exports symbol _printk, which kernel test-1/amd64@6.1.0-0-test itself exports too");
  EXPECT_FALSE(problems.ok());
  const ExportedSymbol in_module{.name = "video_open", .crc = 5, .symbol_namespace = "", .gpl_only = false};
  EXPECT_EQ(codes(check({module("better_video", {}, {in_module})})), "") << "it stands in for that module";
}

TEST(CheckModules, WarnsOfModulesThatCannotBeLoadedTogether) {
  const ExportedSymbol same{.name = "same", .crc = 1, .symbol_namespace = "", .gpl_only = false};
  const Diagnostics problems = check({module("one", {}, {same}), module("two", {}, {same})});
  EXPECT_EQ(codes(problems), "symbol-exported-twice");
  EXPECT_EQ(only_message(problems), "module two exports symbol same, which module one of this package exports too");
  EXPECT_TRUE(problems.ok());
}

TEST(CheckModules, WarnsOfAModuleTheKernelHasAndSaysWhichWins) {
  const Diagnostics problems = check({module("video_dev")});
  EXPECT_EQ(codes(problems), "module-in-tree");
  EXPECT_TRUE(problems.ok());
  EXPECT_EQ(problems.all()[0].notes,
            (std::vector<std::string>{"the packaged one wins: depmod searches updates/ before kernel/"}));
  World el;
  el.headers.kernel.rules.directory = "extra/{name}";
  EXPECT_EQ(check({module("video_dev")}, el).all()[0].notes,
            (std::vector<std::string>{
                "extra/{name} does not outrank kernel/ by itself: depmod needs an override line for the module"}));
}

TEST(CheckModules, FindsInTreeModulesInTheTreesOwnLists) {
  const TempDir tree;
  write_file(tree.path() / "modules.order", "kernel/drivers/net/dummy.ko\ndrivers/net/new-way.o\n");
  write_file(tree.path() / "modules.builtin", "kernel/fs/ext9.ko\n");
  World world;
  world.headers.tree = tree.path();
  for (const char* name : {"dummy", "new-way", "new_way", "ext9"})
    EXPECT_EQ(codes(check({module(name)}, world)), "module-in-tree") << name;
  EXPECT_EQ(codes(check({module("mine")}, world)), "");
}

TEST(CheckModules, TellsTheFirstOfVeryManySymbolsAndCountsTheRest) {
  std::vector<NeededSymbol> needed;
  for (int index = 0; index < 100; ++index) needed.push_back({.name = "gone" + std::to_string(index), .crc = 1});
  const Diagnostics problems = check({module("a", needed)});
  EXPECT_EQ(problems.all().size(), 12U);
  EXPECT_EQ(problems.all().back().notes.back(), "and 88 more symbols of this module");
}

TEST(CheckModules, DecidesManyKernelsQuickly) {
  // 40000 symbols and a module that needs 2000 of them: no step may be quadratic.
  std::string text;
  std::vector<NeededSymbol> needed;
  for (int index = 0; index < 40'000; ++index)
    text += "0x00000001\tsymbol_" + std::to_string(index * 7919 % 40'000) + "\tvmlinux\tEXPORT_SYMBOL\t\n";
  for (int index = 0; index < 2'000; ++index) needed.push_back({.name = "symbol_" + std::to_string(index), .crc = 1});
  World world;
  world.symvers = Symvers::parse(text, "f");
  for (int round = 0; round < 20; ++round) EXPECT_TRUE(check({module("a", needed)}, world).ok());
}

}  // namespace
}  // namespace kmpack
