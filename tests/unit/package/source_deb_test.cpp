#include "package/source_deb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SourceTree : public testing::Test {
 protected:
  SourceTree() {
    manifest_.source.directory = directory_;
    put("a.c", "int a;\n");
    put("debian/control", "of upstream\n");
  }

  void put(const std::string& name, const std::string& text) const {
    make_directories((directory_ / name).parent_path());
    write_file(directory_ / name, text);
  }
  fs::path write() {
    return write_source_tree(source_, manifest_, {.workspace = temp_.path() / "ws", .output = output_, .scratch = scratch_}, {});
  }
  fs::path orig() const { return scratch_ / "a-kmod_1.0.orig.tar.xz"; }
  /// The code and text of the error that the call ends in; empty: none.
  std::string refused() {
    try {
      write();
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return {};
  }

  TempDir temp_;
  fs::path directory_ = temp_.path() / "source";
  fs::path output_ = temp_.path() / "out";
  fs::path scratch_ = temp_.path() / "scratch";
  Manifest manifest_;
  DebianSource source_{.name = "a-kmod",
                       .version = "1.0",
                       .release = "1",
                       .epoch = 1000000000,
                       .files = {{.place = "control", .content = "Source: a-kmod\n"},
                                 {.place = "rules", .content = "#!/usr/bin/make -f\n# Made by kmpack\n", .mode = 0755}}};
};

std::vector<std::string> files_of(const fs::path& tree) {
  std::vector<std::string> names;
  for (const TreeEntry& entry : walk(tree)) {
    if (entry.type != EntryType::directory && *entry.relative.begin() != "debian") names.push_back(entry.relative.string());
  }
  return names;
}

TEST_F(SourceTree, HasUpstreamsSourceAndOnlyOurDebian) {
  const fs::path tree = write();
  EXPECT_EQ(tree, output_ / "a-kmod-1.0");
  EXPECT_THAT(files_of(tree), ElementsAre("a.c"));
  EXPECT_EQ(read_file(tree / "debian/control"), "Source: a-kmod\n");
}

// Without the option dpkg-source leaves *.a, *.so and more of debian/ out.
TEST_F(SourceTree, LeavesNothingOutOfDebian) {
  EXPECT_THAT(read_file(write() / "debian/source/options"), HasSubstr("\ntar-ignore = \"/nothing\"\n"));
}

// An archive of packages refuses another orig tarball for a version that it has.
TEST_F(SourceTree, PacksTheSameTarballForEveryRevision) {
  write();
  const std::string first = read_file(orig());
  source_.release = "2";
  source_.epoch = 1700000000;
  write();
  EXPECT_EQ(read_file(orig()), first);
}

TEST_F(SourceTree, IsNotSourceItself) {
  for (const fs::path& output : {directory_ / "sub/out", directory_}) {
    output_ = output;
    write();
    const std::string first = read_file(orig());
    write_file(output / "a-kmod_1.0-1.dsc", "x");
    EXPECT_THAT(files_of(write()), ElementsAre("a.c")) << output;
    EXPECT_EQ(read_file(orig()), first) << output;
    remove_tree(output_ / "a-kmod-1.0");
    fs::remove(output / "a-kmod_1.0-1.dsc");
  }
}

}  // namespace
}  // namespace kmpack
