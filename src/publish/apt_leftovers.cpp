#include "publish/apt_leftovers.hpp"

#include <map>
#include <string>
#include <system_error>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// As Staged names what is beside a place: .NAME.new.PID-COUNT.
bool is_beside(const std::string& name, const char* kind) {
  return name.starts_with('.') && name.find(kind) != std::string::npos;
}

/// Of several of one suite the newest: those that are older could not be removed, at the time.
void put_back(const fs::path& dists) {
  std::map<fs::path, fs::path> aside;
  for (const TreeEntry& entry : walk(dists, [](const TreeEntry& at) { return at.relative.has_parent_path(); })) {
    const std::string name = entry.relative.string();
    if (!is_beside(name, ".old.") || !fs::is_regular_file(dists / name / "Release")) continue;
    fs::path& newest = aside[dists / name.substr(1, name.rfind(".old.") - 1)];
    const auto age = [](const fs::path& suite) { return fs::last_write_time(suite / "Release"); };
    if (newest.empty() || age(newest) < age(dists / name)) newest = dists / name;
  }
  for (const auto& [place, suite] : aside) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(place))) fs::rename(suite, place, error);
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
      if (!is_beside(name, ".new.") && !is_beside(name, ".old.")) continue;
      try {
        remove_tree(repository / part / entry.relative);
      } catch (const Error&) {
        // No client sees it, and to refuse all work for it would help nobody.
      }
    }
  }
}

}  // namespace kmpack
