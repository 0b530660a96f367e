#include "build/compiler.hpp"

#include <gtest/gtest.h>

#include <map>

#include "kmpack/architecture.hpp"
#include "support/fake_runner.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

TEST(PackageOfCompiler, IsTheDebianPackage) {
  EXPECT_EQ(package_of_compiler("gcc-12"), "gcc-12");
  EXPECT_EQ(package_of_compiler("clang-19"), "clang-19");
  const std::string native(host_architecture().triplet);
  EXPECT_EQ(package_of_compiler(native + "-gcc-12"), "gcc-12");
  EXPECT_EQ(package_of_compiler("riscv64-linux-gnu-gcc-12"), "gcc-12-riscv64-linux-gnu");
  EXPECT_EQ(package_of_compiler("mips_odd-linux-gnu-gcc"), "gcc-mips-odd-linux-gnu");
}

class ChooseCompiler : public testing::Test {
 protected:
  ChooseCompiler() {
    headers_.compiler = "gcc-12";
    headers_.kernel.release = KernelRelease{"6.1.0-9-amd64"};
    headers_.config.compiler_major = 12;
    headers_.tree = tree_.path();
    write_file(tree_.path() / ".kernelvariables", "CC = $(CROSS_COMPILE)gcc-12\n");
  }

  TempDir tree_;  ///< as Debian's: it names its compiler

  /// A computer that has only these compilers, each with what -dumpversion says.
  std::map<std::string, std::string> installed_;
  test::FakeRunner runner_{[this](const Command& command) {
    const auto found = installed_.find(command.program);
    if (found == installed_.end()) throw Error({.code = "tool-missing", .message = "the program is not installed"});
    return test::FakeRunner::succeeded(found->second + "\n");
  }};
  HeaderTree headers_;

  std::string refusal(MismatchedCompiler mismatch = MismatchedCompiler::refuse) {
    try {
      choose_compiler(headers_, mismatch, runner_, {});
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "";
  }
};

TEST_F(ChooseCompiler, TakesTheKernelsOwn) {
  installed_ = {{"gcc-12", "12"}};
  const ChosenCompiler chosen = choose_compiler(headers_, MismatchedCompiler::refuse, runner_, {});
  EXPECT_EQ(chosen.name, "gcc-12");
  EXPECT_FALSE(chosen.given_to_make);
  EXPECT_FALSE(chosen.mismatch);
}

TEST_F(ChooseCompiler, NamesThePackageOfOneThatIsMissing) {
  EXPECT_EQ(refusal(),
            "error: the compiler 'gcc-12' of kernel 6.1.0-9-amd64 is not installed [compiler-missing]\n"
            "  hint: apt-get install gcc-12");
  headers_.compiler = "riscv64-linux-gnu-gcc-12";
  headers_.cross_prefix = "riscv64-linux-gnu-";
  EXPECT_EQ(refusal(),
            "error: the compiler 'riscv64-linux-gnu-gcc-12' of kernel 6.1.0-9-amd64 is not installed [compiler-missing]\n"
            "  hint: apt-get install gcc-12-riscv64-linux-gnu");
}

TEST_F(ChooseCompiler, RefusesAnotherMajorVersion) {
  installed_ = {{"gcc", "13.1.0"}};
  headers_.compiler = "gcc";
  EXPECT_EQ(refusal(),
            "error: kernel 6.1.0-9-amd64 was built by gcc 12, but 'gcc' is version 13 [compiler-mismatch]\n"
            "  hint: apt-get install gcc-12, or build all the same with --allow-compiler-mismatch");
}

TEST_F(ChooseCompiler, WarnsOfAnotherMajorVersionThatWasAllowed) {
  installed_ = {{"gcc", "13.1.0"}};
  const ChosenCompiler chosen = choose_compiler(headers_, MismatchedCompiler::allow, runner_, {});
  EXPECT_EQ(chosen.name, "gcc");
  EXPECT_TRUE(chosen.given_to_make) << "the tree itself would call gcc-12";
  ASSERT_TRUE(chosen.mismatch);
  EXPECT_EQ(chosen.mismatch->severity, Severity::warning);
  EXPECT_EQ(chosen.mismatch->code, "compiler-mismatch");
}

TEST_F(ChooseCompiler, StillNamesTheKernelsOwnWhenNoCompilerIsThereAtAll) {
  EXPECT_EQ(refusal(MismatchedCompiler::allow),
            "error: the compiler 'gcc-12' of kernel 6.1.0-9-amd64 is not installed [compiler-missing]\n"
            "  hint: apt-get install gcc-12");
}

TEST_F(ChooseCompiler, TellsMakeWhereTheTreeDoesNotNameItsCompiler) {
  std::filesystem::remove(tree_.path() / ".kernelvariables");
  installed_ = {{"aarch64-linux-gnu-gcc-12", "12"}};
  headers_.cross_prefix = "aarch64-linux-gnu-";
  headers_.compiler = "aarch64-linux-gnu-gcc-12";
  const ChosenCompiler chosen = choose_compiler(headers_, MismatchedCompiler::refuse, runner_, {});
  EXPECT_EQ(chosen.name, "aarch64-linux-gnu-gcc-12");
  EXPECT_TRUE(chosen.given_to_make) << "kbuild would call aarch64-linux-gnu-gcc";
}

TEST_F(ChooseCompiler, TakesTheRightVersionOfACompilerThatTheKernelNamesWithoutOne) {
  std::filesystem::remove(tree_.path() / ".kernelvariables");
  headers_.compiler = "gcc";
  headers_.config.compiler_major = 11;
  installed_ = {{"gcc", "12"}, {"gcc-11", "11"}};
  const ChosenCompiler chosen = choose_compiler(headers_, MismatchedCompiler::refuse, runner_, {});
  EXPECT_EQ(chosen.name, "gcc-11");
  EXPECT_TRUE(chosen.given_to_make);
  installed_ = {{"gcc", "11"}};
  EXPECT_FALSE(choose_compiler(headers_, MismatchedCompiler::refuse, runner_, {}).given_to_make);
}

TEST_F(ChooseCompiler, AsksNothingOfAKernelThatDoesNotSayWhatBuiltIt) {
  installed_ = {{"gcc-12", "12"}};
  headers_.config.compiler_major = 0;
  EXPECT_EQ(refusal(), "");
}

}  // namespace
}  // namespace kmpack
