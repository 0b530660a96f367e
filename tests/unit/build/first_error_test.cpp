#include "build/first_error.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

std::string found(std::string_view log) {
  const std::vector<std::string> roots{"/ws/cell/source", "/usr/src/hello-1"};
  return first_error(log, roots).value_or("(nothing)");
}

TEST(FirstError, IsTheFirstCompilerErrorWithThePathRelativeToTheSource) {
  EXPECT_EQ(found("make: Entering directory '/headers'\n"
                  "  CC [M]  /ws/cell/source/broken.o\n"
                  "/ws/cell/source/broken.c: In function 'broken_init':\n"
                  "/ws/cell/source/broken.c:4:2: warning: unused variable 'error: x' [-Wunused]\n"
                  "/ws/cell/source/broken.c:6:16: error: implicit declaration of function 'nowhere'\n"
                  "    6 |         return nowhere(7);\n"
                  "/ws/cell/source/broken.c:7:16: error: another\n"
                  "cc1: some warnings being treated as errors\n"
                  "make[1]: *** [/headers/scripts/Makefile.build:255: /ws/cell/source/broken.o] Error 1\n"),
            "broken.c:6:16: error: implicit declaration of function 'nowhere'");
}

TEST(FirstError, KnowsAMissingHeader) {
  EXPECT_EQ(found("/ws/cell/source/sub/x.c:21:10: fatal error: nope.h: No such file or directory\ncompilation terminated.\n"),
            "sub/x.c:21:10: fatal error: nope.h: No such file or directory");
}

TEST(FirstError, KnowsClangAndTheAssembler) {
  EXPECT_EQ(found("/ws/cell/source/x.c:3:5: error: call to undeclared function 'f'; ISO C99 and later do not support it\n"),
            "x.c:3:5: error: call to undeclared function 'f'; ISO C99 and later do not support it");
  EXPECT_EQ(found("/ws/cell/source/v.S: Assembler messages:\n/ws/cell/source/v.S:5: Error: no such instruction: `movx'\n"),
            "v.S:5: Error: no such instruction: `movx'");
  EXPECT_EQ(found("gcc-12: error: unrecognized argument in option '-mstack-protector-guard=sysreg'\n"),
            "gcc-12: error: unrecognized argument in option '-mstack-protector-guard=sysreg'");
}

TEST(FirstError, IsModpostsWhenTheCompilerIsContent) {
  EXPECT_EQ(found("WARNING: modpost: missing MODULE_DESCRIPTION() in x.o\n"
                  "ERROR: modpost: \"nowhere\" [/ws/cell/source/undefined.ko] undefined!\n"
                  "make[1]: *** [/headers/scripts/Makefile.modpost:127: /ws/cell/source/Module.symvers] Error 1\n"),
            "ERROR: modpost: \"nowhere\" [undefined.ko] undefined!");
}

TEST(FirstError, TakesEveryNameOfTheSourceOff) {
  EXPECT_EQ(found("/usr/src/hello-1/a.c:1:1: error: no\n"), "a.c:1:1: error: no");
}

TEST(FirstError, KnowsAProgramThatIsNotThere) {
  EXPECT_EQ(found("bash: line 1: cmake: command not found\nmake: *** [x] Error 127\n"), "bash: line 1: cmake: command not found");
  EXPECT_EQ(found("./configure: line 7: pkg-config: command not found\n"), "./configure: line 7: pkg-config: command not found");
  EXPECT_EQ(found("make[1]: gcc-99: No such file or directory\nmake[1]: *** [x.o] Error 127\n"),
            "make[1]: gcc-99: No such file or directory");
  EXPECT_EQ(found("/usr/bin/env: 'python': No such file or directory\nmake: *** [x] Error 127\n"),
            "/usr/bin/env: 'python': No such file or directory");
}

TEST(FirstError, KnowsAScriptThatMissesAProgram) {
  EXPECT_EQ(found("checking for flex... no\nflex is required but was not found in PATH\n"),
            "flex is required but was not found in PATH");
  EXPECT_EQ(found("./all.sh: line 3: ./gen.py: cannot execute: required file not found\n"),
            "./all.sh: line 3: ./gen.py: cannot execute: required file not found");
}

TEST(FirstError, PrefersACompilerErrorThatComesAfterAShellsComplaint) {
  EXPECT_EQ(found("/bin/sh: 1: helper: not found\n/ws/cell/source/a.c:1:1: error: no\n"), "a.c:1:1: error: no");
}

TEST(FirstError, KnowsWhatMakeAndTheShellCannotFind) {
  EXPECT_EQ(found("make[1]: *** No rule to make target '/ws/cell/source/gone.o', needed by '/ws/cell/source/'.  Stop.\n"
                  "make: *** [/headers/Makefile:2065: /ws/cell/source] Error 2\n"),
            "make[1]: *** No rule to make target 'gone.o', needed by '.'.  Stop.");
  EXPECT_EQ(found("/bin/sh: 1: aarch64-linux-gnu-gcc-12: not found\nmake: *** [x] Error 127\n"),
            "/bin/sh: 1: aarch64-linux-gnu-gcc-12: not found");
  EXPECT_EQ(found("/ws/cell/source/Makefile:7: *** this driver needs CONFIG_NET.  Stop.\n"),
            "Makefile:7: *** this driver needs CONFIG_NET.  Stop.");
}

TEST(FirstError, KnowsACompilerThatWasKilled) {
  EXPECT_EQ(found("gcc-12: fatal error: Killed signal terminated program cc1\ncompilation terminated.\n"),
            "gcc-12: fatal error: Killed signal terminated program cc1");
  EXPECT_EQ(found("Killed\nmake[1]: *** [x.o] Error 137\n"), "Killed");
}

TEST(FirstError, KnowsTheLinker) {
  EXPECT_EQ(
      found("ld: /ws/cell/source/a.o: in function `init':\nld: a.c:(.init.text+0x2): multiple definition of `x'; b.o: first\n"),
      "ld: a.c:(.init.text+0x2): multiple definition of `x'; b.o: first");
}

TEST(FirstError, TakesMakesOwnWordsWhenThereIsNothingBetter) {
  EXPECT_EQ(found("strange tool output\nmake[2]: *** [/headers/Makefile:1: all] Error 3\nmake: *** [y] Error 2\n"),
            "make[2]: *** [/headers/Makefile:1: all] Error 3");
  EXPECT_EQ(found("all is well\nmake[1]: Leaving directory '/x'\n"), "(nothing)");
  EXPECT_EQ(found(""), "(nothing)");
}

TEST(FirstError, DropsColoursAndCarriageReturns) {
  EXPECT_EQ(found("\033[01m\033[K/ws/cell/source/a.c:1:2:\033[m\033[K \033[01;31m\033[Kerror: \033[m\033[Kno\r\n"),
            "a.c:1:2: error: no");
}

TEST(FirstError, IsCutWithoutBreakingACharacter) {
  std::string line = "a.c:1:1: error: ";
  while (line.size() < 399) line += 'x';
  const std::string cut = found(line + "äöü and much more " + std::string(500, 'y'));
  EXPECT_EQ(cut, line + "…");
  const std::string whole = found(line);
  EXPECT_EQ(whole, line);
}

}  // namespace
}  // namespace kmpack
