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
