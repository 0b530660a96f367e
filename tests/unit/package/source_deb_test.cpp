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

TEST_F(SourceTree, IsReplacedAsLongAsNobodyWorkedOnIt) {
  const fs::path debian = write() / "debian";
  for (const char* left : {"files", "a-modules.substvars", "debhelper-build-stamp", "a-modules.postinst.debhelper"}) {
    write_file(debian / left, "of a build");
  }
  make_directories(debian / "a-modules/usr");
  write_file(debian / "a-modules/usr/file", "of a build");
  source_.files.front().content = "Source: a-kmod\nSection: kernel\n";
  EXPECT_EQ(refused(), "");
  EXPECT_THAT(read_file(debian / "control"), HasSubstr("Section"));
  EXPECT_FALSE(fs::exists(debian / "files"));
}

TEST_F(SourceTree, IsKeptWhenItsMaintainerWorkedOnIt) {
  const fs::path debian = write() / "debian";
  const auto refuses = [&](const std::string& file) {
    const std::string said = refused();
    EXPECT_THAT(said, HasSubstr("debian/" + file + " was changed after kmpack had made it [debian-tree-foreign]"));
    EXPECT_THAT(said, HasSubstr("hint: move it away"));
    remove_tree(output_);
    write();
  };
  write_file(debian / "control", "Source: mine\n");
  refuses("control");
  fs::remove(debian / "source/options");
  refuses("source/options");
  write_file(debian / "watch", "version=4\n");
  refuses("watch");
  make_directories(debian / "patches");
  write_file(debian / "patches/series", "fix.patch\n");
  refuses("patches/series");
  fs::remove(debian / "kmpack.sha256");
  refuses("kmpack.sha256");
  EXPECT_EQ(refused(), "");
}

TEST_F(SourceTree, LeavesAnotherTarballOfTheVersionAlone) {
  make_directories(output_);
  write_file(output_ / "a-kmod_1.0.orig.tar.xz", "given away");
  EXPECT_THAT(refused(), HasSubstr("with another content than the source has now [debian-tree-foreign]"));
  EXPECT_EQ(read_file(output_ / "a-kmod_1.0.orig.tar.xz"), "given away");
  EXPECT_FALSE(fs::exists(output_ / "a-kmod-1.0"));
  fs::copy_file(orig(), output_ / "a-kmod_1.0.orig.tar.xz", fs::copy_options::overwrite_existing);
  write_file(output_ / "a-kmod_1.0.orig.tar.xz.asc", "signature");
  write_file(output_ / "a-kmod_1.0.1.orig.tar.gz", "of another version");
  EXPECT_EQ(refused(), "");
  write_file(output_ / "a-kmod_1.0.orig.tar.gz", "x");
  EXPECT_THAT(refused(),
              HasSubstr("orig.tar.gz is there already, and dpkg-source takes no other beside it [debian-tree-foreign]"));
}

}  // namespace
}  // namespace kmpack
