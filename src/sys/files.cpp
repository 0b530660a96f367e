#include "sys/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kChunk = 128 * 1024;
// A sparse file may claim any size.
constexpr std::size_t kLargestGuess = std::size_t{64} << 20;

bool is_write_failure(std::string_view doing) noexcept { return doing.find("read") == std::string_view::npos; }

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "cannot write", path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Has it an end that is reached without waiting for somebody? /dev/null stands for an empty file in many a call; /dev/zero
/// never ends.
bool is_finite(const struct stat& status) noexcept {
  // Source: Linux Documentation/admin-guide/devices.txt, character devices of major 1.
  const bool null = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
  return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || null;
}

[[noreturn]] void throw_special_file(const fs::path& path) {
  throw Error({.code = "file-unreadable",
               .message = fmt::format("cannot read {}: it is a fifo, a socket or a device", path.string()),
               .where = {},
               .notes = {},
               .hint = "name a regular file: what comes through a pipe has to be written to one first"});
}

/// A descriptor that whoever started this process gave it, as the shell does for `<(command)`: keys come that way, and somebody
/// writes at the other end.
bool is_own_descriptor(const fs::path& path) {
  const std::string& text = path.native();
  return text.starts_with("/dev/fd/") || text.starts_with("/proc/self/fd/") || text == "/dev/stdin";
}

void copy_bytes(int from, int to, const fs::path& source, const fs::path& target) {
  std::array<char, kChunk> buffer{};
  while (true) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) return;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "cannot read", source);
    }
    write_all(to, std::string_view(buffer.data(), static_cast<std::size_t>(got)), target);
  }
}

}  // namespace

void throw_system_error(int error_number, std::string_view doing, const fs::path& path) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  Diagnostic diagnostic;
  diagnostic.code = full ? "disk-full" : (is_write_failure(doing) ? "file-unwritable" : "file-unreadable");
  diagnostic.message = fmt::format("{} {}: {}", doing, path.string(), std::generic_category().message(error_number));
  if (full) diagnostic.hint = "free space there, or choose another place with --output, --workspace or --cache-dir";
  throw Error(std::move(diagnostic));
}

void refuse_special_file(const fs::path& path) {
  if (is_own_descriptor(path)) return;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !is_finite(status)) throw_special_file(path);
}

std::string read_file(const fs::path& path) {
  // A fifo nobody writes to would hold the process, also against a signal that asks it to end.
  const bool own = is_own_descriptor(path);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | (own ? 0 : O_NONBLOCK)));
  // ENXIO: what open(2) says of a socket.
  if (!file && errno == ENXIO) throw_special_file(path);
  if (!file) throw_system_error(errno, "cannot read", path);
  std::string content;
  // What /proc has says 0 and may have more; the size is only a guess that saves copies.
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_system_error(errno, "cannot read", path);
  if (!own && !is_finite(status)) throw_special_file(path);
  if (S_ISREG(status.st_mode) && status.st_size > 0)
    content.reserve(std::min(static_cast<std::size_t>(status.st_size), kLargestGuess));
  std::array<char, kChunk> buffer{};
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) return content;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "cannot read", path);
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void write_file(const fs::path& path, std::string_view content, fs::perms mode) {
  write_pieces(
      path, [&](const TakePiece& take) { take(content); }, mode);
}

void write_pieces(const fs::path& path, const std::function<void(const TakePiece&)>& make, fs::perms mode) {
  Staged staged(path);
  {
    // Created with its final mode, so that a secret is never readable by others even for a moment.
    const Descriptor file(::open(staged.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) throw_system_error(errno, "cannot create", staged.path());
    if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) throw_system_error(errno, "cannot set the mode of", staged.path());
    make([&](std::string_view piece) { write_all(file.get(), piece, path); });
  }
  staged.publish();
}

void clone_file(const fs::path& from, const fs::path& to) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) throw_system_error(errno, "cannot read", from);
  struct stat status {};
  if (::fstat(source.get(), &status) != 0) throw_system_error(errno, "cannot read", from);
  const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!target) throw_system_error(errno, "cannot create", to);
  if (::ioctl(target.get(), FICLONE, source.get()) != 0) copy_bytes(source.get(), target.get(), from, to);
  if (::fchmod(target.get(), status.st_mode & 0777U) != 0) throw_system_error(errno, "cannot set the mode of", to);
  const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
  if (::futimens(target.get(), times.data()) != 0) throw_system_error(errno, "cannot set the time of", to);
}

void make_directories(const fs::path& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw_system_error(error.value(), "cannot create the directory", path);
}

bool is_safe_relative(const fs::path& path) {
  const std::string& text = path.native();
  if (text.empty() || path.is_absolute() || text.find('\0') != std::string::npos || text.find('\n') != std::string::npos)
    return false;
  return std::ranges::none_of(path, [](const fs::path& part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace kmpack
