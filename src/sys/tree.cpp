#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

EntryType type_of(const fs::directory_entry& entry) {
  const fs::file_status status = entry.symlink_status();
  switch (status.type()) {
    case fs::file_type::regular:
      return EntryType::file;
    case fs::file_type::directory:
      return EntryType::directory;
    case fs::file_type::symlink:
      return EntryType::symlink;
    default:
      return EntryType::other;
  }
}

void walk_into(const fs::path& root, const fs::path& relative, const std::function<bool(const TreeEntry&)>& skip,
               std::vector<TreeEntry>& found) {
  std::vector<TreeEntry> here;
  std::error_code error;
  for (fs::directory_iterator it(root / relative, error), end; !error && it != end; it.increment(error)) {
    TreeEntry entry{relative / it->path().filename(), type_of(*it)};
    if (!skip || !skip(entry)) here.push_back(std::move(entry));
  }
  if (error) throw_system_error(error.value(), "cannot read the directory", root / relative);
  std::ranges::sort(here, {}, [](const TreeEntry& entry) -> const std::string& { return entry.relative.native(); });
  for (TreeEntry& entry : here) {
    const bool descend = entry.type == EntryType::directory;
    found.push_back(entry);
    if (descend) walk_into(root, entry.relative, skip, found);
  }
}

/// A directory one may not write in cannot be emptied; ours are made so in the header store.
void make_removable(const fs::path& directory) noexcept { ::chmod(directory.c_str(), 0700); }

void remove_entry(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw_system_error(errno, "cannot remove", path);
  }
  if (!S_ISDIR(status.st_mode)) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_system_error(errno, "cannot remove", path);
    return;
  }
  if ((status.st_mode & 0700U) != 0700U) make_removable(path);
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) entries.push_back(it->path());
  if (error) throw_system_error(error.value(), "cannot remove", path);
  for (const fs::path& entry : entries) remove_entry(entry);
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) throw_system_error(errno, "cannot remove", path);
}

}  // namespace

std::vector<TreeEntry> walk(const fs::path& root, const std::function<bool(const TreeEntry&)>& skip) {
  std::vector<TreeEntry> found;
  walk_into(root, {}, skip, found);
  return found;
}

void copy_tree(const fs::path& from, const fs::path& to, const std::function<bool(const TreeEntry&)>& skip) {
  make_directories(to);
  for (const TreeEntry& entry : walk(from, skip)) {
    const fs::path source = from / entry.relative;
    const fs::path target = to / entry.relative;
    std::error_code error;
    switch (entry.type) {
      case EntryType::directory:
        make_directories(target);
        break;
      case EntryType::file:
        clone_file(source, target);
        break;
      case EntryType::symlink:
        fs::copy_symlink(source, target, error);
        break;
      case EntryType::other:
        break;  // sockets and devices are no sources
    }
    if (error) throw_system_error(error.value(), "cannot create the link", target);
  }
}

void remove_tree(const fs::path& root) { remove_entry(root); }

}  // namespace kmpack
