#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "kmpack/diagnostic.hpp"
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

Descriptor open_for_sync(const fs::path& path, int more = 0) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | more));
  if (!file) throw_system_error(errno, "cannot open for fsync", path);
  return file;
}

void sync_path(const fs::path& path) {
  const Descriptor file = open_for_sync(path, O_NOFOLLOW);
  if (::fsync(file.get()) != 0) throw_system_error(errno, "cannot write", path);
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_system_error(errno, "cannot rename to", to);
}

}  // namespace

void sync_tree(const fs::path& root) {
  for (const TreeEntry& entry : walk(root)) {
    if (entry.type == EntryType::file || entry.type == EntryType::directory) sync_path(root / entry.relative);
  }
  sync_path(root);
}

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
  // Opened now: what could fail is to fail while the place is as it was.
  const Descriptor parent = open_for_sync(place_.parent_path().empty() ? fs::path(".") : place_.parent_path());
  const fs::path replaced = put_in_place();
  published_ = true;
  try {
    if (!replaced.empty()) remove_tree(replaced);
  } catch (const Error&) {
    // Hidden, and of no more use to anybody; the new one is what readers see, and whoever heard of a failure would undo it.
  }
  // Each of the two is whole: what is open when this fails is which of them a power failure leaves.
  static_cast<void>(::fsync(parent.get()));
}

fs::path Staged::put_in_place() const {
  if (!fs::is_directory(fs::symlink_status(path_)) || !fs::exists(fs::symlink_status(place_))) {
    rename_path(path_, place_);
    return {};
  }
  // Whoever reads finds the old one or the new one, never none. Not every file system can: NFS cannot.
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place_.c_str(), RENAME_EXCHANGE) == 0) return path_;
  // rename(2) does not replace a directory that has entries.
  fs::path old = beside(place_, "old");
  rename_path(place_, old);
  if (::rename(path_.c_str(), place_.c_str()) != 0) {
    const int why = errno;
    static_cast<void>(::rename(old.c_str(), place_.c_str()));
    throw_system_error(why, "cannot rename to", place_);
  }
  return old;
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
