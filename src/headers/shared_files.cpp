#include "headers/shared_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <optional>

#include "headers/store_layout.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr unsigned kModeBits = 07777U;

/// The time of Module.symvers is the time stamp of what is packed for its kernel; unpack_symvers() takes it from the packed one.
bool has_time_of_its_own(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "Module.symvers" || name.starts_with("Module.symvers.") || name.starts_with("symvers");
}

struct stat status_of(const fs::path& file) {
  struct stat status = {};
  if (::lstat(file.c_str(), &status) != 0) throw_system_error(errno, "cannot read", file);
  return status;
}

std::string shared_name(const std::string& content, mode_t mode) {
  return fmt::format("{}-{:o}", sha256_of(content), mode & kModeBits);
}

bool has_content(const fs::path& file, const std::string& content, mode_t mode) {
  const struct stat status = status_of(file);
  return S_ISREG(status.st_mode) && (status.st_mode & kModeBits) == (mode & kModeBits) &&
         std::cmp_equal(status.st_size, content.size()) && read_file(file) == content;
}

/// The same for every store, whatever was fetched first. Equal times are in order for make, and no build looks further.
void set_shared_time(const fs::path& file) {
  const timespec stamp{.tv_sec = kStartOf1980, .tv_nsec = 0};
  const std::array<timespec, 2> times{stamp, stamp};
  if (::utimensat(AT_FDCWD, file.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw_system_error(errno, "cannot set the time of", file);
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::vector<fs::path> finished_in(const fs::path& directory) {
  std::vector<fs::path> found = entries_of(directory);
  std::erase_if(found, [](const fs::path& entry) { return entry.filename().string().starts_with('.'); });
  return found;
}

bool cannot_link(int why) noexcept { return why == EPERM || why == EXDEV || why == EOPNOTSUPP; }

void require_running(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Cancelled{};
}

}  // namespace

SharedFiles::SharedFiles(const fs::path& cache) : store_(store_directory(cache)), files_(store_ / "files") {}

bool SharedFiles::is_complete() const { return is_there(files_ / "complete"); }

void SharedFiles::share(const fs::path& tree, const std::stop_token& stop) {
  Places seen;
  Places replaced;
  for (const TreeEntry& entry : walk(tree)) {
    require_running(stop);
    if (entry.type == EntryType::file) share_file(tree / entry.relative, seen, replaced);
  }
  if (!replaced.empty()) put_everywhere(replaced, stop);
}

void SharedFiles::share_all(const std::stop_token& stop) {
  Places seen;
  Places replaced;
  for (const fs::path& root : roots_of_sets()) {
    for (const TreeEntry& entry : walk(root)) {
      require_running(stop);
      if (entry.type == EntryType::file) share_file(root / entry.relative, seen, replaced);
    }
  }
  // Packages have what their sets have; images are in none.
  put_everywhere(seen, stop);
  if (!replaced.empty()) put_everywhere(replaced, stop);
  make_directories(files_);
  write_file(files_ / "complete", "");
}

void SharedFiles::share_file(const fs::path& file, Places& seen, Places& replaced) const {
  const struct stat status = status_of(file);
  if (status.st_size == 0 || has_time_of_its_own(file)) return;
  // A package's file and the set's are one already.
  if (const auto known = seen.find(status.st_ino); known != seen.end()) {
    if (status_of(known->second).st_ino != status.st_ino) put_over(known->second, file);
    return;
  }
  const std::string content = read_file(file);
  const std::string name = shared_name(content, status.st_mode);
  const fs::path place = files_ / name.substr(0, 2) / name;
  seen.emplace(status.st_ino, place);
  if (put_first(file, place)) return;
  const struct stat shared = status_of(place);
  if (shared.st_ino == status.st_ino) return;
  if (has_content(place, content, status.st_mode)) return put_over(place, file);
  log_info(fmt::format("{} was damaged and is replaced", place.string()));
  set_shared_time(file);
  put_over(file, place);
  replaced.emplace(shared.st_ino, place);
}

bool SharedFiles::put_first(const fs::path& file, const fs::path& place) const {
  if (is_there(place)) return false;
  make_directories(place.parent_path());
  set_shared_time(file);
  if (::link(file.c_str(), place.c_str()) == 0) return true;
  const int why = errno;
  if (why == EEXIST) return false;
  if (cannot_link(why) || why == EMLINK) return true;
  throw_system_error(why, "cannot link", place);
}

/// Never less than a whole file is in its place, also for who reads it now: an old store is in use while it is shared.
void SharedFiles::put_over(const fs::path& from, const fs::path& to) const {
  static std::atomic<unsigned> counter = 0;
  const fs::path link = files_ / fmt::format(".link.{}-{}", ::getpid(), counter++);
  if (::link(from.c_str(), link.c_str()) != 0) {
    const int why = errno;
    if (cannot_link(why)) return;
    if (why != EMLINK) throw_system_error(why, "cannot link", link);
    // No more links of that one: this file is what others are made links of from now on.
    if (from.parent_path().parent_path() != files_) return;
    set_shared_time(to);
    return put_over(to, from);
  }
  if (::rename(link.c_str(), to.c_str()) != 0) {
    const int why = errno;
    ::unlink(link.c_str());
    throw_system_error(why, "cannot rename to", to);
  }
}

void SharedFiles::put_everywhere(const Places& places, const std::stop_token& stop) const {
  std::vector<fs::path> trees = roots_of_sets();
  for (fs::path& package : unpacked_packages()) trees.push_back(std::move(package));
  for (const fs::path& tree : trees) {
    for (const TreeEntry& entry : walk(tree)) {
      require_running(stop);
      if (entry.type != EntryType::file) continue;
      const fs::path file = tree / entry.relative;
      const ino_t inode = status_of(file).st_ino;
      const auto known = places.find(inode);
      if (known != places.end() && status_of(known->second).st_ino != inode) put_over(known->second, file);
    }
  }
}

std::vector<fs::path> SharedFiles::unpacked_packages() const { return finished_in(store_ / "packages"); }

std::vector<fs::path> SharedFiles::roots_of_sets() const {
  std::vector<fs::path> roots = finished_in(store_ / "sets");
  for (fs::path& set : roots) set /= "root";
  return roots;
}

void SharedFiles::sweep() const {
  for (const fs::path& part : entries_of(files_)) {
    if (part.filename().string().starts_with('.')) fs::remove(part);
    for (const fs::path& file : entries_of(part)) {
      if (status_of(file).st_nlink == 1) fs::remove(file);
    }
  }
}

std::vector<fs::path> SharedFiles::damaged(const std::stop_token& stop) const {
  std::vector<fs::path> found;
  for (const fs::path& part : entries_of(files_)) {
    for (const fs::path& file : entries_of(part)) {
      require_running(stop);
      // Swept by a fetch meanwhile.
      if (!is_there(file)) continue;
      if (shared_name(read_file(file), status_of(file).st_mode) != file.filename().string()) found.push_back(file);
    }
  }
  return found;
}

}  // namespace kmpack
