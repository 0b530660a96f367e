#include "pipeline/output.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "unit/pipeline/some_cell.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

using test::some_cell;

TEST(Output, PutsPackagesUnderDistributionAndArchitecture) {
  const TempDir dir;
  write_file(dir.path() / "hello.deb", "bytes");
  const Output output(dir.path() / "dist");
  const PackageFile published = output.publish({.path = dir.path() / "hello.deb", .sha256 = sha256_of("bytes")}, some_cell());
  EXPECT_EQ(published.path, dir.path() / "dist/debian-12/amd64/hello.deb");
  EXPECT_EQ(read_file(published.path), "bytes");
}

TEST(Output, ReplacesAnOlderPackageOfTheSameNameWhole) {
  const TempDir dir;
  write_file(dir.path() / "hello.deb", "new");
  write_file(dir.path() / "dist/debian-12/amd64/hello.deb", "old");
  const Output output(dir.path() / "dist");
  static_cast<void>(output.publish({.path = dir.path() / "hello.deb", .sha256 = sha256_of("new")}, some_cell()));
  EXPECT_EQ(read_file(dir.path() / "dist/debian-12/amd64/hello.deb"), "new");
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path() / "dist/debian-12/amd64")) ++entries;
  EXPECT_EQ(entries, 1U);
}

TEST(Output, SaysAtOnceThatADirectoryCannotBeWritten) {
  const TempDir dir;
  // A file in the way stops root as well, whom modes do not.
  write_file(dir.path() / "dist", "a file");
  try {
    const Output output(dir.path() / "dist");
    FAIL() << "took a file for a directory";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "file-unwritable");
  }
}

TEST(Output, NamesALogAfterItsCell) {
  const TempDir dir;
  write_file(dir.path() / "build.log", "text");
  const Output output(dir.path() / "dist");
  EXPECT_EQ(output.publish_log(dir.path() / "build.log", some_cell()), dir.path() / "dist/logs" / (some_cell().key() + ".log"));
  EXPECT_TRUE(output.publish_log(dir.path() / "absent.log", some_cell()).empty());
}

ino_t inode_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

TEST(Output, WritesALogOnlyWhereItChanged) {
  const TempDir dir;
  write_file(dir.path() / "build.log", "text");
  const Output output(dir.path() / "dist");
  const auto place = output.publish_log(dir.path() / "build.log", some_cell());
  const ino_t first = inode_of(place);
  EXPECT_EQ(inode_of(output.publish_log(dir.path() / "build.log", some_cell())), first);
  write_file(dir.path() / "build.log", "TEXT");
  EXPECT_NE(inode_of(output.publish_log(dir.path() / "build.log", some_cell())), first);
  EXPECT_EQ(read_file(place), "TEXT");
}

}  // namespace
}  // namespace kmpack
