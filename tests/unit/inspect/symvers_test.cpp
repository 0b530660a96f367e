#include "inspect/symvers.hpp"

#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

constexpr const char* kText =
    "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
    "0x00000000\tunversioned\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
    "0xdeadbeef\ttun_get_socket\tdrivers/net/tun-tap\tEXPORT_SYMBOL_GPL\tNET_TUN\n"
    "0x00000007\told\tdrivers/old\tEXPORT_SYMBOL\n";

TEST(Symvers, FindsSymbolsWithAllTheirColumns) {
  const Symvers symvers = Symvers::parse(kText, "Module.symvers");
  ASSERT_NE(symvers.find("tun_get_socket"), nullptr);
  EXPECT_EQ(symvers.find("tun_get_socket")->crc, 0xdeadbeefU);
  EXPECT_EQ(symvers.find("tun_get_socket")->module, "drivers/net/tun-tap");
  EXPECT_EQ(symvers.find("tun_get_socket")->symbol_namespace, "NET_TUN");
  EXPECT_TRUE(symvers.find("tun_get_socket")->gpl_only);
  EXPECT_FALSE(symvers.find("_printk")->gpl_only);
  EXPECT_EQ(symvers.find("_printk")->symbol_namespace, "");
  EXPECT_EQ(symvers.find("old")->crc, 7U);
  EXPECT_EQ(symvers.find("printk"), nullptr);
  EXPECT_EQ(symvers.all().size(), 4U);
}

TEST(Symvers, KnowsTheKernelsModulesUnderBothSpellings) {
  const Symvers symvers = Symvers::parse(kText, "Module.symvers");
  EXPECT_TRUE(symvers.has_module("tun-tap"));
  EXPECT_TRUE(symvers.has_module("tun_tap"));
  EXPECT_FALSE(symvers.has_module("tun"));
  EXPECT_FALSE(symvers.has_module("vmlinux"));
}

TEST(Symvers, AreReadAsDistributionsCompressThem) {
  const TempDir directory;
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::xz, Compression::zstd}) {
    const std::filesystem::path file = directory.path() / ("symvers" + std::string(suffix_of(compression)));
    write_file(file, compressed(kText, compression));
    EXPECT_EQ(Symvers::read(file).all().size(), 4U) << file;
  }
  const std::string whole = compressed(kText, Compression::xz);
  write_file(directory.path() / "cut.xz", whole.substr(0, whole.size() / 2));
  EXPECT_THROW(Symvers::read(directory.path() / "cut.xz"), Error);
}

TEST(Symvers, KnowsNothingWhenEmpty) {
  EXPECT_EQ(Symvers().find("x"), nullptr);
  EXPECT_TRUE(Symvers::parse("", "f").all().empty());
}

TEST(Symvers, OutlivesTheObjectItWasCopiedFrom) {
  Symvers copy;
  {
    const Symvers symvers = Symvers::parse(kText, "Module.symvers");
    copy = symvers;
  }
  EXPECT_EQ(copy.find("_printk")->crc, 0x92997ed8U);
}

TEST(Symvers, ReportsTheLineThatDoesNotRead) {
  for (const std::string bad :
       {"nonsense", "0x1\tname\tvmlinux", "1\tname\tvmlinux\tEXPORT_SYMBOL\t", "0x1 name vmlinux EXPORT_SYMBOL",
        "0x123456789\tname\tvmlinux\tEXPORT_SYMBOL\t", "0x1\t\tvmlinux\tEXPORT_SYMBOL\t", "0x1\tname\t\tEXPORT_SYMBOL\t",
        "0x1\tname\tvmlinux\tIMPORT\t", "0x1\ta\tb\tEXPORT_SYMBOL\tns\tmore", "0xg\ta\tb\tEXPORT_SYMBOL\t", "\r"}) {
    try {
      Symvers::parse("0x00000001\tgood\tvmlinux\tEXPORT_SYMBOL\t\n" + bad + "\n", "dir/Module.symvers");
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(
          std::string(error.what()),
          "dir/Module.symvers:2: error: the line does not read as CRC, symbol, module, export type and namespace divided by tabs "
          "[symvers-malformed]\n  hint: fetch the kernel's headers again");
    }
  }
}

TEST(Symvers, KeepsTheFirstOfTwoLines) {
  const Symvers symvers = Symvers::parse("0x1\ta\tone\tEXPORT_SYMBOL\t\n0x2\ta\ttwo\tEXPORT_SYMBOL\t\n", "f");
  EXPECT_EQ(symvers.find("a")->crc, 1U);
}

}  // namespace
}  // namespace kmpack
