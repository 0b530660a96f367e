#include "sys/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "sys/files.hpp"

namespace kmpack {
namespace {

int open_lock(const std::filesystem::path& file) {
  make_directories(file.parent_path());
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) throw_system_error(errno, "cannot open the lock file", file);
  return descriptor;
}

/// The pid is for people and messages; the lock itself is the kernel's.
void write_pid(int descriptor) noexcept {
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) == 0) static_cast<void>(::pwrite(descriptor, pid.data(), pid.size(), 0));
}

}  // namespace

FileLock FileLock::wait(const std::filesystem::path& file) {
  FileLock lock(open_lock(file));
  while (::flock(lock.descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) throw_system_error(errno, "cannot lock", file);
  }
  write_pid(lock.descriptor_);
  return lock;
}

std::optional<FileLock> FileLock::attempt(const std::filesystem::path& file) {
  FileLock lock(open_lock(file));
  if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw_system_error(errno, "cannot lock", file);
  }
  write_pid(lock.descriptor_);
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

int lock_holder(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  int pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

}  // namespace kmpack
