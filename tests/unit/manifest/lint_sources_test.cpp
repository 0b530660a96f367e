#include <gtest/gtest.h>

#include <filesystem>

#include "manifest/lint/lint.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class LintSources : public testing::Test {
 protected:
  void write(const fs::path& file, std::string_view text) {
    make_directories((dir_.path() / file).parent_path());
    write_file(dir_.path() / file, text);
  }

  Diagnostics lint(std::vector<std::string> commands) {
    Diagnostics problems;
    lint_sources({.root = dir_.path(), .modules = modules_, .commands = std::move(commands)}, problems);
    return problems;
  }

  /// `file:line:code;` of every finding.
  std::string findings(std::vector<std::string> commands) {
    std::string all;
    const Diagnostics problems = lint(std::move(commands));
    for (const Diagnostic& found : problems.all()) {
      EXPECT_FALSE(found.notes.empty()) << "why it matters";
      EXPECT_TRUE(found.hint) << "what to write instead";
      all += found.where->file.lexically_relative(dir_.path()).string() + ":" + std::to_string(found.where->line) + ":" +
             std::string(found.code) + ";";
    }
    return all;
  }

  TempDir dir_;
  std::vector<LintedModule> modules_ = {{"m", "."}};
};

constexpr std::string_view kIdiom = R"(ifneq ($(KERNELRELEASE),)
obj-m := m.o
else
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
all:
	$(MAKE) -C $(KDIR) M=$(PWD) modules
install: all
	cp m.ko /lib/modules/$(KVER)/extra
endif
)";

TEST_F(LintSources, SeeTheRunningKernelInScriptsOfTheBuild) {
  write("build.sh", "#!/bin/bash\nset -e\nmake -C \"/lib/modules/$(uname -r)/build\" M=$PWD\n");
  write("tools/prepare", "#!/bin/sh\ncp config.$(uname -r) config\n");
  write("tools/asked", "#!/bin/sh\nKVER=${1:-$(uname -r)}\n# uname -r\n");
  write("other", "#!/usr/bin/python3\n$(uname -r)\n");
  EXPECT_EQ(findings({"./build.sh"}), "build.sh:3:lint-running-kernel;");
  EXPECT_EQ(findings({"X=1 sh -e tools/prepare a b", "cd tools; ./prepare"}), "tools/prepare:2:lint-running-kernel;");
  EXPECT_EQ(findings({"${build_dir}/build.sh all"}), "build.sh:3:lint-running-kernel;");
  EXPECT_EQ(findings({"tools/asked; ./other; ../build.sh; ./missing; ./tools"}), "");
}

TEST_F(LintSources, SeeTheRunningKernelInTheNameOfAVariable) {
  write("Kbuild", R"(KVER := $(shell uname -r)
NEW := $(shell echo $(KVER) | grep -qE '^[6-9]' && echo y)
obj-m := m.o
ccflags-$(NEW) += -DNEW
)");
  EXPECT_EQ(findings({}), "Kbuild:1:lint-running-kernel;");
  EXPECT_EQ(lint({}).all().front().hint, "go by KERNELRELEASE, VERSION and PATCHLEVEL: kbuild sets them for the kernel at hand");
}

TEST_F(LintSources, LetKbuildReadTheUsualMakefile) {
  write("Makefile", kIdiom);
  EXPECT_EQ(findings({}), "");
  EXPECT_EQ(findings({"make KERNELRELEASE=${kernelver} -C ${kernel_source_dir} M=${build_dir}"}), "");
}

TEST_F(LintSources, SeeTheRunningKernelWhereThePackagesOwnMakeIsCalled) {
  write("Makefile", kIdiom);
  const Diagnostics problems = lint({"make"});
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(to_text(problems.all().front()),
            (dir_.path() / "Makefile").string() +
                ":4: warning: KVER is the release of the running kernel, and the build goes by it [lint-running-kernel]\n"
                "  note: the kernel that modules are for is seldom the one that runs: in a chroot, in CI, before a reboot\n"
                "  note: line 7 goes by it: $(MAKE) -C $(KDIR) M=$(PWD) modules\n"
                "  hint: pass it with the make call: KVER=…, by ${kernelver} or ${kernel_source_dir}");
}

TEST_F(LintSources, HeedWhatTheMakeCallSets) {
  write("Makefile", kIdiom);
  EXPECT_EQ(findings({"make KDIR=${kernel_source_dir}"}), "");
  EXPECT_EQ(findings({"make KVER=${kernelver}"}), "Makefile:5:lint-path-fixed;");
  EXPECT_EQ(findings({"KDIR=${kernel_source_dir} make all"}), "");
  EXPECT_EQ(findings({"export KDIR=${kernel_source_dir}; make all"}), "");
  write("Makefile", "KVER := $(shell uname -r)\nall:\n\t./build $(KVER)\n");
  EXPECT_EQ(findings({"KVER=${kernelver} make"}), "Makefile:1:lint-running-kernel;") << "an environment does not outweigh :=";
}

TEST_F(LintSources, LookOnlyAtWhatIsMade) {
  write("Makefile", "all: part\npart:\n\tcc $(X)\ninstall:\n\tdepmod `uname -r`\n%.load:\n\tuname -r\nX = 1\n");
  EXPECT_EQ(findings({"make"}), "");
  EXPECT_EQ(findings({"make install"}), "Makefile:5:lint-running-kernel;");
  EXPECT_EQ(findings({"make m.load"}), "Makefile:7:lint-running-kernel;");
}

TEST_F(LintSources, FollowMakesInDirectoriesBelow) {
  write("Makefile", "all:\n\t$(MAKE) -C sub KDIR=x deep\n");
  write("sub/Makefile", "other:\n\tuname -r\ndeep:\n\techo $(KDIR) /usr/src/linux\nKDIR := $(shell uname -r)\n");
  EXPECT_EQ(findings({"make -C ${build_dir}"}), "sub/Makefile:4:lint-path-fixed;");
  EXPECT_EQ(findings({"cd sub && make other"}), "sub/Makefile:2:lint-running-kernel;");
}

TEST_F(LintSources, ReadAModulesOwnMakefileWhereTheCallCannotBeFollowed) {
  write("Makefile", "all:\n\t$(MAKE) -C \"$@\"\n");
  write("sub/Makefile", "K := $(shell uname -r)\nm.ko:\n\t$(MAKE) -C /lib/modules/$(K)/build\n");
  modules_ = {{"m", "sub"}};
  EXPECT_EQ(findings({"make"}), "sub/Makefile:1:lint-running-kernel;");
  EXPECT_EQ(findings({"make K=${kernelver}"}), "sub/Makefile:3:lint-path-fixed;");
}

TEST_F(LintSources, SeeWhatSteersKbuild) {
  write("Kbuild", "V := $(shell uname -r)\nobj-m := m.o\nccflags-y += -DV=\"$(V)\"\n");
  EXPECT_EQ(findings({}), "Kbuild:1:lint-running-kernel;");
  write("Kbuild", "obj-m := m.o\nifneq ($(findstring 6.1,$(shell uname -r)),)\nccflags-y += -DNEW\nendif\n");
  EXPECT_EQ(findings({}), "Kbuild:2:lint-running-kernel;");
  write("Kbuild", "obj-m := m.o\nifneq ($(findstring 6.1,$(shell uname -r)),)\ninstall:\n\ttrue\nendif\n");
  EXPECT_EQ(findings({}), "") << "a condition that decides nothing kbuild makes";
}

TEST_F(LintSources, KnowTheBranchesOfOneCondition) {
  write("Makefile",
        "ifdef KERNELRELEASE\nobj-m := m.o\nelse ifdef KDIR\nX := 1\nelse\nccflags-y := $(shell uname -r)\nendif\n"
        "ifndef KERNELRELEASE\nccflags-y := $(shell uname -r)\nelse\nccflags-y :=\nendif\n");
  EXPECT_EQ(findings({}), "");
}

TEST_F(LintSources, EndSoonInHostileMakefiles) {
  std::string text = "all: t0\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string here = std::to_string(i);
    const std::string next = std::to_string(i + 1);
    text += "V" + here + " = $(V" + next + ") $(V" + here + ")\nt" + here + ": t" + next + "\n\techo $(V" + here +
            ")\nifeq ($(x),1)\n";
  }
  write("Makefile", text + "V1000 = $(shell uname -r)\n");
  findings({"make"});
}

TEST_F(LintSources, TakeAPathBelowAnotherForNone) {
  write("Makefile", "all:\n\tcp x $(DESTDIR)/lib/modules/x\n\tcp y build/usr/src/x\n");
  EXPECT_EQ(findings({"make"}), "");
}

TEST_F(LintSources, ReportAModuleWithoutALicense) {
  write("Kbuild", "obj-m := m.o\n");
  write("m.c", "/* MODULE_LICENSE(\"GPL\"); */\nint a;\nmodule_init(b);\n");
  const Diagnostics problems = lint({});
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_FALSE(problems.ok()) << "kbuild refuses it";
  EXPECT_EQ(findings({}), "m.c:3:lint-license-missing;");
}

TEST_F(LintSources, FindALicenseWhereverTheModuleHasIt) {
  write("Kbuild", "obj-m := big-m.o\nbig-m-objs := a.o b.o\n");
  modules_ = {{"big_m", "."}};
  write("a.c", "int a;\n");
  write("b.c", "MODULE_LICENSE(\"GPL\");\n");
  EXPECT_EQ(findings({}), "");
  write("b.c", "MODULE_INFO ( license, \"GPL\");\n");
  EXPECT_EQ(findings({}), "");
  write("b.c", "MODULE_INFO(author, \"license\");\n");
  EXPECT_EQ(findings({}), "a.c:1:lint-license-missing;");
  write("b.c", "#include \"parts/c.c\"\n");
  write("parts/c.c", "MODULE_LICENSE(\"GPL\");\n");
  EXPECT_EQ(findings({}), "");
  write("b.c", "#include <own/macros.h>\nMY_MODULE();\n");
  write("parts/c.c", "");
  EXPECT_EQ(findings({}), "a.c:1:lint-license-missing;");
  write("include/own/macros.h", "#define MY_MODULE() MODULE_LICENSE(\"GPL\")\n");
  EXPECT_EQ(findings({}), "");
}

TEST_F(LintSources, SayNothingOfSourcesThatAreNotThere) {
  write("Kbuild", "obj-m := m.o\nm-objs := a.o generated.o\n");
  write("a.c", "int a;\n");
  EXPECT_EQ(findings({}), "");
  write("Kbuild", "obj-m := m.o\nm-objs := a.o $(OBJECTS)\n");
  EXPECT_EQ(findings({}), "");
}

TEST_F(LintSources, HeedVariablesOfKbuildCalls) {
  write("Kbuild", "V := $(shell uname -r)\nobj-m := m.o\nccflags-y += -DV=$(V)\n");
  Diagnostics problems;
  lint_sources({.root = dir_.path(), .modules = modules_, .given = {"V"}, .commands = {}}, problems);
  EXPECT_TRUE(problems.all().empty());
  EXPECT_EQ(findings({"make -C ${kernel_source_dir} M=${build_dir} V=1"}), "");
}

TEST_F(LintSources, ReadTheDirectoryThatKbuildIsCalledFor) {
  write("sub/Kbuild", "ccflags-y += -DV=$(shell uname -r)\n");
  EXPECT_EQ(findings({"make -C ${kernel_source_dir} M=${build_dir}/sub"}), "sub/Kbuild:1:lint-running-kernel;");
}

TEST_F(LintSources, SeeScriptsThatCannotRun) {
  write("dkms.conf", "PRE_INSTALL=\"pre.sh --all\"\nPOST_INSTALL=post.sh\nPOST_ADD=gone.sh\n");
  write("pre.sh", "#!/bin/sh\n");
  write("post.sh", "#!/bin/sh\n");
  fs::permissions(dir_.path() / "post.sh", fs::perms::owner_all);
  Diagnostics problems;
  lint_dkms_scripts({{"PRE_INSTALL", "pre.sh --all"}, {"POST_INSTALL", "post.sh"}, {"POST_ADD", "gone.sh"}},
                    dir_.path() / "dkms.conf", problems);
  ASSERT_EQ(problems.all().size(), 2U);
  EXPECT_EQ(problems.all()[0].code, "lint-script-missing");
  EXPECT_EQ(problems.all()[0].where->line, 3U);
  EXPECT_EQ(to_text(problems.all()[1]),
            (dir_.path() / "dkms.conf").string() +
                ":1: warning: pre.sh, which PRE_INSTALL names, is not executable [lint-script-not-executable]\n"
                "  note: dkms then goes on without running it\n"
                "  hint: chmod +x pre.sh");
}

}  // namespace
}  // namespace kmpack
