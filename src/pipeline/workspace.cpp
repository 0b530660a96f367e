#include "pipeline/workspace.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

FileLock lock_workspace(const fs::path& directory) {
  const fs::path file = directory / "lock";
  if (auto lock = FileLock::attempt(file)) return std::move(*lock);
  throw Error({.code = "workspace-in-use",
               .message = fmt::format("another kmpack run (pid {}) works in {}", lock_holder(file), directory.string()),
               .hint = "wait for it to end, or give this run a place of its own with --workspace DIR"});
}

fs::path cell_home(const fs::path& workspace, const Cell& cell) { return workspace / "cells" / cell.key(); }

/// Leftovers are no reason to fail: what a dying compiler puts back is removed by the next run.
void remove_quietly(const fs::path& path) noexcept {
  try {
    remove_tree(path);
  } catch (const Error&) {
    return;
  }
}

}  // namespace

Workspace::Workspace(const fs::path& directory) : directory_(fs::absolute(directory)), lock_(lock_workspace(directory_)) {}

fs::path Workspace::cell(const Cell& cell) const { return cell_home(directory_, cell); }

fs::path Workspace::fresh_work(const Cell& cell) const {
  const fs::path home = this->cell(cell);
  make_directories(home);
  for (const fs::directory_entry& entry : fs::directory_iterator(home)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("work-") || name.starts_with(".")) remove_quietly(entry.path());
  }
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  fs::path work = home / fmt::format("work-{}-{}", ::getpid(), now);
  make_directories(work);
  return work;
}

fs::path record_file(const fs::path& workspace, const Cell& cell) { return cell_home(workspace, cell) / "record.json"; }

}  // namespace kmpack
