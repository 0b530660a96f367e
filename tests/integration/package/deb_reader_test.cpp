#include <gmock/gmock.h>

#include "fixture.hpp"
#include "support/thrown.hpp"
#include "wrap/archive.hpp"
#include "wrap/deb.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;

struct ReadDeb : ::testing::Test {
  TempDir place;
  fs::path file = place.path() / "x.deb";

  static std::string tarball(const std::vector<std::pair<std::string, std::string>>& members) {
    ArchiveWriter writer({.format = ArchiveFormat::tar, .filter = ArchiveFilter::gzip});
    for (const auto& [name, content] : members) writer.add({.name = name}, content);
    return writer.finish_bytes();
  }

  void write(const std::vector<std::pair<std::string, std::string>>& members) const {
    ArchiveWriter writer(file, {.format = ArchiveFormat::ar});
    for (const auto& [name, content] : members) writer.add({.name = name}, content);
    writer.finish();
  }

  void write_with(const std::string& control, const std::string& data_name) const {
    write({{"debian-binary", "2.0\n"},
           {"control.tar.gz", tarball({{"./control", control}})},
           {"data.tar.gz", tarball({{data_name, "x"}})}});
  }

  std::optional<Diagnostic> problem() const {
    return diagnostic_thrown_by([&] { read_deb(file); });
  }
};

const std::string kControl = "Package: a\nVersion: 1\n";

TEST_F(ReadDeb, TakesForeignMembersThatBeginWithAnUnderscore) {
  write({{"debian-binary", "2.0\n"},
         {"_gpgorigin", "x"},
         {"control.tar.gz", tarball({{"./control", kControl}})},
         {"data.tar.gz", tarball({{"./a", "x"}})}});
  const DebPackage package = read_deb(file);
  EXPECT_EQ(package.control.field("package"), "a");
  ASSERT_EQ(package.files.size(), 1U);
  EXPECT_EQ(package.files[0].path, "/a");
}

TEST_F(ReadDeb, RefusesNamesThatLeaveTheRoot) {
  for (const char* name : {"../evil", "/etc/evil", "./a/../../evil"}) {
    write_with(kControl, name);
    const auto found = problem();
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->code, "deb-hostile-path") << name;
    EXPECT_EQ(found->message, file.string() + " has a member that does not stay below its root: '" + name + "'");
  }
}

TEST_F(ReadDeb, SaysWhatIsMissing) {
  const std::string control = tarball({{"./control", kControl}});
  const auto message_of = [&](const std::vector<std::pair<std::string, std::string>>& members) {
    write(members);
    const auto found = problem();
    if (!found || found->code != "deb-unreadable") return std::string("no deb-unreadable");
    return found->message.substr(found->message.rfind(": ") + 2);
  };
  EXPECT_EQ(message_of({{"x", "y"}}), "its first member is not debian-binary");
  EXPECT_EQ(message_of({{"debian-binary", "3.0\n"}, {"control.tar.gz", control}}), "its format version is not 2.x");
  EXPECT_EQ(message_of({{"debian-binary", "2.0\n"}, {"data.tar.gz", control}}), "its second member is not control.tar");
  EXPECT_EQ(message_of({{"debian-binary", "2.0\n"}, {"control.tar.gz", control}}), "its third member is not data.tar");
}

TEST_F(ReadDeb, WantsOneControlParagraphThatNamesThePackage) {
  write_with("Version: 1\n", "./a");
  EXPECT_EQ(problem().value().code, "deb-unreadable");
  write_with("Package: a\n\nPackage: b\n", "./a");
  EXPECT_EQ(problem().value().code, "deb-unreadable");
  write_with("rubbish\n", "./a");
  EXPECT_EQ(problem().value().code, "deb-control-invalid");
}

TEST_F(ReadDeb, RefusesWhatIsNoArchiveOrOnlyAPart) {
  write_file(file, std::string(4096, 'x'));
  EXPECT_EQ(problem().value().code, "archive-unreadable");
  write_with(kControl, "./a");
  const std::string whole = read_file(file);
  write_file(file, whole.substr(0, whole.size() - 40));
  EXPECT_EQ(problem().value().code, "archive-unreadable");
  EXPECT_EQ(diagnostic_thrown_by([&] { read_deb(place.path() / "absent.deb"); }).value().code, "archive-unreadable");
}

}  // namespace
}  // namespace kmpack::test
