#include "wrap/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ArchiveMember file(std::string name, unsigned mode = 0644) {
  return {.name = std::move(name), .mode = mode, .mtime = 1'000'000'000};
}
ArchiveMember directory(std::string name) {
  return {.name = std::move(name), .type = MemberType::directory, .mode = 0755, .mtime = 7};
}
ArchiveMember symlink(std::string name, std::string target) {
  return {.name = std::move(name), .type = MemberType::symlink, .mode = 0777, .mtime = 5, .link = std::move(target)};
}
ArchiveMember hardlink(std::string name, std::string target) {
  return {.name = std::move(name), .type = MemberType::hardlink, .link = std::move(target)};
}

struct Piece {
  ArchiveMember member;
  std::string data;
};

void write_archive(const fs::path& place, const std::vector<Piece>& pieces, const WriterOptions& options = {}) {
  ArchiveWriter writer(place, options);
  for (const Piece& piece : pieces) writer.add(piece.member, piece.data);
  writer.finish();
}

std::map<std::string, std::string> contents(const ArchiveSource& source) {
  std::map<std::string, std::string> found;
  read_archive(source, [&](const ArchiveMember& member, MemberData& data) { found[member.name] = data.all(); });
  return found;
}

std::string code_of(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.diagnostic().message;
    return std::string(error.diagnostic().code);
  }
  return "";
}

class Archive : public testing::Test {
 protected:
  TempDir temp_;
  fs::path archive_ = temp_.path() / "a.tar";
  fs::path root_ = temp_.path() / "root";

  /// Extracts the pieces and gives the message of the refusal; nothing may be left.
  std::string refusal(const std::vector<Piece>& pieces, const ExtractOptions& options = {}) {
    write_archive(archive_, pieces);
    std::string message;
    EXPECT_EQ(code_of([&] { extract_archive(archive_, root_, options); }, &message), "archive-hostile");
    EXPECT_FALSE(fs::exists(root_));
    std::vector<std::string> left;
    for (const TreeEntry& entry : walk(temp_.path())) left.push_back(entry.relative.string());
    EXPECT_THAT(left, ElementsAre("a.tar")) << "something was left behind";
    const std::string start = archive_.string() + ": member '";
    EXPECT_TRUE(message.starts_with(start)) << message;
    return message.size() > start.size() ? message.substr(start.size()) : message;
  }
};

TEST_F(Archive, UnpacksFilesDirectoriesAndLinksWithTheirTimesAndModes) {
  write_archive(archive_, {{directory("./"), ""},
                           {directory("./d"), ""},
                           {file("./d/run", 0755), "#!/bin/sh\n"},
                           {file("d/plain", 0640), "text"},
                           {symlink("d/link", "../d/plain"), ""},
                           {hardlink("same", "d/plain"), ""}});
  extract_archive(archive_, root_);
  EXPECT_EQ(read_file(root_ / "d/run"), "#!/bin/sh\n");
  EXPECT_EQ(read_file(root_ / "d/link"), "text");
  struct stat run {};
  ASSERT_EQ(::stat((root_ / "d/run").c_str(), &run), 0);
  EXPECT_EQ(run.st_mode & 07777U, 0755U);
  EXPECT_EQ(run.st_mtime, 1'000'000'000);
  struct stat plain {};
  ASSERT_EQ(::stat((root_ / "d/plain").c_str(), &plain), 0);
  EXPECT_EQ(plain.st_mode & 07777U, 0640U);
  EXPECT_EQ(plain.st_nlink, 2U);
  struct stat directory_facts {};
  ASSERT_EQ(::stat((root_ / "d").c_str(), &directory_facts), 0);
  EXPECT_EQ(directory_facts.st_mtime, 7) << "the directory's time is that of the archive, not of its last entry";
}

TEST_F(Archive, NeverGivesSetuidAndAlwaysLetsTheOwnerReadAndWrite) {
  write_archive(archive_, {{file("su", 06755), "x"}, {file("locked", 0), "x"}, {directory("d"), ""}});
  extract_archive(archive_, root_);
  EXPECT_EQ(fs::status(root_ / "su").permissions(), fs::perms{0755});
  EXPECT_EQ(fs::status(root_ / "locked").permissions(), fs::perms{0600});
}

TEST_F(Archive, RefusesAbsoluteNames) {
  EXPECT_EQ(refusal({{file("good"), "x"}, {file("/tmp/kmpack-must-not-appear"), "x"}}),
            "/tmp/kmpack-must-not-appear' has an absolute name");
  EXPECT_FALSE(fs::exists("/tmp/kmpack-must-not-appear"));
}

TEST_F(Archive, RefusesParentsInNames) {
  EXPECT_EQ(refusal({{file("../evil"), "x"}}), "../evil' has '..' in its name");
  EXPECT_EQ(refusal({{file("a/../../evil"), "x"}}), "a/../../evil' has '..' in its name");
  EXPECT_EQ(refusal({{file("a/.."), "x"}}), "a/..' has '..' in its name");
  EXPECT_EQ(refusal({{directory(".."), ""}}), "..' has '..' in its name");
}

TEST_F(Archive, RefusesMembersBelowALink) {
  EXPECT_EQ(refusal({{directory("real"), ""}, {symlink("link", "real"), ""}, {file("link/evil"), "x"}}),
            "link/evil' lies below 'link', which is not a directory");
}

TEST_F(Archive, RefusesLinksThatLeaveTheRoot) {
  EXPECT_EQ(refusal({{symlink("link", "../outside"), ""}}), "link' is a link that leaves the archive's root");
  EXPECT_EQ(refusal({{symlink("d/link", "../../outside"), ""}}), "d/link' is a link that leaves the archive's root");
  EXPECT_EQ(refusal({{symlink("link", "/etc/passwd"), ""}}), "link' is a link to '/etc/passwd', outside of the archive");
}

TEST_F(Archive, RefusesLinksThatLeaveTheRootOnlyThroughOtherLinks) {
  // As text `a/a/..` stays inside; as a path it is the parent of the root.
  EXPECT_EQ(refusal({{symlink("a", "."), ""}, {symlink("b", "a/a/.."), ""}}), "b' is a link that leaves the archive's root");
  // The link it goes through comes later.
  EXPECT_EQ(refusal({{symlink("b", "d/e/.."), ""}, {directory("d"), ""}, {symlink("d/e", "../."), ""}}),
            "b' is a link that leaves the archive's root");
}

TEST_F(Archive, TakesLinksInACircleSinceTheyLeadNowhere) {
  write_archive(archive_, {{symlink("a", "b"), ""}, {symlink("b", "a"), ""}, {symlink("c", "nowhere/at/all"), ""}});
  extract_archive(archive_, root_);
  EXPECT_EQ(fs::read_symlink(root_ / "a"), "b");
}

TEST_F(Archive, RefusesHardLinksToWhatIsNotAFileOfTheArchive) {
  EXPECT_EQ(refusal({{hardlink("h", "/etc/passwd"), ""}}), "h' is a hard link to '/etc/passwd', outside of the archive");
  EXPECT_EQ(refusal({{hardlink("h", "../x"), ""}}), "h' is a hard link to '../x', outside of the archive");
  EXPECT_EQ(refusal({{hardlink("h", "absent"), ""}}), "h' is a hard link to 'absent', which is not a file of this archive");
  EXPECT_EQ(refusal({{symlink("s", "absent"), ""}, {hardlink("h", "s"), ""}}),
            "h' is a hard link to 's', which is not a file of this archive");
}

TEST_F(Archive, RefusesDevices) {
  EXPECT_EQ(refusal({{{.name = "null", .type = MemberType::character_device, .device_major = 1, .device_minor = 3}, ""}}),
            "null' is a device, fifo or socket");
}

TEST_F(Archive, RefusesAFileInPlaceOfADirectoryAndTheOtherWayRound) {
  EXPECT_EQ(refusal({{directory("d"), ""}, {file("d"), "x"}}), "d' would replace a directory by something else");
  EXPECT_EQ(refusal({{file("d"), "x"}, {directory("d"), ""}}), "d' is a directory where something else lies");
}

TEST_F(Archive, RefusesMoreThanTheLimits) {
  ExtractOptions small;
  small.max_bytes = 10;
  EXPECT_EQ(refusal({{file("a"), "12345678"}, {file("b"), "123"}}, small), "b' is past the limit of 10 bytes");
  ExtractOptions few;
  few.max_members = 1;
  EXPECT_EQ(refusal({{file("a"), ""}, {file("b"), ""}}, few), "b' is past the limit of 1 members");
}

TEST_F(Archive, ReplacesALinkByTheFileThatComesLaterInsteadOfWritingThroughIt) {
  const fs::path victim = temp_.path() / "victim";
  write_file(victim, "untouched");
  write_archive(archive_, {{symlink("x", victim.string()), ""}, {file("x"), "new"}});
  ExtractOptions keep;
  keep.absolute_links = AbsoluteLinks::keep;
  extract_archive(archive_, root_, keep);
  EXPECT_EQ(read_file(victim), "untouched");
  EXPECT_FALSE(fs::is_symlink(root_ / "x"));
  EXPECT_EQ(read_file(root_ / "x"), "new");
}

TEST_F(Archive, SkipsOrKeepsAbsoluteLinksWhenToldTo) {
  write_archive(archive_, {{symlink("build", "/usr/src/linux"), ""}, {file("f"), "x"}});
  ExtractOptions options;
  options.absolute_links = AbsoluteLinks::skip;
  extract_archive(archive_, root_, options);
  EXPECT_FALSE(fs::exists(fs::symlink_status(root_ / "build")));
  EXPECT_TRUE(fs::exists(root_ / "f"));
  options.absolute_links = AbsoluteLinks::keep;
  extract_archive(archive_, root_, options);
  EXPECT_EQ(fs::read_symlink(root_ / "build"), "/usr/src/linux");
}

TEST_F(Archive, UnpacksOnlyWhatIsWanted) {
  write_archive(archive_, {{file("./usr/a"), "a"}, {file("./etc/b"), "b"}});
  ExtractOptions options;
  options.wanted = [](const ArchiveMember& member) { return member.name.starts_with("usr/"); };
  extract_archive(archive_, root_, options);
  EXPECT_TRUE(fs::exists(root_ / "usr/a"));
  EXPECT_FALSE(fs::exists(root_ / "etc"));
}

TEST_F(Archive, UnpacksSeveralArchivesIntoOneRoot) {
  make_directories(root_);
  write_archive(archive_, {{directory("usr"), ""}, {file("usr/a"), "a"}});
  extract_into(archive_, root_);
  write_archive(archive_, {{directory("usr"), ""}, {file("usr/b"), "b"}});
  extract_into(archive_, root_);
  EXPECT_EQ(read_file(root_ / "usr/a") + read_file(root_ / "usr/b"), "ab");
}

class EveryFilter : public Archive, public testing::WithParamInterface<ArchiveFilter> {};

TEST_P(EveryFilter, ComesBackAsItWentInAndTheSameBytesEachTime) {
  std::string large(300'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>(i * 31 % 251);
  const std::vector<Piece> pieces{{directory("d"), ""}, {file("d/large"), large}, {file("d/empty"), ""}, {symlink("l", "d"), ""}};
  for (const ArchiveFormat format : {ArchiveFormat::tar, ArchiveFormat::cpio_newc}) {
    const WriterOptions options{.format = format, .filter = GetParam(), .level = 3};
    write_archive(archive_, pieces, options);
    const std::string first = read_file(archive_);
    const std::map<std::string, std::string> expected{{"d", ""}, {"d/large", large}, {"d/empty", ""}, {"l", ""}};
    EXPECT_TRUE(contents(archive_) == expected);
    ArchiveWriter memory(options);
    for (const Piece& piece : pieces) memory.add(piece.member, piece.data);
    EXPECT_EQ(memory.finish_bytes() == first, true) << "memory and file differ";
  }
}

TEST_P(EveryFilter, RefusesAnArchiveThatIsCutOff) {
  std::string noise(200'000, '\0');
  unsigned seed = 1;
  for (char& c : noise) c = static_cast<char>((seed = seed * 1103515245U + 12345U) >> 16U);
  write_archive(archive_, {{file("noise"), noise}}, {.filter = GetParam()});
  write_file(archive_, read_file(archive_).substr(0, 100'000));
  EXPECT_EQ(code_of([&] { extract_archive(archive_, root_); }), "archive-unreadable");
  EXPECT_FALSE(fs::exists(root_));
}

INSTANTIATE_TEST_SUITE_P(All, EveryFilter,
                         testing::Values(ArchiveFilter::none, ArchiveFilter::gzip, ArchiveFilter::xz, ArchiveFilter::zstd));

TEST_F(Archive, ReadsTheDataOfADebByTheStartOfItsMembersName) {
  ArchiveWriter data({.filter = ArchiveFilter::xz});
  data.add(file("./usr/share/doc/x"), "hello");
  write_archive(
      archive_,
      {{file("debian-binary"), "2.0\n"}, {file("control.tar.xz"), "not read"}, {file("data.tar.xz"), data.finish_bytes()}},
      {.format = ArchiveFormat::ar});
  EXPECT_TRUE(read_file(archive_).starts_with("!<arch>\ndebian-binary   "));
  EXPECT_EQ(contents({archive_, "data.tar"}), (std::map<std::string, std::string>{{"./usr/share/doc/x", "hello"}}));
  std::string message;
  EXPECT_EQ(code_of([&] { contents({archive_, "absent.tar"}); }, &message), "archive-unreadable");
  EXPECT_EQ(message, "cannot read the archive " + archive_.string() + " (absent.tar): it has no member 'absent.tar'");
}

TEST_F(Archive, SaysWhatIsNoArchive) {
  std::string message;
  EXPECT_EQ(code_of([&] { contents(temp_.path() / "absent"); }, &message), "archive-unreadable");
  EXPECT_THAT(message, HasSubstr("No such file or directory"));
  write_file(archive_, "just some text that is no archive of any kind");
  EXPECT_EQ(code_of([&] { contents(archive_); }), "archive-unreadable");
  write_file(archive_, "");
  EXPECT_EQ(code_of([&] { contents(archive_); }), "archive-unreadable");
  // mtree is text that makes libarchive read other files of the machine.
  write_file(archive_, "#mtree\n./passwd type=file contents=/etc/passwd\n");
  EXPECT_EQ(code_of([&] { contents(archive_); }), "archive-unreadable");
}

TEST_F(Archive, KeepsNamesThatAreLongOrNotAscii) {
  const std::string name = "d/" + std::string(150, 'n') + "/" + std::string(120, 'm') + "-größe";
  write_archive(archive_, {{file(name), "x"}});
  extract_archive(archive_, root_);
  EXPECT_EQ(read_file(root_ / name), "x");
}

TEST_F(Archive, LeavesNothingWhenStoppedHalfWay) {
  write_archive(archive_, {{file("a"), "a"}, {file("b"), "b"}});
  std::stop_source stop;
  ExtractOptions options;
  options.wanted = [&](const ArchiveMember& member) {
    if (member.name == "b") stop.request_stop();
    return true;
  };
  EXPECT_THROW(extract_archive(archive_, root_, options, stop.get_token()), Cancelled);
  EXPECT_FALSE(fs::exists(root_));
}

TEST_F(Archive, LeavesNothingOfAnUnfinishedWriter) {
  {
    ArchiveWriter writer(archive_, {});
    writer.add(file("a"), "a");
  }
  EXPECT_TRUE(walk(temp_.path()).empty());
}

/// Runs `work` in a child that has a file system of 256 KiB at `place`; its exit status, 77 when no such can be mounted here.
int on_small_disk(const fs::path& place, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int spaces = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
    if (::unshare(spaces) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=256k") != 0) {
      ::_exit(77);
    }
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Archive, NamesTheFullDiskAndLeavesNothingOnIt) {
  const std::string much(400'000, 'x');
  const fs::path source = temp_.path() / "source.tar";
  write_archive(source, {{file("small"), "x"}, {file("much"), much}});
  make_directories(root_);
  const int status = on_small_disk(root_, [&] {
    const std::string writing = code_of([&] { write_archive(root_ / "out.tar", {{file("much"), much}}); });
    const std::string unpacking = code_of([&] { extract_archive(source, root_ / "tree"); });
    if (writing != "disk-full" || unpacking != "disk-full") return 1;
    return walk(root_).empty() ? 0 : 2;
  });
  if (status == 77) {
    if (std::getenv("CI") == nullptr) GTEST_SKIP() << "no file system can be mounted here";
    FAIL() << "no file system can be mounted here";
  }
  EXPECT_EQ(status, 0) << "1: another error than disk-full, 2: something was left";
}

TEST_F(Archive, GivesUpWhenAFileIsTooLargeToHold) {
  write_archive(archive_, {{file("a"), "0123456789"}});
  EXPECT_EQ(code_of([&] { read_archive(archive_, [](const ArchiveMember&, MemberData& data) { data.all(9); }); }),
            "archive-hostile");
}

}  // namespace
}  // namespace kmpack
