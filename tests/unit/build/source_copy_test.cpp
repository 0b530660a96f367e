#include "build/source_copy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build/build.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/archive.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CopySource : public testing::Test {
 protected:
  CopySource() { source_.directory = tree_; }

  void put(const std::string& name, const std::string& text = "x") const {
    make_directories((tree_ / name).parent_path());
    write_file(tree_ / name, text);
  }
  std::vector<std::string> copied() {
    const fs::path to = temp_.path() / "copy";
    remove_tree(to);
    copy_source(source_, to, temp_.path() / "tree/ws", skipped_, {});
    std::vector<std::string> names;
    for (const TreeEntry& entry : walk(to)) {
      if (entry.type != EntryType::directory) names.push_back(entry.relative.string());
    }
    return names;
  }

  TempDir temp_;
  fs::path tree_ = temp_.path() / "tree";
  SourceSpec source_;
  std::vector<fs::path> skipped_;
};

TEST_F(CopySource, LeavesOutWhatABuildLeftBehind) {
  for (const char* name : {"a.c", "a.o", "a.ko", "a.mod", "a.mod.c", ".a.o.cmd", ".a.o.d", "Module.symvers", "modules.order",
                           "sub/b.c", "sub/b.o", "blob.o_shipped", ".tmp_versions/a.mod", "a.module", "Kbuild"}) {
    put(name);
  }
  EXPECT_THAT(copied(), ElementsAre("Kbuild", "a.c", "a.module", "blob.o_shipped", "sub/b.c"));
}

TEST_F(CopySource, KeepsAnObjectThatComesWithoutItsSource) {
  put("a.c");
  // Made of a.c; linked of others; by another tree's kbuild; with a record that is only there for modpost.
  for (const char* name : {"a.o", "linked.o", "linked.mod.o", ".tmp_a.o", "sub/blob.o", "sub/theirs.o", "sub/moved.o"}) put(name);
  put(".linked.o.cmd", "savedcmd_linked.o := ld -r -o linked.o a.o\n");
  put("sub/.blob.o.cmd", "\n");
  put("sub/.theirs.o.cmd", "cmd_theirs.o := gcc -c\n\nsource_/elsewhere/theirs.o := /elsewhere/theirs.c\n");
  put("sub/.moved.o.cmd", "cmd_moved.o := gcc -c\n\nsource_moved.o := ../a.c\n");
  put("sub/.gone.o.cmd", "\n");
  const auto kept = ElementsAre("a.c", "sub/.blob.o.cmd", "sub/.theirs.o.cmd", "sub/blob.o", "sub/theirs.o");
  EXPECT_THAT(copied(), kept);
  const fs::path archive = temp_.path() / "tree.tar";
  {
    ArchiveWriter writer(archive, {.format = ArchiveFormat::tar, .filter = ArchiveFilter::none});
    for (const TreeEntry& entry : walk(tree_)) {
      if (entry.type == EntryType::file)
        writer.add_file({.name = entry.relative.string(), .mode = 0644}, tree_ / entry.relative, {});
    }
    writer.finish();
  }
  source_.archive = archive;
  EXPECT_THAT(copied(), kept);
}

TEST_F(CopySource, LeavesOutVersionControlAndWhatKmpackWrites) {
  for (const char* name :
       {"a.c", ".git/config", ".kmpack/x", "dist/report.json", "ws/cells/x.c", "sub/dist/keep.c", ".gitignore"})
    put(name);
  EXPECT_THAT(copied(), ElementsAre(".gitignore", "a.c", "sub/dist/keep.c"));
}

TEST_F(CopySource, KeepsADistDirectoryThatIsNotKmpacks) {
  put("dist/driver.c");
  put("dist/driver.spec", "Name: driver\n# not Made by kmpack\n");
  put("dist/driver-1/debian/rules", "#!/usr/bin/make -f\n%:\n");
  EXPECT_THAT(copied(), ElementsAre("dist/driver-1/debian/rules", "dist/driver.c", "dist/driver.spec"));
}

TEST_F(CopySource, LeavesOutWhatGenerateWrites) {
  put("a.c");
  put("dist/a-kmod_1.0.orig.tar.xz");
  put("dist/a-kmod-1.0/debian/rules", "#!/usr/bin/make -f\n# Made by kmpack, which is not needed.\n");
  EXPECT_THAT(copied(), ElementsAre("a.c"));
  remove_tree(tree_ / "dist/a-kmod-1.0");
  put("dist/a-kmod.spec", "# Made by kmpack.\nName: a-kmod\n");
  EXPECT_THAT(copied(), ElementsAre("a.c"));
}

TEST_F(CopySource, KeepsLinksInsideAndLeavesOutThoseThatLeadOut) {
  put("sub/a.h");
  fs::create_symlink("sub/a.h", tree_ / "inside.h");
  fs::create_symlink("../sub/a.h", tree_ / "sub/also.h");
  fs::create_symlink("../elsewhere", tree_ / "outside.h");
  fs::create_symlink("/etc/passwd", tree_ / "absolute.h");
  fs::create_symlink("sub/../../elsewhere", tree_ / "roundabout.h");
  EXPECT_THAT(copied(), ElementsAre("inside.h", "sub/a.h", "sub/also.h"));
  EXPECT_THAT(skipped_, ElementsAre("absolute.h", "outside.h", "roundabout.h"));
  EXPECT_TRUE(fs::is_symlink(temp_.path() / "copy/inside.h"));
}

TEST_F(CopySource, SaysWhatIsMissing) {
  source_.where = {"kmpack.xml", 3, 5};
  try {
    copied();
    FAIL() << "copied nothing without a word";
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()), "kmpack.xml:3: error: the source directory " + tree_.string() +
                                               " does not exist [source-missing]\n"
                                               "  hint: check the path in the manifest; it is relative to the manifest's folder");
  }
}

TEST_F(CopySource, EndsWhenStopped) {
  put("a.c");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(copy_source(source_, temp_.path() / "copy", {}, skipped_, stop.get_token()), Cancelled);
}

class SourceDigest : public CopySource {
 protected:
  SourceDigest() {
    put("a.c", "one");
    manifest_.name = PackageName{"hello"};
    manifest_.version = "1";
    manifest_.source.directory = tree_;
    manifest_.modules.push_back({.name = ModuleName{"a"}, .directory = ".", .uses = {}, .where = {}});
  }
  Manifest manifest_;
};

TEST_F(SourceDigest, IsTheSameForTheSameSourceAnywhereAtAnyTime) {
  const std::string first = source_digest(manifest_);
  EXPECT_EQ(first.size(), 64U);
  const fs::path other = temp_.path() / "other/place";
  copy_tree(tree_, other);
  fs::last_write_time(other / "a.c", fs::file_time_type{});
  manifest_.source.directory = other;
  EXPECT_EQ(source_digest(manifest_), first);
}

TEST_F(SourceDigest, DoesNotSeeWhatTheCopyLeavesOut) {
  const std::string first = source_digest(manifest_);
  put("a.o");
  put(".git/HEAD");
  EXPECT_EQ(source_digest(manifest_), first);
  put("ws/x");
  EXPECT_EQ(source_digest(manifest_, tree_ / "ws"), first);
  EXPECT_NE(source_digest(manifest_), first);
}

TEST_F(SourceDigest, ChangesWithEverythingABuildReads) {
  std::vector<std::string> seen{source_digest(manifest_)};
  const auto changed = [&](const char* what) {
    const std::string now = source_digest(manifest_);
    EXPECT_EQ(std::ranges::count(seen, now), 0) << what;
    seen.push_back(now);
  };
  put("a.c", "two");
  changed("content");
  put("b.c", "");
  changed("a new empty file");
  fs::rename(tree_ / "b.c", tree_ / "c.c");
  changed("a name");
  fs::permissions(tree_ / "c.c", fs::perms{0755});
  changed("the x bit");
  fs::remove(tree_ / "c.c");
  fs::create_symlink("a.c", tree_ / "c.c");
  changed("a link");
  fs::remove(tree_ / "c.c");
  make_directories(tree_ / "c.c");
  changed("a directory");
  manifest_.version = "2";
  changed("the version, which stands in debug paths");
  manifest_.make.variables.push_back({"A", "b"});
  changed("a make variable");
  const BuildCommand command{.text = "make", .when = {}, .where = {}};
  manifest_.make.before = {command};
  changed("a command before the build");
  manifest_.make.before.clear();
  manifest_.make.commands = {command};
  changed("a command instead of kbuild");
  manifest_.make.commands = {command, command};
  changed("a second one");
  manifest_.make.commands.clear();
  manifest_.make.after = {command};
  changed("a command after the build");
  manifest_.modules[0].file = ModuleName{"other"};
  changed("the installed name");
  manifest_.modules[0].strip = Strip::no;
  changed("debug information that is kept");
  manifest_.dkms = DkmsOrigin{.conf = {}, .name = "A", .version = "1"};
  changed("names of dkms");
  manifest_.dkms->semantics = DkmsSemantics::v3_0;
  changed("the dkms that it is read as");
  manifest_.make.variables = {{"Ab", ""}};
  changed("a make variable cut elsewhere");
  manifest_.modules[0].directory = "sub";
  changed("a module's directory");
  manifest_.modules[0].uses = {ModuleName{"b"}};
  changed("the order of modules");
  put("../fix.patch", "--- a\n");
  manifest_.patches.push_back({.file = temp_.path() / "fix.patch", .strip = 1, .when = {}, .where = {}});
  changed("a patch");
  manifest_.patches[0].when.range.max = "6.1";
  changed("a patch's kernels");
  put("../fix.patch", "--- b\n");
  changed("a patch's content");
}

TEST_F(SourceDigest, OfAnArchiveIsKnownWithoutTheArchive) {
  manifest_.source.directory.clear();
  manifest_.source.archive = temp_.path() / "absent.tar";
  manifest_.source.sha256 = std::string(64, 'a');
  const std::string first = source_digest(manifest_);
  manifest_.source.sha256 = std::string(64, 'b');
  EXPECT_NE(source_digest(manifest_), first);
}

}  // namespace
}  // namespace kmpack
