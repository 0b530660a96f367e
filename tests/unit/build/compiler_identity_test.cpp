#include "build/compiler_identity.hpp"

#include <gtest/gtest.h>

#include "support/fake_runner.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::FakeRunner;

/// A compiler of files: the driver names its parts by their paths, as gcc does.
struct Toolchain {
  Toolchain() {
    for (const char* part : {"driver", "cc1", "as", "ld", "library.so"}) write_file(place(part), std::string("bytes of ") + part);
  }
  [[nodiscard]] fs::path place(const std::string& part) const { return directory.path() / "tools" / part; }
  Completed answer(const Command& command) const {
    if (command.environment.contains("LD_TRACE_LOADED_OBJECTS"))
      return FakeRunner::succeeded("\tlibrary.so => " + place("library.so").string() +
                                   " (0x1234)\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n");
    const std::string& question = command.args.at(0);
    if (question == "-print-search-dirs")
      return FakeRunner::succeeded("install: /nowhere/\nprograms: =" + place("../first").string() +
                                   "/:" + (directory.path() / "tools").string() + "/\nlibraries: =/nowhere/\n");
    return FakeRunner::succeeded(place(question.substr(question.find('=') + 1)).string() + "\n");
  }
  [[nodiscard]] std::string identity(const fs::path& memory = {}) {
    return CompilerIdentities(runner, memory).of(place("driver").string(), {});
  }
  TempDir directory;
  FakeRunner runner{[this](const Command& command) { return answer(command); }};
};

TEST(CompilerIdentity, IsTheContentOfAllItsPartsAndNotTheirPlace) {
  Toolchain one;
  Toolchain two;
  const std::string identity = one.identity();
  EXPECT_EQ(identity.size(), 64U);
  EXPECT_EQ(two.identity(), identity);
  for (const char* part : {"driver", "cc1", "as", "ld", "library.so"}) {
    write_file(two.place(part), "another");
    EXPECT_NE(two.identity(), identity) << part;
    write_file(two.place(part), std::string("bytes of ") + part);
    EXPECT_EQ(two.identity(), identity) << part;
  }
}

TEST(CompilerIdentity, IsEmptyWithoutACompiler) {
  FakeRunner runner;
  EXPECT_EQ(CompilerIdentities(runner, {}).of("no-such-compiler-anywhere", {}), "");
  EXPECT_TRUE(runner.commands().empty());
}

TEST(CompilerIdentity, IsRememberedAndAskedAnewWhenAFileOrADirectoryChanged) {
  Toolchain tools;
  const fs::path memory = tools.directory.path() / "memory";
  const std::string identity = tools.identity(memory);
  const std::size_t asked = tools.runner.commands().size();
  EXPECT_GT(asked, 0U);
  EXPECT_EQ(tools.identity(memory), identity);
  EXPECT_EQ(tools.runner.commands().size(), asked) << "another run asks nobody";
  // As a package manager does it: another file takes the name, with whatever time.
  const auto time = fs::last_write_time(tools.place("cc1"));
  write_file(tools.place("cc1"), "bytes of cc2");
  fs::last_write_time(tools.place("cc1"), time);
  const std::string changed = tools.identity(memory);
  EXPECT_NE(changed, identity);
  EXPECT_GT(tools.runner.commands().size(), asked);
  // Written in place, with its old time: ctime tells.
  const std::size_t before = tools.runner.commands().size();
  std::ofstream(tools.place("as")) << "bytes of a2";
  fs::last_write_time(tools.place("as"), time);
  EXPECT_NE(tools.identity(memory), changed);
  EXPECT_GT(tools.runner.commands().size(), before);
  // A program that comes to lie where it would be found first.
  const std::size_t last = tools.runner.commands().size();
  write_file(tools.place("newcomer"), "");
  static_cast<void>(tools.identity(memory));
  EXPECT_GT(tools.runner.commands().size(), last);
}

TEST(CompilerIdentity, IsAskedAnewWhenALinkOnTheWayLeadsElsewhere) {
  Toolchain tools;
  const fs::path base = tools.directory.path();
  const fs::path memory = base / "memory";
  write_file(base / "new/driver", "bytes of another driver");
  // As alternatives do it: a link to a link in a third directory, beside which neither end lies.
  make_directories(base / "bin");
  make_directories(base / "alternatives");
  fs::create_symlink(base / "alternatives/driver", base / "bin/driver");
  fs::create_symlink(tools.place("driver"), base / "alternatives/driver");
  CompilerIdentities in_one_run(tools.runner, memory);
  const auto identity = [&] { return CompilerIdentities(tools.runner, memory).of((base / "bin/driver").string(), {}); };
  const std::string first = identity();
  EXPECT_EQ(in_one_run.of((base / "bin/driver").string(), {}), first);
  const std::size_t asked = tools.runner.commands().size();
  EXPECT_EQ(identity(), first);
  EXPECT_EQ(tools.runner.commands().size(), asked);
  fs::create_symlink(base / "new/driver", base / "alternatives/driver.new");
  fs::rename(base / "alternatives/driver.new", base / "alternatives/driver");
  const std::string second = identity();
  EXPECT_NE(second, first);
  EXPECT_EQ(in_one_run.of((base / "bin/driver").string(), {}), second) << "in the same run, too";
  // A link among the directories.
  fs::remove(base / "bin/driver");
  fs::create_symlink(base / "alternatives/tools/driver", base / "bin/driver");
  fs::create_directory_symlink(base / "tools", base / "alternatives/tools");
  EXPECT_EQ(identity(), first);
  fs::remove(base / "alternatives/tools");
  fs::create_directory_symlink(base / "new", base / "alternatives/tools");
  EXPECT_EQ(identity(), second);
}

TEST(CompilerIdentity, IsAskedAnewWhenADirectoryOfItsPartsComesToBe) {
  Toolchain tools;
  const fs::path memory = tools.directory.path() / "memory";
  static_cast<void>(tools.identity(memory));
  const std::size_t asked = tools.runner.commands().size();
  make_directories(tools.directory.path() / "first");
  static_cast<void>(tools.identity(memory));
  EXPECT_GT(tools.runner.commands().size(), asked);
}

/// For a kernel: all parts lie where the build's PATH has them, so the driver alone is a test's.
TEST(CompilerIdentity, OfAKernelHoldsUntilTheCompilerIsRenewed) {
  Toolchain tools;
  const fs::path memory = tools.directory.path() / "memory";
  HeaderTree headers;
  headers.compiler = tools.place("driver").string();
  CompilerIdentities identities(tools.runner, memory);
  const std::string identity = identities.of(headers, MismatchedCompiler::allow, {});
  ASSERT_EQ(identity.size(), 64U);
  const std::size_t asked = tools.runner.commands().size();
  EXPECT_TRUE(identities.still(identity, headers, MismatchedCompiler::allow, {}));
  EXPECT_EQ(tools.runner.commands().size(), asked) << "nothing has changed, so nobody is asked";
  // Something beside it changes, but not the compiler.
  write_file(tools.place("newcomer"), "");
  EXPECT_TRUE(identities.still(identity, headers, MismatchedCompiler::allow, {}));
  write_file(tools.place("cc1"), "bytes of cc2");
  EXPECT_EQ(identities.of(headers, MismatchedCompiler::allow, {}), identity) << "as the run's other cells have it";
  EXPECT_FALSE(identities.still(identity, headers, MismatchedCompiler::allow, {}));
}

TEST(CompilerIdentity, DoesNotBelieveADamagedMemory) {
  Toolchain tools;
  const fs::path memory = tools.directory.path() / "memory";
  const std::string identity = tools.identity(memory);
  for (const TreeEntry& entry : walk(memory)) {
    std::string text = read_file(memory / entry.relative);
    text[70] = text[70] == 'a' ? 'b' : 'a';
    write_file(memory / entry.relative, text);
  }
  EXPECT_EQ(tools.identity(memory), identity);
}

TEST(CompilerIdentity, DoesWithoutAMemoryThatCannotBeWritten) {
  Toolchain tools;
  write_file(tools.directory.path() / "file", "");
  EXPECT_EQ(tools.identity(tools.directory.path() / "file"), tools.identity());
}

}  // namespace
}  // namespace kmpack
