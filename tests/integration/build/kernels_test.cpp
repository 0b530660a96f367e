#include "fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;
using testing::Not;

class BuildFor : public Build, public testing::WithParamInterface<const char*> {};

TEST_P(BuildFor, MakesAModuleOfThatKernel) {
  KMPACK_NEEDS_HEADERS(root, "amd64", GetParam());
  use_headers(root, "amd64");
  use_source("hello");
  add_module("hello");
  const std::string before = source_digest(manifest_);
  const BuildRecord record = build();
  ASSERT_EQ(record.modules.size(), 1U);
  EXPECT_EQ(record.modules[0].name.str(), "hello");
  EXPECT_THAT(read_file(record.modules[0].file), HasSubstr("vermagic=" + release() + " "));
  EXPECT_TRUE(record.warnings.empty());
  EXPECT_TRUE(read_file(log()).starts_with("$ env -i ")) << "the log begins with a command that can be pasted";
  EXPECT_THAT(read_file(log()), Not(HasSubstr("jobserver unavailable")));
  EXPECT_EQ(source_digest(manifest_), before) << "the user's source was touched";
  EXPECT_EQ(walk(manifest_.source.directory).size(), 2U) << "the user's source was touched";
}

TEST_P(BuildFor, MakesTheSameBytesInAnotherDirectoryWithHeadersElsewhere) {
  KMPACK_NEEDS_HEADERS(root, "amd64", GetParam());
  use_headers(root, "amd64");
  manifest_.source.directory = fs::path(KMPACK_SOURCE_DIR) / "tests/support/modules";
  add_module("assembly", "assembly");
  add_module("warns", "warns");
  const BuildRecord here = build("here");
  const fs::path elsewhere = temp_.path() / "other/store/with-a-longer-name";
  copy_tree(root, elsewhere);
  use_headers(elsewhere, "amd64");
  const BuildRecord there = build("quite/another/place");
  ASSERT_EQ(there.modules.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string bytes = read_file(here.modules[i].file);
    EXPECT_TRUE(bytes == read_file(there.modules[i].file)) << here.modules[i].name.str() << " differs";
    EXPECT_EQ(bytes.find(temp_.path().string()), std::string::npos) << "the path of the build stands in the module";
    EXPECT_EQ(bytes.find(root.string()), std::string::npos) << "the path of the headers stands in the module";
    EXPECT_NE(bytes.find("/usr/src/tiny-1"), std::string::npos) << "a debugger finds no source";
    EXPECT_NE(bytes.find("GNU\0", 0, 4), std::string::npos) << "no build id";
  }
}

TEST_P(BuildFor, HandsExportedSymbolsOnToTheNextDirectory) {
  KMPACK_NEEDS_HEADERS(root, "amd64", GetParam());
  use_headers(root, "amd64");
  use_source("pair");
  add_module("user", "user", {ModuleName{"exporter"}});
  add_module("exporter", "exporter");
  const BuildRecord record = build();
  EXPECT_EQ(record.modules.size(), 2U);
  EXPECT_THAT(read_file(record.symvers),
              testing::MatchesRegex("0x[0-9a-f]+\tkmpack_test_answer\texporter/exporter\tEXPORT_SYMBOL_GPL\t\n"));
}

INSTANTIATE_TEST_SUITE_P(Series, BuildFor, testing::Values("6.1", "6.12"),
                         [](const auto& parameter) { return std::string(parameter.param) == "6.1" ? "Of6x1" : "Of6x12"; });

TEST_F(Build, HasBtfWhereTheHeadersBringVmlinux) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.12");
  use_headers(root, "amd64");
  use_source("hello");
  add_module("hello");
  EXPECT_THAT(read_file(build().modules[0].file), HasSubstr(".BTF"));
}

TEST_F(Build, CrossBuildsForAForeignArchitecture) {
  if (!find_program("aarch64-linux-gnu-gcc-12") && std::getenv("CI") == nullptr)
    GTEST_SKIP() << "gcc-12-aarch64-linux-gnu is not installed";
  KMPACK_NEEDS_HEADERS(root, "arm64", "6.1");
  use_headers(root, "arm64");
  use_source("pair");
  add_module("exporter", "exporter");
  add_module("user", "user", {ModuleName{"exporter"}});
  const BuildRecord record = build();
  for (const BuiltModule& module : record.modules) {
    const std::string bytes = read_file(module.file);
    ASSERT_GT(bytes.size(), 20U);
    EXPECT_EQ(static_cast<unsigned char>(bytes[18]), 183) << "e_machine is not EM_AARCH64";
    EXPECT_THAT(bytes, HasSubstr("vermagic=" + release() + " "));
  }
}

TEST_F(Build, NamesTheMissingCrossCompiler) {
  KMPACK_NEEDS_HEADERS(root, "arm64", "6.1");
  use_headers(root, "arm64");
  headers_.compiler = "riscv64-linux-gnu-gcc-99";
  use_source("hello");
  add_module("hello");
  EXPECT_EQ(failure(), "error: the compiler 'riscv64-linux-gnu-gcc-99' of kernel " + release() +
                           " is not installed [compiler-missing]\n  hint: apt-get install gcc-99-riscv64-linux-gnu");
}

TEST_F(Build, BuildsWithTheDefaultCompilerWhenAMismatchIsAllowed) {
  if (!find_program("gcc") && std::getenv("CI") == nullptr) GTEST_SKIP() << "gcc is not installed";
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  use_headers(root, "amd64");
  headers_.compiler = "gcc-99";
  headers_.config.compiler_major = 99;
  use_source("hello");
  add_module("hello");
  settings_.compiler = MismatchedCompiler::allow;
  const BuildRecord record = build();
  EXPECT_EQ(record.modules.size(), 1U);
  ASSERT_EQ(record.warnings.size(), 1U);
  EXPECT_EQ(record.warnings[0].code, "compiler-mismatch");
  EXPECT_THAT(read_file(log()), HasSubstr(" CC=gcc "));
}

}  // namespace
}  // namespace kmpack
