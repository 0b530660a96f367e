#include "sys/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

template <class Work>
Diagnostic diagnostic_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.diagnostic();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(WriteFile, ReplacesTheContentAndLeavesNothingBeside) {
  const TempDir place;
  const fs::path file = place.path() / "new/deep/file";
  write_file(file, "one");
  const std::string big(300'000, 'x');
  write_file(file, big);
  EXPECT_EQ(read_file(file), big);
  EXPECT_EQ(walk(file.parent_path()).size(), 1U);
}

TEST(WriteFile, GivesTheModeWhateverTheUmask) {
  const TempDir place;
  const mode_t before = ::umask(0077);
  write_file(place.path() / "public", "x");
  write_file(place.path() / "secret", "x", fs::perms{0600});
  ::umask(before);
  EXPECT_EQ(fs::status(place.path() / "public").permissions(), fs::perms{0644});
  EXPECT_EQ(fs::status(place.path() / "secret").permissions(), fs::perms{0600});
}

TEST(WriteFile, KeepsTheOldFileAndCleansUpWhenThePlaceIsADirectory) {
  const TempDir place;
  fs::create_directories(place.path() / "taken/inside");
  const Diagnostic problem = diagnostic_of([&] { write_file(place.path() / "taken", "x"); });
  EXPECT_EQ(problem.code, "file-unwritable");
  EXPECT_EQ(walk(place.path()).size(), 2U);
}

TEST(ReadFile, NamesTheFileThatIsMissing) {
  const TempDir place;
  const Diagnostic problem = diagnostic_of([&] { read_file(place.path() / "absent"); });
  EXPECT_EQ(problem.code, "file-unreadable");
  EXPECT_EQ(problem.message, "cannot read " + (place.path() / "absent").string() + ": No such file or directory");
}

TEST(ReadFile, RefusesWhatItWouldWaitForOrNeverEndReading) {
  const TempDir place;
  const fs::path fifo = place.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const fs::path socket = place.path() / "socket";
  ASSERT_EQ(::mknod(socket.c_str(), S_IFSOCK | 0600, 0), 0);
  fs::create_symlink(fifo, place.path() / "link");
  for (const fs::path& special : {fifo, socket, place.path() / "link", fs::path("/dev/zero")}) {
    const Diagnostic problem = diagnostic_of([&] { read_file(special); });
    EXPECT_EQ(problem.code, "file-unreadable");
    EXPECT_EQ(problem.message, "cannot read " + special.string() + ": it is a fifo, a socket or a device");
    EXPECT_TRUE(problem.hint.has_value());
  }
}

TEST(ReadFile, TakesTheEmptyDeviceAndFilesThatHaveNoSize) {
  EXPECT_EQ(read_file("/dev/null"), "");
  EXPECT_NE(read_file("/proc/self/status"), "");
}

TEST(ReadFile, KeepsEveryByte) {
  const TempDir place;
  const std::string bytes("a\0b\r\n\xff", 6);
  write_file(place.path() / "f", bytes);
  EXPECT_EQ(read_file(place.path() / "f"), bytes);
}

TEST(ThrowSystemError, TellsAFullDiskApart) {
  EXPECT_EQ(diagnostic_of([] { throw_system_error(ENOSPC, "cannot write", "/x"); }).code, "disk-full");
  EXPECT_EQ(diagnostic_of([] { throw_system_error(EDQUOT, "cannot write", "/x"); }).code, "disk-full");
  EXPECT_TRUE(diagnostic_of([] { throw_system_error(ENOSPC, "cannot write", "/x"); }).hint.has_value());
  EXPECT_EQ(diagnostic_of([] { throw_system_error(EACCES, "cannot write", "/x"); }).code, "file-unwritable");
  EXPECT_EQ(diagnostic_of([] { throw_system_error(EACCES, "cannot read", "/x"); }).code, "file-unreadable");
}

TEST(CloneFile, KeepsContentModeAndTime) {
  const TempDir place;
  const fs::path from = place.path() / "from";
  write_file(from, "content", fs::perms{0755});
  fs::last_write_time(from, fs::file_time_type::clock::now() - std::chrono::hours(100));
  clone_file(from, place.path() / "to");
  EXPECT_EQ(read_file(place.path() / "to"), "content");
  EXPECT_EQ(fs::status(place.path() / "to").permissions(), fs::perms{0755});
  EXPECT_EQ(fs::last_write_time(place.path() / "to"), fs::last_write_time(from));
}

TEST(IsSafeRelative, RefusesEverythingThatCouldLeaveTheRoot) {
  for (const char* safe : {"a", "a/b.c", "..a", "a..", "...", "a/.hidden"}) EXPECT_TRUE(is_safe_relative(safe)) << safe;
  for (const char* hostile : {"", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a/./b", "a/", "a\nb"}) {
    EXPECT_FALSE(is_safe_relative(hostile)) << hostile;
  }
  EXPECT_FALSE(is_safe_relative(std::string("a\0b", 3)));
}

TEST(MakeDirectories, SaysWhichOneCannotBe) {
  const TempDir place;
  write_file(place.path() / "file", "");
  EXPECT_EQ(diagnostic_of([&] { make_directories(place.path() / "file/below"); }).code, "file-unwritable");
  make_directories("");
}

}  // namespace
}  // namespace kmpack
