#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/choice.hpp"

namespace kmpack {

enum class Change {
  same,
  added,    ///< not in the lock
  rebuilt,  ///< in the lock with other header packages: the same release, built again
  gone      ///< in the lock, and wanted or available no more
};

/// What became of one kernel since the lock was written.
struct KernelChange {
  Change change = Change::same;
  std::shared_ptr<const Kernel> was;  ///< in the lock; null: added
  std::shared_ptr<const Kernel> now;  ///< null: gone
  std::string excluded;               ///< why no manifest builds for it; empty: one does
};

struct ChangeReport {
  std::vector<KernelChange> kernels;  ///< sorted by flavor and release
  Diagnostics problems;

  /// Is there a kernel that something has to be built for?
  [[nodiscard]] bool work() const noexcept;
};

/// `kmpack plan --since LOCK`: the kernels that manifests or patterns mean now, held against those of `since`.
///
/// Shape:   now is what archives say, asked anew unless offline; with request.places.lock_file what that lock says. Header
/// packages
///          are told apart by version and digest.
/// Errors:  as plan(); lock-invalid, file-unreadable for `since`. Throws Cancelled.
ChangeReport changes_since(const std::filesystem::path& since, const Request& request, Context& context);

}  // namespace kmpack
