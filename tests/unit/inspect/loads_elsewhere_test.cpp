#include "inspect/loads_elsewhere.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "inspect/symvers.hpp"

namespace kmpack {
namespace {

LoadingKernel kernel(bool modversions = true) {
  auto config = std::make_shared<KernelConfig>();
  config->modules = true;
  config->modversions = modversions;
  LoadingKernel kernel{.name = "test-1/amd64@6.1.0-2-test"};
  kernel.release = KernelRelease("6.1.0-2-test");
  kernel.elf_machine = EM_X86_64;
  kernel.config = std::move(config);
  kernel.vermagic = modversions ? "6.1.0-2-test SMP preempt mod_unload modversions " : "6.1.0-2-test SMP preempt mod_unload ";
  kernel.symbols = Symvers::parse(
      "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
      "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
      "0x00000000\tfrom_assembly\tvmlinux\tEXPORT_SYMBOL\t\n",
      "Module.symvers");
  return kernel;
}

ModuleFacts module(std::vector<NeededSymbol> needed) {
  ModuleFacts facts;
  facts.name = ModuleName("hello");
  facts.elf_machine = EM_X86_64;
  facts.vermagic = "6.1.0-1-test SMP preempt mod_unload modversions ";
  facts.license = "GPL";
  facts.needed = std::move(needed);
  return facts;
}

std::string told(std::vector<NeededSymbol> needed, const LoadingKernel& where = kernel()) {
  const std::vector modules{module(std::move(needed))};
  const LoadsElsewhere answer = loads_elsewhere(modules, where);
  return (answer.loads ? "loads: " : "does not: ") + answer.reason;
}

TEST(LoadsElsewhere, CountsTheSymbolsThatVouchForIt) {
  EXPECT_EQ(told({{.name = "_printk", .crc = 2}, {.name = "module_layout", .crc = 1}}),
            "loads: all 2 symbols have the same CRCs");
}

TEST(LoadsElsewhere, NamesTheSymbolThatForbidsIt) {
  EXPECT_EQ(told({{.name = "_printk", .crc = 7}, {.name = "module_layout", .crc = 1}}),
            "does not: symbol _printk changed: 0x00000007 -> 0x00000002");
}

TEST(LoadsElsewhere, TakesNothingThatNoCrcVouchesFor) {
  EXPECT_EQ(told({{.name = "from_assembly"}, {.name = "module_layout", .crc = 1}}), "does not: symbol from_assembly has no CRC");
  EXPECT_EQ(told({{.name = "_printk", .crc = 2}, {.name = "module_layout", .crc = 1}}, kernel(false)),
            "does not: the kernel compares no CRCs of symbols");
  LoadingKernel unknown = kernel();
  unknown.config = nullptr;
  EXPECT_EQ(told({{.name = "module_layout", .crc = 1}}, unknown), "does not: the kernel compares no CRCs of symbols");
}

TEST(LoadsElsewhere, LeavesTheSizeOfStructModuleOpenAndSaysSo) {
  LoadingKernel newer = kernel();
  newer.release = KernelRelease("6.12.0-2-test");
  newer.vermagic = "6.12.0-2-test SMP preempt mod_unload modversions ";
  ModuleFacts built = module({{.name = "module_layout", .crc = 1}});
  built.vermagic = "6.12.0-1-test SMP preempt mod_unload modversions ";
  built.struct_module_size = 896;
  const LoadsElsewhere open = loads_elsewhere(std::span(&built, 1), newer);
  EXPECT_TRUE(open.loads) << open.reason;
  EXPECT_NE(open.reason.find(", if "), std::string::npos) << open.reason;
  newer.struct_module_size = 1024;
  EXPECT_FALSE(loads_elsewhere(std::span(&built, 1), newer).loads);
  newer.struct_module_size = 896;
  EXPECT_EQ(loads_elsewhere(std::span(&built, 1), newer).reason, "all 1 symbols have the same CRCs");
}

TEST(LoadsElsewhere, LeavesNothingElseOpenBehindTheSizeOfStructModule) {
  LoadingKernel newer = kernel();
  newer.release = KernelRelease("6.12.0-2-test");
  newer.vermagic = "6.12.0-2-test SMP preempt mod_unload modversions ";
  newer.symbols = Symvers::parse(
      "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
      "0x00000005\tgive\tdrivers/giver\tEXPORT_SYMBOL\t\n",
      "Module.symvers");
  ModuleFacts built = module({{.name = "module_layout", .crc = 1}});
  built.struct_module_size = 896;
  built.exported = {{.name = "give", .crc = 5, .symbol_namespace = {}}};
  const LoadsElsewhere answer = loads_elsewhere(std::span(&built, 1), newer);
  EXPECT_FALSE(answer.loads);
  EXPECT_EQ(answer.reason,
            "it loads only if sizeof(struct module) is 896, and the kernel's module giver is not loaded, which exports symbol "
            "give, too");
}

TEST(LoadsElsewhere, ResolvesModulesOfOnePackageAmongThemselves) {
  ModuleFacts giver = module({{.name = "module_layout", .crc = 1}});
  giver.name = ModuleName("giver");
  giver.exported = {{.name = "give", .crc = 5, .symbol_namespace = {}}};
  const ModuleFacts taker = module({{.name = "give", .crc = 5}, {.name = "module_layout", .crc = 1}});
  EXPECT_FALSE(loads_elsewhere(std::span(&taker, 1), kernel()).loads);
  const std::vector both{giver, taker};
  EXPECT_TRUE(loads_elsewhere(both, kernel()).loads);
}

}  // namespace
}  // namespace kmpack
