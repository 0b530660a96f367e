#include "cache/cache_layout.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <random>
#include <system_error>
#include <thread>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack::detail {
namespace {

/// Many files in one directory are slow to list on old file systems; 256 directories are enough for a million.
fs::path below(std::string_view kind, const std::string& digest) { return fs::path(kind) / digest.substr(0, 2) / digest; }

/// Processes of several machines or containers may have the same number, so that is not enough.
std::string unique_name() {
  static std::atomic<unsigned> counter = 0;
  static const auto start = std::random_device()();
  return fmt::format("{:x}-{}-{}", start, ::getpid(), counter++);
}

}  // namespace

void write_all(const Descriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_system_error(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

fs::path object_place(const fs::path& results, const std::string& sha256) { return results / below("objects", sha256); }
fs::path entry_place(const fs::path& results, const std::string& key) { return results / below("entries", key); }

Descriptor open_cached(const fs::path& results, const fs::path& place) {
  constexpr int kSafely = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Descriptor at(::open(results.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const fs::path relative = place.lexically_relative(results);
  for (const fs::path& part : relative.parent_path()) {
    if (at) at = Descriptor(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  }
  if (!at) return {};
  Descriptor file(::openat(at.get(), relative.filename().c_str(), kSafely));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return file;
}

std::uint64_t size_of(const Descriptor& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::optional<std::string> read_cached(const fs::path& results, const fs::path& place, std::uint64_t largest) {
  const Descriptor file = open_cached(results, place);
  if (!file || size_of(file) > largest) return std::nullopt;
  return read_up_to(file, static_cast<std::size_t>(size_of(file)));
}

std::string read_up_to(const Descriptor& file, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::vector<CachedName> list_cached(const fs::path& results, std::string_view kind) {
  std::vector<CachedName> found;
  std::error_code error;
  const fs::path root = results / kind;
  for (fs::directory_iterator half(root, error), end; !error && half != end; half.increment(error)) {
    const Descriptor directory(::open(half->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory) continue;
    std::error_code gone;
    for (fs::directory_iterator file(half->path(), gone); !gone && file != end; file.increment(gone)) {
      struct stat status {};
      const fs::path& place = file->path();
      if (::fstatat(directory.get(), place.filename().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        continue;
      constexpr std::int64_t kNanos = 1'000'000'000;
      found.push_back({.name = place.filename().string(),
                       .place = place,
                       .size = static_cast<std::uint64_t>(status.st_size),
                       .used = status.st_mtim.tv_sec * kNanos + status.st_mtim.tv_nsec});
    }
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_system_error(error.value(), "cannot read the directory", root);
  return found;
}

void write_cached(const fs::path& place, std::string_view bytes, fs::perms mode) {
  make_directories(place.parent_path());
  const fs::path staged = place.parent_path() / fmt::format(".{}.{}", place.filename().string(), unique_name());
  try {
    const Descriptor file(
        ::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, static_cast<mode_t>(mode)));
    if (!file) throw_system_error(errno, "cannot create", staged);
    write_all(file, bytes, place);
    if (::rename(staged.c_str(), place.c_str()) != 0) throw_system_error(errno, "cannot rename to", place);
  } catch (...) {
    ::unlink(staged.c_str());
    throw;
  }
}

std::optional<CacheLock> CacheLock::wait(const fs::path& results, Sharing sharing, std::chrono::milliseconds patience,
                                         const std::stop_token& stop) {
  const fs::path place = results / "lock";
  make_directories(results);
  Descriptor file(::open(place.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!file) throw_system_error(errno, "cannot open the lock file", place);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(file.get(), (sharing == Sharing::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return CacheLock(Descriptor());
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return CacheLock(std::move(file));
}

}  // namespace kmpack::detail
