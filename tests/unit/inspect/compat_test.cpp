#include "inspect/compat.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inspect/btf.hpp"
#include "support/header_trees.hpp"
#include "support/thrown.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

constexpr const char* kSymvers =
    "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x00000002\tgpl_thing\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
    "0x00000003\tspaced\tvmlinux\tEXPORT_SYMBOL\tNS\n"
    "0x00000000\tfrom_assembly\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x00000005\tvideo_open\tdrivers/media/video-dev\tEXPORT_SYMBOL\t\n";

/// The next update of the kernel that module() was built for.
struct World {
  explicit World(const std::string& release = "6.1.0-2-test", const char* symvers = kSymvers) {
    config.modversions = true;
    config.module_sig = true;
    kernel.name = "test-1/amd64@" + release;
    kernel.release = KernelRelease(release);
    kernel.elf_machine = EM_X86_64;
    kernel.vermagic = release + " SMP preempt mod_unload modversions ";
    kernel.symbols = Symvers::parse(symvers, "Module.symvers");
  }
  CompatAnswer operator()(const ModuleFacts& module, const std::vector<ModuleFacts>& companions = {},
                          Trust trust = Trust::unknown) {
    kernel.config = std::make_shared<const KernelConfig>(config);
    return would_load(module, companions, kernel, trust);
  }
  KernelConfig config;
  LoadingKernel kernel;
};

ModuleFacts module(std::vector<NeededSymbol> needed = {}, std::vector<ExportedSymbol> exported = {}) {
  ModuleFacts facts;
  facts.name = ModuleName("hello");
  facts.elf_machine = EM_X86_64;
  facts.vermagic = "6.1.0-1-test SMP preempt mod_unload modversions ";
  facts.license = "GPL";
  facts.struct_module_size = 896;
  facts.needed = std::move(needed);
  facts.needed.push_back({.name = "module_layout", .crc = 1});
  std::ranges::sort(facts.needed, {}, &NeededSymbol::name);
  facts.exported = std::move(exported);
  return facts;
}

std::string told(const CompatAnswer& answer) {
  const std::string loads = answer.loads == Loads::yes ? "yes" : answer.loads == Loads::no ? "no" : "if";
  return answer.rule.empty() ? loads : loads + " " + std::string(answer.rule) + ": " + answer.reason;
}

TEST(WouldLoad, TakesAModuleOfAnotherReleaseWhoseSymbolsAgree) {
  EXPECT_EQ(told(World()(module({{.name = "_printk", .crc = 0x92997ed8}, {.name = "from_assembly"}}))), "yes");
}

TEST(WouldLoad, NamesTheFirstSymbolThatChangedWithBothCrcs) {
  const CompatAnswer answer =
      World()(module({{.name = "video_open", .crc = 9}, {.name = "_printk", .crc = 7}, {.name = "gpl_thing", .crc = 2}}));
  EXPECT_EQ(told(answer), "no symbol-crc: symbol _printk changed: 0x00000007 -> 0x92997ed8");
  EXPECT_EQ(answer.symbol, "_printk");
  EXPECT_EQ(answer.needed_crc, 7U);
  EXPECT_EQ(answer.found_crc, 0x92997ed8U);
}

TEST(WouldLoad, TellsOfTheLayoutOfModulesBeforeAnyOtherSymbol) {
  ModuleFacts changed = module({{.name = "_printk", .crc = 7}});
  changed.needed.back().crc = 8;
  EXPECT_EQ(told(World()(changed)), "no symbol-crc: symbol module_layout changed: 0x00000008 -> 0x00000001");
}

TEST(WouldLoad, MissesASymbolThatNobodyExportsUnlessItIsWeak) {
  EXPECT_EQ(told(World()(module({{.name = "gone", .crc = 1}}))),
            "no symbol-missing: symbol gone is gone: neither the kernel nor a module beside this one exports it");
  EXPECT_EQ(told(World()(module({{.name = "gone", .crc = 1, .weak = true}}))), "yes");
}

TEST(WouldLoad, FindsSymbolsAtCompanionsButNotAtItself) {
  const ModuleFacts needs = module({{.name = "paired", .crc = 6}});
  ModuleFacts gives = module({}, {{.name = "paired", .crc = 6}});
  EXPECT_EQ(World()(needs, {gives}).rule, "symbol-missing") << "of the same name";
  gives.name = ModuleName("base");
  EXPECT_EQ(told(World()(needs, {gives})), "yes");
  gives.exported[0].crc = 60;
  EXPECT_EQ(told(World()(needs, {gives})), "no symbol-crc: symbol paired changed: 0x00000006 -> 0x0000003c");
}

TEST(WouldLoad, SkipsTheReleaseButNotTheFlagsOfTheVermagic) {
  World world;
  world.kernel.vermagic = "6.1.0-2-test SMP preempt_rt mod_unload modversions ";
  EXPECT_EQ(told(world(module())),
            "no vermagic: its vermagic says 'SMP preempt mod_unload modversions', the kernel's 'SMP preempt_rt mod_unload "
            "modversions'");
}

TEST(WouldLoad, ComparesTheWholeVermagicWhereNoCrcsAre) {
  World world("6.1.0-2-test", "0x00000000\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n");
  world.config.modversions = false;
  world.kernel.vermagic = "6.1.0-2-test SMP mod_unload ";
  ModuleFacts plain = module();
  plain.needed = {{.name = "_printk"}};
  plain.vermagic = "6.1.0-1-test SMP mod_unload ";
  EXPECT_EQ(world(plain).rule, "vermagic");
  plain.vermagic = world.kernel.vermagic;
  EXPECT_EQ(told(world(plain)), "yes");
}

TEST(WouldLoad, HoldsTheVermagicAgainstTheConfigurationWhereTheKernelsIsNotKnown) {
  World world("6.1.0-1-test", "0x00000000\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n");
  world.config.modversions = false;
  world.kernel.vermagic.clear();
  ModuleFacts built = module();
  EXPECT_EQ(told(world(built)),
            "no vermagic: its vermagic says 'SMP preempt mod_unload modversions', and the kernel is built without "
            "CONFIG_MODVERSIONS")
      << "of the same release";
  built.vermagic = "6.1.0-1-test SMP preempt mod_unload ";
  EXPECT_EQ(told(world(built)), "yes");
  world.config.modversions = true;
  EXPECT_EQ(world(built).rule, "vermagic");
  EXPECT_EQ(world(built).loads, Loads::no);
}

TEST(WouldLoad, SaysHowManyConditionsItDoesNotTell) {
  World world("6.1.0-1-test");
  std::vector<ExportedSymbol> exported;
  std::string symvers = kSymvers;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) {
    exported.push_back({.name = name});
    symvers += std::string("0x00000007\t") + name + "\tdrivers/other\tEXPORT_SYMBOL\t\n";
  }
  world.kernel.symbols = Symvers::parse(symvers, "Module.symvers");
  const CompatAnswer answer = world(module({}, exported));
  EXPECT_TRUE(answer.reason.ends_with("symbol e, too, and 2 more")) << answer.reason;
  EXPECT_EQ(answer.conditions.size(), 7U);
  exported.resize(5);
  EXPECT_TRUE(world(module({}, exported)).reason.ends_with("symbol e, too"));
}

TEST(WouldLoad, SaysWhatTheFlagsMustBeWhereOnlySymbolsAreKnown) {
  LoadingKernel kernel;
  kernel.symbols = Symvers::parse(kSymvers, "Module.symvers");
  const CompatAnswer answer = would_load(module(), std::span<const ModuleFacts>(), kernel);
  EXPECT_EQ(told(answer),
            "if vermagic: the kernel's vermagic says 'SMP preempt mod_unload modversions', and sizeof(struct module) is 896");
}

TEST(WouldLoad, ComparesTheSizeOfStructModule) {
  World old;
  EXPECT_EQ(told(old(module())), "yes") << "6.1 does not look at it";
  old.kernel.struct_module_size = 1280;
  EXPECT_EQ(told(old(module())), "yes") << "whatever its own is";
  World fresh("6.12.1-test");
  EXPECT_EQ(told(fresh(module())), "if struct-module-size: sizeof(struct module) is 896");
  fresh.kernel.struct_module_size = 896;
  EXPECT_EQ(told(fresh(module())), "yes");
  fresh.kernel.struct_module_size = 1280;
  EXPECT_EQ(told(fresh(module())), "no struct-module-size: struct module has 896 bytes in it and 1280 in the kernel");
  EXPECT_EQ(World("5.14.0-570.el9.x86_64")(module()).rule, "struct-module-size") << "Red Hat's look at it, too";
}

TEST(WouldLoad, AsksForLicenceAndNamespace) {
  ModuleFacts closed = module({{.name = "gpl_thing", .crc = 2}});
  closed.license = "Proprietary";
  EXPECT_EQ(told(World()(closed)),
            "no gpl-only: symbol gpl_thing is for GPL modules only, and this one's licence is 'Proprietary'");
  ModuleFacts outside = module({{.name = "spaced", .crc = 3}});
  EXPECT_EQ(told(World()(outside)), "no namespace: symbol spaced is of namespace NS, which the module does not import");
  World tolerant;
  tolerant.config.options["CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS"] = "y";
  EXPECT_EQ(told(tolerant(outside)), "yes");
  outside.import_namespaces = {"NS"};
  EXPECT_EQ(told(World()(outside)), "yes");
}

TEST(WouldLoad, AsksForASignatureOnlyWhereItIsForced) {
  ModuleFacts bare = module();
  ModuleFacts bearing = module();
  bearing.signature = SignatureFacts{.signer = "Acme", .key_serial = "01", .hash = "sha256"};
  World free;
  EXPECT_EQ(told(free(bare)), "yes");
  EXPECT_EQ(told(free(bearing, {}, Trust::other_key)), "yes") << "the kernel is tainted, and loads it";
  EXPECT_EQ(told(free(bearing, {}, Trust::broken)), "no signature: its signature is wrong");
  World forced;
  forced.config.options["CONFIG_MODULE_SIG_FORCE"] = "y";
  EXPECT_EQ(forced(bare).loads, Loads::no);
  EXPECT_EQ(told(forced(bearing)), "if signature: the kernel trusts 'Acme'");
  EXPECT_EQ(told(forced(bearing, {}, Trust::trusted)), "yes");
  EXPECT_EQ(forced(bearing, {}, Trust::other_key).loads, Loads::no);
}

TEST(WouldLoad, RefusesAnExportThatTheKernelHasItself) {
  EXPECT_EQ(told(World()(module({}, {{.name = "_printk"}}))), "no exported-twice: the kernel exports symbol _printk itself");
  EXPECT_EQ(told(World()(module({}, {{.name = "video_open"}}))),
            "if exported-twice: the kernel's module video-dev is not loaded, which exports symbol video_open, too");
  ModuleFacts successor = module({}, {{.name = "video_open"}});
  successor.name = ModuleName("video_dev");
  EXPECT_EQ(told(World()(successor)), "yes");
}

TEST(WouldLoad, RefusesAnotherMachine) {
  ModuleFacts foreign = module();
  foreign.elf_machine = EM_AARCH64;
  EXPECT_EQ(World()(foreign).rule, "machine");
}

TEST(WouldLoad, TakesAModuleWithoutCrcsOnlyWhereItMayBeForced) {
  World world("6.1.0-1-test");
  ModuleFacts bare = module();
  bare.needed = {{.name = "_printk"}};
  EXPECT_EQ(told(world(bare)), "no symbol-crc-missing: the module records no CRCs, and the kernel compares them");
  world.config.options["CONFIG_MODULE_FORCE_LOAD"] = "y";
  EXPECT_EQ(world(bare).loads, Loads::conditionally);
}

TEST(KernelModulesNeeded, NamesTheKernelsOwnModules) {
  const ModuleFacts needs = module({{.name = "_printk", .crc = 1}, {.name = "video_open", .crc = 5}});
  EXPECT_EQ(kernel_modules_needed(needs, World().kernel), std::vector<std::string>{"drivers/media/video-dev"});
}

TEST(SymversOfAFewNames, HasThoseOfAListThatIsReadInPieces) {
  const TempDir directory;
  const auto file = directory.path() / "Module.symvers";
  std::string text;
  SymbolNames names;
  std::vector<std::string> wanted;
  for (unsigned number = 0; number < 9000; ++number) {
    wanted.push_back("name_" + std::to_string(number));
    text += "0x" + std::to_string(10'000'000 + number) + "\t" + wanted.back() + "\tvmlinux\tEXPORT_SYMBOL\t\n";
  }
  for (const std::string& name : wanted) names.insert(name);
  text.pop_back();
  write_file(file, text);
  EXPECT_EQ(Symvers::read_some(file, names).all().size(), 9000U);
  EXPECT_EQ(Symvers::read_some(file, names).find("name_8999")->crc, 0x10008999U);
  write_file(file, text + "\nno line\n");
  const auto problem = test::diagnostic_thrown_by([&] { static_cast<void>(Symvers::read_some(file, names)); });
  ASSERT_TRUE(problem && problem->where);
  EXPECT_EQ(problem->where->line, 9001U);
  EXPECT_EQ(test::code_thrown_by([&] { static_cast<void>(Symvers::read_some(directory.path() / "absent", names)); }),
            "file-unreadable");
}

TEST(SymversOfAFewNames, HasThoseAndNoOthersAndRefusesWhatIsNoList) {
  const TempDir directory;
  const auto file = directory.path() / "Module.symvers";
  write_file(file, kSymvers);
  SymbolNames names;
  for (const char* name : {"spaced", "absent", "from_assembly", "video_open"}) names.insert(name);
  const Symvers some = Symvers::read_some(file, names);
  ASSERT_EQ(some.all().size(), 3U);
  EXPECT_EQ(some.find("spaced")->symbol_namespace, "NS");
  EXPECT_EQ(some.find("video_open")->module, "drivers/media/video-dev");
  EXPECT_EQ(some.find("_printk"), nullptr);
  write_file(file, std::string(kSymvers) + "no line of such a list\n");
  EXPECT_EQ(test::code_thrown_by([&] { static_cast<void>(Symvers::read_some(file, names)); }), "symvers-malformed");
}

TEST(SymbolNames, HoldsManyNamesThatLookAlike) {
  std::vector<std::string> all;
  for (int index = 0; index < 5000; ++index) all.push_back("drm_atomic_helper_" + std::to_string(index) + "_state_of_plane");
  SymbolNames names;
  for (std::size_t index = 0; index < all.size(); index += 2) names.insert(all[index]);
  for (std::size_t index = 0; index < all.size(); ++index) ASSERT_EQ(names.contains(all[index]), index % 2 == 0) << all[index];
  EXPECT_FALSE(SymbolNames().contains("a"));
  EXPECT_FALSE(names.contains(""));
}

/// A header tree of which only what the vermagic comes from is there.
struct Tree {
  explicit Tree(const std::string& config) {
    headers.tree = test::make_debian_tree(directory.path(), "6.1.0-2-test", config);
    headers.root = directory.path();
    headers.kernel.flavor = {"test-1", "amd64", "amd64"};
    headers.kernel.release = KernelRelease("6.1.0-2-test");
    const auto common = directory.path() / "usr/src/linux-headers-common";
    make_directories(common / "include/linux");
    make_directories(common / "arch/x86/include/asm");
    write_file(common / "arch/x86/include/asm/vermagic.h",
               "/* #define MODULE_ARCH_VERMAGIC \"comment \" */\n#ifdef CONFIG_X86_32\n# define MODULE_ARCH_VERMAGIC OTHER\n"
               "#else\n# define MODULE_ARCH_VERMAGIC \"\"\n#endif\n");
    write_file(
        common / "include/linux/vermagic.h",
        "#ifndef X\n#error no\n#endif\n#if defined(CONFIG_SMP) && !defined(CONFIG_UP)\n#define SMP \"SMP \"\n#else\n"
        "#define SMP \"\"\n#endif\n#ifdef CONFIG_PREEMPT_BUILD\n#define P \"preempt \"\n#elif defined(CONFIG_PREEMPT_RT)\n"
        "#define P \"preempt_rt \"\n#else\n#define P \"\"\n#endif\n#define VERMAGIC_STRING \\\n\tUTS_RELEASE \" \" SMP \\\n"
        "\tP MODULE_ARCH_VERMAGIC\n");
  }
  std::string vermagic() { return loading_kernel(headers, {}).vermagic; }
  TempDir directory;
  HeaderTree headers;
};

TEST(DecidingOptions, AreThoseThatItsHeadersAndTheRulesAskFor) {
  const Tree tree("CONFIG_SMP=y\n");
  EXPECT_EQ(deciding_options(tree.headers),
            (OptionNames{"CONFIG_GCC_PLUGIN_RANDSTRUCT", "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS",
                         "CONFIG_MODULE_FORCE_LOAD", "CONFIG_MODULE_SIG_FORCE", "CONFIG_PREEMPT_BUILD", "CONFIG_PREEMPT_RT",
                         "CONFIG_RANDSTRUCT", "CONFIG_SMP", "CONFIG_UP", "CONFIG_X86_32"}));
}

TEST(LoadingKernel, HasTheVermagicThatItsHeadersMake) {
  Tree tree("CONFIG_MODULES=y\n");
  tree.headers.config.options = {{"CONFIG_SMP", "y"}, {"CONFIG_PREEMPT_RT", "y"}};
  EXPECT_EQ(tree.vermagic(), "6.1.0-2-test SMP preempt_rt ");
  tree.headers.config.options = {{"CONFIG_SMP", "y"}, {"CONFIG_UP", "y"}, {"CONFIG_PREEMPT_BUILD", "y"}};
  EXPECT_EQ(tree.vermagic(), "6.1.0-2-test preempt ");
  tree.headers.config.options = {{"CONFIG_SMP", "m"}};
  EXPECT_EQ(tree.vermagic(), "6.1.0-2-test ") << "a module is not defined by its plain name";
  tree.headers.config.options = {{"CONFIG_X86_32", "y"}};
  EXPECT_EQ(tree.vermagic(), "") << "what is not understood is not guessed";
}

/// BTF of an integer, an array and a structure behind it.
std::string btf_of(const std::string& name, std::uint32_t size) {
  const auto word = [](std::uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); };
  const std::string names = std::string(1, '\0') + "int" + '\0' + "modules" + '\0' + name + '\0';
  const std::string types = word(1) + word(1U << 24U) + word(4) + word(32) +                             // int
                            word(0) + word(3U << 24U) + word(0) + word(1) + word(1) + word(4) +          // int[4]
                            word(5) + word(4U << 24U) + word(7) +                                        // struct modules
                            word(13) + word(4U << 24U | 1U) + word(size) + word(0) + word(1) + word(0);  // struct NAME
  const auto length = [&](const std::string& text) { return word(static_cast<std::uint32_t>(text.size())); };
  return std::string("\x9f\xeb\x01\x00", 4) + word(24) + word(0) + length(types) + length(types) + length(names) + types + names;
}

TEST(StructSizeInBtf, IsThatOfTheStructureOfThatName) {
  EXPECT_EQ(detail::struct_size_in_btf(btf_of("module", 1280), "module"), 1280U);
  EXPECT_EQ(detail::struct_size_in_btf(btf_of("module_use", 48), "module"), std::nullopt);
}

TEST(StructSizeInBtf, IsNotReadBeyondDamagedData) {
  const std::string whole = btf_of("module", 1280);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(detail::struct_size_in_btf(whole.substr(0, length), "module").value_or(0), 1) << length;
  std::string wild = whole;
  std::memset(wild.data() + 8, 0xff, 16);
  EXPECT_EQ(detail::struct_size_in_btf(wild, "module"), std::nullopt);
}

TEST(StructSizeInBtf, IsFoundInAFileHoweverFarBehind) {
  const TempDir directory;
  const auto file = directory.path() / "vmlinux";
  // Longer than what is read of a section at first.
  for (const std::string& name : {std::string("near"), std::string(100'000, 'x')}) {
    const std::string btf = btf_of(name, 1280);
    write_file(file, "before" + btf + "behind");
    EXPECT_EQ(detail::struct_size_in_btf(file, 6, btf.size(), name), 1280U) << name.size();
    EXPECT_EQ(detail::struct_size_in_btf(file, 6, btf.size(), "module"), std::nullopt);
    EXPECT_EQ(detail::struct_size_in_btf(file, 6, btf.size() - 8, name), std::nullopt) << "it ends too soon";
    EXPECT_EQ(detail::struct_size_in_btf(file, 7, btf.size(), name), std::nullopt);
  }
}

}  // namespace
}  // namespace kmpack
