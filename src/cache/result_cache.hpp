#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "cache/cache_upkeep.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// Results of builds by what went into them, so that nothing is compiled twice.
///
/// Shape:   <cache>/results/objects/<2>/<sha256> are files by content, shared by all results; <cache>/results/entries/<2>/<key>
///          are lists of them. An entry is written after its objects, by rename. A key is a digest over inputs, never over names
///          of places or times. The time of an entry's file is when it was last of use; nothing else hangs on times.
/// Threads: safe from many, and from many processes. No lock is needed to be right: what is missing or is not what its name says
///          is no result. That of results/lock keeps a trim from taking objects whose entry is about to be written.
class ResultCache {
 public:
  /// `cache` may be empty, or `limit` 0: nothing is kept. Those of `readonly` are looked into after it, in order, and never
  /// written to; what is found there is kept here as well.
  ResultCache(const std::filesystem::path& cache, const std::vector<std::filesystem::path>& readonly,
              std::uint64_t limit = kUsualCacheLimit);

  /// Is there an entry? It may still turn out to be damaged.
  [[nodiscard]] bool has(const std::string& key) const;

  /// Put the result below `into`, a new directory, and say that it was of use. What does not have the digest it was kept under is
  /// dropped, and the answer is nothing; `warnings` then has cache-entry-damaged.
  ///
  /// Errors:  file-unwritable, disk-full for `into`. Throws Cancelled.
  std::optional<BuildResult> take(const std::string& key, const std::filesystem::path& into, std::vector<Diagnostic>& warnings,
                                  std::stop_token stop);

  /// Keep a result; of its sources the `sources`, relative to their root, as packages take them. A cache that cannot be written
  /// to (full disk, no permission) costs no build: the answer says what was wrong, once for all, and nothing half-written stays.
  /// Nothing is kept while another drops results for longer than a second, and nobody is waited for in order to drop some.
  std::optional<Diagnostic> keep(const std::string& key, const BuildResult& result,
                                 std::span<const std::filesystem::path> sources, std::stop_token stop = {}) noexcept;

 private:
  void trim_when_over(std::uint64_t added, const std::stop_token& stop);
  bool is_over(std::uint64_t added);
  std::optional<Diagnostic> told_once(Diagnostic problem);

  std::filesystem::path directory_;  ///< <cache>/results
  std::vector<std::filesystem::path> readonly_;
  std::uint64_t limit_;
  std::atomic<bool> told_ = false;
  std::mutex mutex_;
  std::optional<std::uint64_t> held_;  ///< bytes when last counted
  std::uint64_t added_ = 0;            ///< bytes since then
};

}  // namespace kmpack
