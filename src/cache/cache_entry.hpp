#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/module.hpp"

// Private to src/cache.
namespace kmpack::detail {

/// A file of a result: where it goes in the result's directory, and which object it is.
struct CachedFile {
  std::filesystem::path place;  ///< relative, safe to join
  std::string sha256;
  std::uint64_t size = 0;
  bool program = false;  ///< has its x bits
};

struct CachedModule {
  ModuleName name;
  std::string installed;
  Strip strip = Strip::yes;
  bool debug = false;    ///< has debug information of its own
  std::string vermagic;  ///< told to those who do not read the module
  std::uint64_t struct_module_size = 0;

  /// Places in `files`.
  [[nodiscard]] std::filesystem::path file() const;
  [[nodiscard]] std::filesystem::path debug_file() const;
};

/// What results/entries/ has for one key.
struct CacheEntry {
  std::vector<CachedFile> files;
  std::vector<CachedModule> modules;
  std::chrono::milliseconds wall{};
  std::vector<Diagnostic> warnings;  ///< without places
};

/// Places in a result's directory.
inline constexpr std::string_view kSources = "source";
inline constexpr std::string_view kSymvers = "Module.symvers";
inline constexpr std::string_view kLog = "build.log";

/// More than any build makes; what claims to be larger is not read. Bytes.
inline constexpr std::uint64_t kLargestObject = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kLargestEntry = std::uint64_t{16} << 20;

/// Of all files of a result.
inline constexpr std::uint64_t kLargestResult = std::uint64_t{4} << 30;
inline constexpr std::size_t kMostFiles = 100'000;
/// Bytes: of a name what file systems take, of a place what leaves room for the directory before it.
inline constexpr std::size_t kLongestName = 255;
inline constexpr std::size_t kLongestPlace = 2048;

bool is_sha256(std::string_view text) noexcept;

/// Can it be put into a directory: every file in a place of its own, nothing without bounds, nothing missing that it names?
bool is_sound(const CacheEntry& entry);

/// Shape:   first line: SHA-256 of all that follows. Then JSON, which names the key itself.
std::string render_entry(const std::string& key, const CacheEntry& entry);

/// Nothing when it is not what render_entry() wrote for this key, or is not sound: whoever may write to a cache may have written
/// it.
std::optional<CacheEntry> parse_entry(std::string_view text, const std::string& key);

}  // namespace kmpack::detail
