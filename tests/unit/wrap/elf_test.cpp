#include "wrap/elf.hpp"

#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "support/fake_module.hpp"

namespace kmpack {
namespace {

using test::FakeModule;

std::string code_of(const std::string& bytes) {
  try {
    const ElfObject elf(bytes);
  } catch (const Error& error) {
    return std::string(error.diagnostic().code);
  }
  return "nothing";
}

TEST(ElfObject, ReadsSectionsAndSymbolsOfEveryWordSizeAndByteOrder) {
  for (const auto word : {FakeModule::Word::bits32, FakeModule::Word::bits64})
    for (const auto order : {FakeModule::Order::little, FakeModule::Order::big}) {
      FakeModule module(word, order);
      module.machine = EM_PPC64;
      module.sections.emplace_back(".data", module.number(0x11223344, 4));
      module.symbols.push_back({.name = "here", .section = ".data", .value = 0});
      module.symbols.push_back({.name = "there", .section = "", .value = 0, .binding = STB_WEAK});
      module.symbols.push_back({.name = "fixed", .section = "ABS", .value = 0x1234, .binding = STB_LOCAL});
      const std::string bytes = module.bytes();
      const ElfObject elf(bytes);
      EXPECT_EQ(elf.machine(), EM_PPC64);
      EXPECT_EQ(elf.word_bytes(), word == FakeModule::Word::bits64 ? 8U : 4U);
      ASSERT_NE(elf.find(".data"), nullptr);
      EXPECT_EQ(elf.number(elf.find(".data")->data, 0, 4), 0x11223344U);
      ASSERT_EQ(elf.symbols().size(), 3U);
      EXPECT_EQ(elf.sections().at(elf.symbols()[0].section).name, ".data");
      EXPECT_EQ(elf.symbols()[1].name, "there");
      EXPECT_TRUE(elf.symbols()[1].weak);
      EXPECT_EQ(elf.symbols()[1].section, kUndefinedSection);
      EXPECT_EQ(elf.symbols()[2].section, kAbsoluteSection);
      EXPECT_EQ(elf.symbols()[2].value, 0x1234U);
      EXPECT_TRUE(elf.symbols()[2].local);
    }
}

TEST(ElfObject, FindsNoSectionThatIsNotThere) {
  const std::string bytes = test::plain_module().bytes();
  EXPECT_EQ(ElfObject(bytes).find("absent"), nullptr);
}

TEST(ElfObject, ReadsNoNumberBeyondTheData) {
  const std::string bytes = test::plain_module().bytes();
  const ElfObject elf(bytes);
  EXPECT_FALSE(elf.number("1234567", 0, 8).has_value());
  EXPECT_FALSE(elf.number("12345678", 1, 8).has_value());
  EXPECT_FALSE(elf.number("12345678", ~std::uint64_t{0}, 4).has_value());
  EXPECT_TRUE(elf.number("12345678", 4, 4).has_value());
}

TEST(ElfObject, RefusesWhatIsNotARelocatableObject) {
  EXPECT_EQ(code_of(""), "module-not-elf");
  EXPECT_EQ(code_of("#!/bin/sh\n"), "module-not-elf");
  EXPECT_EQ(code_of("\x7f"
                    "ELF"),
            "module-not-elf");
  FakeModule program = test::plain_module();
  program.type = ET_EXEC;
  EXPECT_EQ(code_of(program.bytes()), "module-not-elf");
}

TEST(ElfObject, ReportsAFileThatWasCutShort) {
  const std::string bytes = test::plain_module().bytes();
  EXPECT_EQ(code_of(bytes.substr(0, bytes.size() / 2)), "module-unreadable");
  EXPECT_EQ(code_of(bytes.substr(0, bytes.size() - 1)), "module-unreadable");
}

}  // namespace
}  // namespace kmpack
