#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/module.hpp"

namespace kmpack {

/// Results of builds by what went into them, so that nothing is compiled twice.
///
/// Shape:   <cache>/results/objects/<2>/<sha256> are files by content, shared by all results; <cache>/results/entries/<2>/<key>
///          are lists of them. An entry is written after its objects, by rename. A key is a digest over inputs, never over names
///          of places or times.
/// Threads: safe from many, and from many processes.
class ResultCache {
 public:
  /// `directory` may be empty: nothing is kept. Those of `readonly` are looked into after it, in order, and never written to.
  ResultCache(std::filesystem::path directory, std::vector<std::filesystem::path> readonly, std::uint64_t limit = kUsualLimit);

  /// Is there an entry? It may still turn out to be damaged.
  [[nodiscard]] bool has(const std::string& key) const;

  /// Put the result below `into`, a new directory, and say that it was of use. What does not have the digest it was kept under is
  /// dropped, and the answer is nothing.
  ///
  /// Errors:  file-unwritable, disk-full for `into`. Throws Cancelled.
  std::optional<BuildResult> take(const std::string& key, const std::filesystem::path& into, std::stop_token stop);

  /// Keep a result. A cache that cannot be written to (full disk, no permission) costs no build: the answer says what was wrong,
  /// and nothing half-written stays.
  std::optional<Diagnostic> keep(const std::string& key, const BuildResult& result) noexcept;

  static constexpr std::uint64_t kUsualLimit = std::uint64_t{5} << 30;

 private:
  std::filesystem::path directory_;
  std::vector<std::filesystem::path> readonly_;
  std::uint64_t limit_;
};

}  // namespace kmpack
