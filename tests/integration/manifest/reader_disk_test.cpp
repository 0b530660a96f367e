#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "manifest/reader.hpp"
#include "support/manifests/sample_manifest.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

class ReadManifest : public ::testing::Test {
 protected:
  std::string answer(const std::string& inside) {
    write_file(dir_.path() / "kmpack.xml", test::minimal_manifest(inside));
    Diagnostics problems;
    const bool read = read_manifest(dir_.path() / "kmpack.xml", problems).has_value();
    std::string codes = read ? "read" : "refused";
    for (const Diagnostic& problem : problems.all())
      codes += " " + std::string(problem.code) + "@" + std::to_string(problem.where->line);
    return codes;
  }
  TempDir dir_;
};

TEST_F(ReadManifest, TakesWhatIsThere) {
  make_directories(dir_.path() / "src/deep");
  write_file(dir_.path() / "f.bin", "x");
  EXPECT_EQ(answer("<source directory=\"src\" subdirectory=\"deep\"/><install><firmware file=\"f.bin\"/></install>"), "read");
}

TEST_F(ReadManifest, ReportsEverythingThatIsNotThereWithItsLine) {
  EXPECT_EQ(answer("<source directory=\"src\"/>\n<patches><patch file=\"a\"/>\n<patch file=\"b\"/></patches>\n<install><firmware "
                   "file=\"c\"/></install>"),
            "refused source-missing@5 file-missing@6 file-missing@7 file-missing@8");
}

TEST_F(ReadManifest, WantsAnArchiveToBeAFile) {
  make_directories(dir_.path() / "a.tar");
  EXPECT_EQ(answer("<source archive=\"a.tar\" sha256=\"" + std::string(64, 'a') + "\"/>"), "refused file-missing@5");
}

TEST_F(ReadManifest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo((dir_.path() / "pipe.xml").c_str(), 0600), 0);
  Diagnostics problems;
  EXPECT_THROW(read_manifest(dir_.path() / "pipe.xml", problems), Error);
}

TEST_F(ReadManifest, DoesNotReadAFileThatIsTooLarge) {
  write_file(dir_.path() / "large.xml", "");
  fs::resize_file(dir_.path() / "large.xml", std::uintmax_t{1} << 40U);
  Diagnostics problems;
  EXPECT_FALSE(read_manifest(dir_.path() / "large.xml", problems).has_value());
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all()[0].code, "xml-too-large");
}

TEST_F(ReadManifest, SaysThatAFileIsNotThere) {
  Diagnostics problems;
  try {
    read_manifest(dir_.path() / "absent.xml", problems);
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "file-unreadable");
  }
}

}  // namespace
}  // namespace kmpack
