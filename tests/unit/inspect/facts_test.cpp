#include "inspect/facts.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "kmpack/diagnostic.hpp"
#include "support/fake_module.hpp"
#include "support/thrown.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

using test::FakeModule;

std::string code_of(const std::string& bytes) {
  try {
    read_module_facts(bytes, "test.ko");
  } catch (const Error& error) {
    return std::string(error.diagnostic().code);
  }
  return "nothing";
}

const NeededSymbol* needed(const ModuleFacts& facts, const std::string& name) {
  const auto found = std::ranges::find(facts.needed, name, &NeededSymbol::name);
  return found == facts.needed.end() ? nullptr : &*found;
}

const ExportedSymbol* exported(const ModuleFacts& facts, const std::string& name) {
  const auto found = std::ranges::find(facts.exported, name, &ExportedSymbol::name);
  return found == facts.exported.end() ? nullptr : &*found;
}

TEST(ReadModuleFacts, ReadsEveryFieldOfModinfo) {
  FakeModule module;
  module.modinfo({"version=1.2", "license=GPL", "description=a = b", "alias=pci:v1*", "alias=pci:v2*", "softdep=pre: a b",
                  "depends=x,y_z", "firmware=fw.bin", "import_ns=CRYPTO", "parmtype=debug:int", "parm=debug:how loud: 0 to 3",
                  "parmtype=bare:charp", "srcversion=ABC", "vermagic=6.1.0-0-test SMP "});
  module.sections.emplace_back(".BTF", "btf");
  module.sections.emplace_back(".gnu.linkonce.this_module", std::string(896, '\0'));
  const ModuleFacts facts = read_module_facts(module.bytes(), "dir/my-mod.ko.xz");
  EXPECT_EQ(facts.name.str(), "my-mod");
  EXPECT_EQ(facts.release().str(), "6.1.0-0-test");
  EXPECT_EQ(facts.vermagic, "6.1.0-0-test SMP ");
  EXPECT_EQ(facts.license, "GPL");
  EXPECT_EQ(facts.version, "1.2");
  EXPECT_EQ(facts.srcversion, "ABC");
  EXPECT_EQ(facts.description, "a = b");
  EXPECT_EQ(facts.aliases, (std::vector<std::string>{"pci:v1*", "pci:v2*"}));
  EXPECT_EQ(facts.softdeps, (std::vector<std::string>{"pre: a b"}));
  EXPECT_EQ(facts.depends, (std::vector<std::string>{"x", "y_z"}));
  EXPECT_EQ(facts.firmware, (std::vector<std::string>{"fw.bin"}));
  EXPECT_EQ(facts.import_namespaces, (std::vector<std::string>{"CRYPTO"}));
  EXPECT_EQ(facts.parameters, (std::vector<std::string>{"debug: how loud: 0 to 3", "bare"}));
  EXPECT_TRUE(facts.has_btf);
  EXPECT_EQ(facts.struct_module_size, 896U);
  EXPECT_FALSE(facts.signature.has_value());
}

TEST(ReadModuleFacts, ReadsNeededSymbolsOfEveryWordSizeAndByteOrder) {
  for (const auto word : {FakeModule::Word::bits32, FakeModule::Word::bits64})
    for (const auto order : {FakeModule::Order::little, FakeModule::Order::big}) {
      FakeModule module(word, order);
      module.modinfo({"vermagic=1"}).needs("printk", 0x92997ed8).needs("unversioned", {}).needs("maybe", 5, STB_WEAK);
      module.symbols.push_back({.name = "_GLOBAL_OFFSET_TABLE_", .section = ""});
      const ModuleFacts facts = read_module_facts(module.bytes(), "a.ko");
      ASSERT_EQ(facts.needed.size(), 3U);
      ASSERT_NE(needed(facts, "printk"), nullptr);
      EXPECT_EQ(needed(facts, "printk")->crc, 0x92997ed8U);
      EXPECT_FALSE(needed(facts, "printk")->weak);
      EXPECT_FALSE(needed(facts, "unversioned")->crc.has_value());
      EXPECT_TRUE(needed(facts, "maybe")->weak);
    }
}

TEST(ReadModuleFacts, CountsAVersionWithoutASymbolAsNeeded) {
  FakeModule module = test::plain_module();
  module.needs("module_layout", 7);
  module.symbols.clear();
  ASSERT_NE(needed(read_module_facts(module.bytes(), "a.ko"), "module_layout"), nullptr);
}

TEST(ReadModuleFacts, ReadsVersionsOfLongNames) {
  FakeModule module = test::plain_module();
  const std::string name(200, 'r');
  module.sections.emplace_back("__version_ext_crcs", module.number(0xabcdef01, 4) + module.number(2, 4));
  module.sections.emplace_back("__version_ext_names", name + '\0' + "short" + '\0');
  const ModuleFacts facts = read_module_facts(module.bytes(), "a.ko");
  ASSERT_NE(needed(facts, name), nullptr);
  EXPECT_EQ(needed(facts, name)->crc, 0xabcdef01U);
  EXPECT_EQ(needed(facts, "short")->crc, 2U);
}

TEST(ReadModuleFacts, ReadsExportedCrcsInAllTheirForms) {
  for (const auto word : {FakeModule::Word::bits32, FakeModule::Word::bits64})
    for (const auto order : {FakeModule::Order::little, FakeModule::Order::big}) {
      FakeModule module(word, order);
      module.modinfo({"vermagic=1"})
          .exports("plain", 0x01020304)
          .exports("second", 0xf0000001)
          .exports("gpl", 0xfffefdfc, "NS_ONE", true)
          .exports("absolute", 0x81020305, "", false, FakeModule::Crc::absolute)
          .exports("elsewhere", 0x91020306, "", false, FakeModule::Crc::in_section, ".rodata");
      const ModuleFacts facts = read_module_facts(module.bytes(), "a.ko");
      ASSERT_EQ(facts.exported.size(), 5U);
      EXPECT_EQ(exported(facts, "plain")->crc, 0x01020304U);
      EXPECT_EQ(exported(facts, "second")->crc, 0xf0000001U);
      EXPECT_EQ(exported(facts, "gpl")->crc, 0xfffefdfcU);
      EXPECT_EQ(exported(facts, "absolute")->crc, 0x81020305U);
      EXPECT_EQ(exported(facts, "elsewhere")->crc, 0x91020306U);
      EXPECT_EQ(exported(facts, "gpl")->symbol_namespace, "NS_ONE");
      EXPECT_TRUE(exported(facts, "gpl")->gpl_only);
      EXPECT_EQ(exported(facts, "plain")->symbol_namespace, "");
      EXPECT_FALSE(exported(facts, "plain")->gpl_only);
    }
}

TEST(ReadModuleFacts, ExportsWithoutCrcStayExports) {
  FakeModule module = test::plain_module();
  module.exports("bare", 1);
  std::erase_if(module.symbols, [](const FakeModule::Symbol& symbol) { return symbol.name == "__crc_bare"; });
  const ModuleFacts facts = read_module_facts(module.bytes(), "a.ko");
  ASSERT_NE(exported(facts, "bare"), nullptr);
  EXPECT_FALSE(exported(facts, "bare")->crc.has_value());
}

TEST(ReadModuleFacts, RefusesAnObjectThatModpostHasNotSeen) {
  FakeModule module;
  module.modinfo({"license=GPL"});
  EXPECT_EQ(code_of(module.bytes()), "module-no-vermagic");
  EXPECT_EQ(code_of(FakeModule().bytes()), "module-no-vermagic");
}

TEST(ReadModuleFacts, RefusesWhatIsNoModule) {
  EXPECT_EQ(code_of("not a module"), "module-not-elf");
  EXPECT_EQ(code_of(""), "module-not-elf");
}

TEST(ReadModuleFacts, ReadsNoneOfAFileThatCannotBeAModule) {
  const TempDir here;
  const std::filesystem::path file = here.path() / "hello.ko";
  write_file(file, "");
  // A gigabyte of nothing takes no room on the disk; nor must it in memory.
  std::filesystem::resize_file(file, kLargestModule);
  struct rusage before {};
  struct rusage after {};
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_EQ(test::code_thrown_by([&] { read_module_facts(file); }), "module-not-elf");
  EXPECT_EQ(test::code_thrown_by([&] { decompressed_module(file); }), "module-not-elf");
  std::filesystem::resize_file(file, kLargestModule + 1);
  EXPECT_EQ(test::code_thrown_by([&] { read_module_facts(file); }), "module-too-large");
  EXPECT_EQ(test::code_thrown_by([&] { decompressed_module(file); }), "module-too-large");
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 100 * 1024) << "kilobytes";
}

TEST(ReadModuleFacts, RefusesDamagedTables) {
  FakeModule versions = test::plain_module();
  versions.sections.emplace_back("__versions", std::string(65, 'x'));
  EXPECT_EQ(code_of(versions.bytes()), "module-unreadable");
  FakeModule extended = test::plain_module();
  extended.sections.emplace_back("__version_ext_crcs", std::string(8, 'x'));
  EXPECT_EQ(code_of(extended.bytes()), "module-unreadable");
  FakeModule crc = test::plain_module();
  crc.exports("symbol", 1);
  crc.symbols.back().value = 1'000'000;
  EXPECT_EQ(code_of(crc.bytes()), "module-unreadable");
}

TEST(ReadModuleFacts, ReportsASignatureThatCannotBe) {
  const std::string module = test::plain_module().bytes();
  const std::string magic = "~Module signature appended~\n";
  EXPECT_EQ(code_of(module + magic), "signature-malformed");
  EXPECT_EQ(code_of(module + std::string("\0\0\2\0\0\0\0\0\x7f\xff\xff\xff", 12) + magic), "signature-malformed");
  EXPECT_EQ(code_of(module + "junk" + std::string("\0\0\2\0\0\0\0\0\0\0\0\4", 12) + magic), "signature-malformed");
}

TEST(ReadModuleFacts, ReadsThroughEveryCompression) {
  const TempDir directory;
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::xz, Compression::zstd}) {
    const auto file = directory.path() / ("my-plain.ko" + std::string(suffix_of(compression)));
    write_file(file, compressed(test::plain_module().bytes(), compression));
    const ModuleFacts facts = read_module_facts(file);
    EXPECT_EQ(facts.compression, compression);
    EXPECT_EQ(facts.name.str(), "my-plain");
    EXPECT_EQ(facts.release().str(), "6.1.0-0-test");
    EXPECT_EQ(decompressed_module(file), test::plain_module().bytes());
  }
}

TEST(ReadModuleFacts, NamesTheFileThatCannotBeRead) {
  const TempDir directory;
  const auto damaged = directory.path() / "cut.ko.xz";
  write_file(damaged, compressed(test::plain_module().bytes(), Compression::xz).substr(0, 40));
  for (const auto& file : {damaged, directory.path() / "absent.ko", directory.path()}) {
    try {
      read_module_facts(file);
      ADD_FAILURE() << file << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "module-unreadable");
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
  }
}

TEST(ReadModuleFacts, NeverCrashesOnADamagedModule) {
  for (const auto order : {FakeModule::Order::little, FakeModule::Order::big}) {
    FakeModule module(FakeModule::Word::bits64, order);
    module.modinfo({"vermagic=1", "parm=a:b"})
        .needs("a", 1)
        .exports("b", 2, "NS", true)
        .exports("c", 3, "", false, FakeModule::Crc::absolute);
    const std::string good = module.bytes();
    ASSERT_EQ(code_of(good), "nothing");
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_NE(code_of(good.substr(0, size)), "nothing") << size;
    for (std::size_t place = 0; place < good.size(); ++place)
      for (const int flip : {0x01, 0x80, 0xff}) {
        // A heap copy of exactly this size, so that the sanitizer sees a read past its end.
        std::string bad = good;
        bad.shrink_to_fit();
        bad[place] = static_cast<char>(bad[place] ^ flip);
        code_of(bad);
      }
  }
}

}  // namespace
}  // namespace kmpack
