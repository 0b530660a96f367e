#include "headers/shared_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "integration/headers/fixture.hpp"
#include "sys/epoch.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct stat status_of(const fs::path& file) {
  struct stat status = {};
  EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
  return status;
}

/// Two kernels that have a header alike, one of another mode, one of another content, and an empty one.
class FilesOfKernels : public test::ArchiveFixture {
 protected:
  void SetUp() override {
    add("7.0.1-small", 0644, "one");
    add("7.0.2-small", 0755, "two");
    archive_.publish();
  }

  void add(const std::string& release, unsigned mode, const std::string& own) {
    std::vector<test::TestPackage> packages = test::kernel_packages(release, "1");
    // Each with its own programs, as kernels of two updates have.
    packages.at(2).name += "-" + own;
    for (test::TestPackage& package : packages) {
      const std::size_t at = package.depends.find("linux-kbuild-test");
      if (at != std::string::npos) package.depends.insert(at + std::string("linux-kbuild-test").size(), "-" + own);
    }
    const std::string common = "./usr/src/linux-headers-" + release + "-common/include/";
    for (test::ArchiveFile& file :
         std::vector{test::plain_file(common + "same.h", "same\n"), test::plain_file(common + "mode.sh", "mode\n", mode),
                     test::plain_file(common + "other.h", own), test::plain_file(common + "empty.h", "")})
      packages.at(1).files.push_back(std::move(file));
    for (const test::TestPackage& package : packages) archive_.add(package);
  }

  fs::path header(const std::string& release, const std::string& name) {
    for (const auto& kernel : kernels_) {
      if (kernel->release.str() == release)
        return open_headers(sources_, *kernel).root / "usr/src" / ("linux-headers-" + release + "-common/include") / name;
    }
    return {};
  }

  bool is_one(const std::string& name) {
    return status_of(header("7.0.1-small", name)).st_ino == status_of(header("7.0.2-small", name)).st_ino;
  }

  fs::path shared(const std::string& name) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(sources_.cache / "headers/files")) {
      if (fs::equivalent(entry.path(), header("7.0.1-small", name))) return entry.path();
    }
    return {};
  }

  /// The store as a kmpack without shared files made it: each package has its own, linked into its sets.
  void make_unshared() {
    fs::remove_all(sources_.cache / "headers/files");
    for (const std::string& set : stored("sets")) fs::remove_all(sources_.cache / "headers/sets" / set);
    for (const std::string& package : stored("packages")) {
      const fs::path tree = sources_.cache / "headers/packages" / package;
      for (const TreeEntry& entry : walk(tree)) {
        if (entry.type != EntryType::file) continue;
        clone_file(tree / entry.relative, tree / ".copy");
        fs::rename(tree / ".copy", tree / entry.relative);
      }
    }
    fetch_headers(sources_, kernels_, errands());
    fs::remove_all(sources_.cache / "headers/files");
  }

  Kernels kernels_;
};

TEST_F(FilesOfKernels, AreOneWhereContentAndModeAreTheSame) {
  kernels_ = find_and_fetch();
  EXPECT_TRUE(is_one("same.h"));
  EXPECT_EQ(status_of(header("7.0.1-small", "same.h")).st_mtime, kStartOf1980);
  // The package's, the set's, both twice, and the shared one.
  EXPECT_EQ(status_of(header("7.0.1-small", "same.h")).st_nlink, 5U);
  EXPECT_FALSE(is_one("mode.sh"));
  EXPECT_EQ(status_of(header("7.0.1-small", "mode.sh")).st_mode & 07777U, 0444U);
  EXPECT_EQ(status_of(header("7.0.2-small", "mode.sh")).st_mode & 07777U, 0555U);
  EXPECT_FALSE(is_one("empty.h"));
}

TEST_F(FilesOfKernels, HaveTheContentThatTheirPackagesHave) {
  kernels_ = find_and_fetch();
  for (const char* release : {"7.0.1-small", "7.0.2-small"}) {
    EXPECT_EQ(read_file(header(release, "same.h")), "same\n");
    EXPECT_EQ(read_file(header(release, "mode.sh")), "mode\n");
    EXPECT_EQ(read_file(header(release, "empty.h")), "");
  }
  EXPECT_EQ(read_file(header("7.0.1-small", "other.h")), "one");
  EXPECT_EQ(read_file(header("7.0.2-small", "other.h")), "two");
  EXPECT_THAT(SharedFiles(sources_.cache).damaged({}), IsEmpty());
}

TEST_F(FilesOfKernels, KeepTheTimeFromWhichPackagesHaveTheirs) {
  kernels_ = find_and_fetch();
  const HeaderTree first = open_headers(sources_, *kernels_.at(0));
  const HeaderTree second = open_headers(sources_, *kernels_.at(1));
  ASSERT_EQ(read_file(first.symvers), read_file(second.symvers));
  EXPECT_NE(status_of(first.symvers).st_ino, status_of(second.symvers).st_ino);
  EXPECT_EQ(first.epoch, 1700000000);
  EXPECT_EQ(second.epoch, 1700000000);
}

TEST_F(FilesOfKernels, ThatWereStoredUnsharedAreSharedByTheNextFetch) {
  kernels_ = find_and_fetch();
  make_unshared();
  ASSERT_FALSE(is_one("same.h"));
  const std::string digest = open_headers(sources_, *kernels_.at(0)).digest;
  archive_.add_kernel("7.0.3-small");
  archive_.publish();
  sources_.metadata = Metadata::refresh;
  kernels_ = find_and_fetch();
  ASSERT_THAT(kernels_, SizeIs(3));
  EXPECT_TRUE(is_one("same.h"));
  EXPECT_EQ(status_of(header("7.0.1-small", "same.h")).st_nlink, 5U);
  EXPECT_EQ(status_of(header("7.0.2-small", "mode.sh")).st_mode & 07777U, 0555U);
  EXPECT_EQ(open_headers(sources_, *kernels_.at(0)).digest, digest);
  EXPECT_EQ(open_headers(sources_, *kernels_.at(0)).epoch, 1700000000);
}

TEST_F(FilesOfKernels, ThatAreDamagedAreFoundAndMendedInAllKernelsWhenTheContentComesAgain) {
  kernels_ = find_and_fetch();
  const fs::path file = shared("same.h");
  ASSERT_FALSE(file.empty());
  fs::permissions(file, fs::perms{0644});
  { std::ofstream(file) << "evil\n"; }
  fs::permissions(file, fs::perms{0444});
  ASSERT_EQ(read_file(header("7.0.2-small", "same.h")), "evil\n");
  EXPECT_THAT(SharedFiles(sources_.cache).damaged({}), ElementsAre(file));
  add("7.0.3-small", 0644, "three");
  archive_.publish();
  sources_.metadata = Metadata::refresh;
  kernels_ = find_and_fetch();
  for (const char* release : {"7.0.1-small", "7.0.2-small", "7.0.3-small"})
    EXPECT_EQ(read_file(header(release, "same.h")), "same\n") << release;
  EXPECT_THAT(SharedFiles(sources_.cache).damaged({}), IsEmpty());
  EXPECT_EQ(status_of(file).st_nlink, 7U);
}

TEST_F(FilesOfKernels, AreSweptWhenNoKernelHasThemAnyMore) {
  kernels_ = find_and_fetch();
  const fs::path own = shared("other.h");
  const fs::path same = shared("same.h");
  ASSERT_FALSE(own.empty());
  const ino_t inode = status_of(own).st_ino;
  write_file(sources_.cache / "headers/files/.link.1-1", "left by a run that was killed");
  for (const char* part : {"packages", "sets"}) {
    for (const std::string& name : stored(part)) {
      const fs::path tree = sources_.cache / "headers" / part / name;
      const auto has = [&](const TreeEntry& entry) { return status_of(tree / entry.relative).st_ino == inode; };
      if (std::ranges::any_of(walk(tree), has)) remove_tree(tree);
    }
  }
  archive_.add_kernel("7.0.3-small");
  archive_.publish();
  sources_.metadata = Metadata::refresh;
  Kernels all = find();
  std::erase_if(all, [](const auto& kernel) { return kernel->release.str() != "7.0.3-small"; });
  fetch_headers(sources_, all, errands());
  EXPECT_FALSE(fs::exists(own));
  EXPECT_TRUE(fs::exists(same));
  EXPECT_FALSE(fs::exists(sources_.cache / "headers/files/.link.1-1"));
}

}  // namespace
}  // namespace kmpack
