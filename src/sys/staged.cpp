#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "sys/descriptor.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Unique among processes and threads; starts with a dot so that a listing of finished things does not show it.
fs::path beside(const fs::path& place, std::string_view kind) {
  static std::atomic<unsigned> counter = 0;
  return place.parent_path() / fmt::format(".{}.{}.{}-{}", place.filename().string(), kind, ::getpid(), counter++);
}

void sync_path(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) throw_system_error(errno, "cannot open for fsync", path);
  if (::fsync(file.get()) != 0) throw_system_error(errno, "cannot write", path);
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_system_error(errno, "cannot rename to", to);
}

}  // namespace

Staged::Staged(fs::path place) : place_(std::move(place)), path_(beside(place_, "new")) {
  make_directories(place_.parent_path());
}

Staged::~Staged() {
  if (published_) return;
  try {
    remove_tree(path_);
  } catch (...) {
    // A destructor may run because of the very error that makes removal fail; that first error is the one to tell.
  }
}

void Staged::publish() {
  sync_path(path_);
  if (fs::is_directory(fs::symlink_status(path_)) && fs::exists(fs::symlink_status(place_))) {
    // Whoever reads finds the old one or the new one, never none. Not every file system can: NFS cannot.
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place_.c_str(), RENAME_EXCHANGE) == 0) {
      published_ = true;
      remove_tree(path_);
      sync_path(place_.parent_path().empty() ? fs::path(".") : place_.parent_path());
      return;
    }
    // rename(2) does not replace a directory that has entries.
    const fs::path old = beside(place_, "old");
    rename_path(place_, old);
    rename_path(path_, place_);
    published_ = true;
    remove_tree(old);
  } else {
    rename_path(path_, place_);
    published_ = true;
  }
  sync_path(place_.parent_path().empty() ? fs::path(".") : place_.parent_path());
}

TempDir::TempDir(const fs::path& parent) {
  std::string name = ((parent.empty() ? fs::temp_directory_path() : parent) / "kmpack-XXXXXX").string();
  if (!parent.empty()) make_directories(parent);
  if (::mkdtemp(name.data()) == nullptr) throw_system_error(errno, "cannot create a directory like", name);
  path_ = name;
}

TempDir::~TempDir() {
  try {
    remove_tree(path_);
  } catch (...) {
    // Left behind is better than a crash while another error is on its way.
  }
}

}  // namespace kmpack
