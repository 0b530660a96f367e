#include "publish/apt_access.hpp"

#include <system_error>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

void let_all_read(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  const fs::perms wanted{fs::is_directory(status) ? 0555U : 0444U};
  if ((status.permissions() & wanted) != wanted) fs::permissions(path, wanted, fs::perm_options::add, ignored);
}

void let_all_reach(const fs::path& directory, const fs::path& top) {
  for (fs::path at = directory; at != at.parent_path(); at = at.parent_path()) {
    let_all_read(at);
    if (at == top) return;
  }
}

void settle(const fs::path& tree) {
  let_all_read(tree);
  for (const TreeEntry& entry : walk(tree)) {
    if (entry.type == EntryType::file || entry.type == EntryType::directory) let_all_read(tree / entry.relative);
  }
  sync_tree(tree);
}

}  // namespace kmpack
