#include "manifest/makefile_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace kmpack {
namespace {

/// `option:words@line` of every list.
std::string objects(std::string_view text) {
  std::string all;
  for (const ObjectList& list : read_makefile_text(text).objects) {
    all += list.option + ":";
    for (const std::string& word : list.words) all += " " + word;
    all += "@" + std::to_string(list.line) + ";";
  }
  return all;
}

TEST(MakefileText, ReadsEveryFormOfAssignment) {
  EXPECT_EQ(objects("obj-m := a.o b.o\nobj-m += c.o\nobj-m=d.o\nobj-m ?= e.o\nobj-m ::= f.o\n"),
            ": a.o b.o@1;: c.o@2;: d.o@3;: e.o@4;: f.o@5;");
}

TEST(MakefileText, ReadsAListUnderAnOption) { EXPECT_EQ(objects("obj-$(CONFIG_FOO) += foo.o\n"), "CONFIG_FOO: foo.o@1;"); }

TEST(MakefileText, JoinsContinuedLinesAndNamesTheFirst) {
  EXPECT_EQ(objects("# one\nobj-m := a.o \\\n  b.o \\\n  c.o\nobj-m += d.o"), ": a.o b.o c.o@2;: d.o@5;");
}

TEST(MakefileText, LeavesOutCommentsAndRecipes) {
  EXPECT_EQ(objects("# obj-m := no.o\nall:\n\tobj-m := no.o \\\n  obj-m := no.o\nobj-m := yes.o # obj-m\n"), ": yes.o@5;");
}

TEST(MakefileText, ReadsBothBranchesOfACondition) {
  EXPECT_EQ(objects("ifneq ($(KERNELRELEASE),)\n  obj-m := a.o\nelse\nobj-m := b.o\nendif\n"), ": a.o@2;: b.o@4;");
}

TEST(MakefileText, ReplacesVariablesWhereverTheyAreSet) {
  EXPECT_EQ(objects("obj-m := $(NAME).o ${MORE}\nNAME := a\nexport MORE = b.o\nMORE += $(THIRD)\nTHIRD = c.o\n"),
            ": a.o b.o c.o@1;");
}

TEST(MakefileText, KeepsWhatOnlyMakeCanTell) {
  EXPECT_EQ(objects("obj-m := $(patsubst %.c,%.o,a.c) $(UNKNOWN)\n"), ": $(patsubst %.c,%.o,a.c) $(UNKNOWN)@1;");
}

TEST(MakefileText, ReadsLinesThatEndAsOnWindows) { EXPECT_EQ(objects("obj-m := a.o \\\r\n b.o\r\n"), ": a.o b.o@1;"); }

TEST(MakefileText, KnowsThePartsOfACompositeModule) {
  const MakefileText text =
      read_makefile_text("N := big\nobj-m := big.o\n$(N)-objs := a.o b.o\nbig-y += c.o\nccflags-y := -DX\n");
  ASSERT_TRUE(text.parts.contains("big"));
  EXPECT_EQ(text.parts.at("big"), (std::vector<std::string>{"a.o", "b.o", "c.o"}));
}

TEST(MakefileText, EndsWhereVariablesNameThemselves) {
  EXPECT_NE(objects("A = $(A) x.o\nobj-m := $(A)\n").find("x.o"), std::string::npos);
}

TEST(MakefileText, EndsSoonWhereVariablesMultiply) {
  std::string text = "obj-m := $(V0)\n";
  for (int i = 0; i < 30; ++i) {
    text += "V" + std::to_string(i) + " =";
    for (int j = 0; j < 50; ++j) text += " $(V" + std::to_string(i + 1) + ")";
    text += "\n";
  }
  const auto start = std::chrono::steady_clock::now();
  objects(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace kmpack
