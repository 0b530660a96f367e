#include "publish/apt_leftovers.hpp"

#include <string>
#include <system_error>
#include <vector>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// As Staged names what is beside a place: .NAME.new.PID-COUNT.
bool is_beside(const std::string& name, const char* kind) {
  return name.starts_with('.') && name.find(kind) != std::string::npos;
}

void put_back(const fs::path& dists) {
  for (const TreeEntry& entry : walk(dists, [](const TreeEntry& at) { return at.relative.has_parent_path(); })) {
    const std::string name = entry.relative.string();
    if (!is_beside(name, ".old.")) continue;
    const fs::path place = dists / name.substr(1, name.rfind(".old.") - 1);
    std::error_code error;
    if (!fs::exists(place)) fs::rename(dists / name, place, error);
    if (error) throw_system_error(error.value(), "cannot rename to", place);
  }
}

}  // namespace

void mend_after_kill(const fs::path& repository) {
  if (fs::is_directory(repository / "dists")) put_back(repository / "dists");
  for (const char* const part : {"dists", "pool"}) {
    if (!fs::is_directory(repository / part)) continue;
    for (const TreeEntry& entry : walk(repository / part)) {
      const std::string name = entry.relative.filename().string();
      if (is_beside(name, ".new.") || is_beside(name, ".old.")) remove_tree(repository / part / entry.relative);
    }
  }
}

}  // namespace kmpack
