#include "cache/result_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "cache/cache_entry.hpp"
#include "cache/cache_layout.hpp"
#include "inspect/facts.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using detail::CachedFile;
using detail::CachedModule;
using detail::CacheEntry;
using detail::CacheLock;
using detail::entry_place;
using detail::object_place;

constexpr std::chrono::seconds kPatience{1};
constexpr std::size_t kChunk = 128 * 1024;

/// What a cache's file did to the result that needs it.
enum class Taken { whole, absent, damaged };

/// A result that is not to be used; never leaves this file.
struct Unusable {
  Taken why = Taken::damaged;
  std::string object;  ///< that is to be dropped; empty: none is
};

/// Copy an object; the digest is of the very bytes that were written.
void copy_object(const fs::path& results, const CachedFile& file, const fs::path& to) {
  const Descriptor from = detail::open_cached(results, object_place(results, file.sha256));
  if (!from) throw Unusable{.why = Taken::absent, .object = {}};
  if (detail::size_of(from) != file.size) throw Unusable{.object = file.sha256};
  make_directories(to.parent_path());
  const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.program ? 0755 : 0644));
  if (!target) throw_system_error(errno, "cannot create", to);
  Sha256 digest;
  std::array<char, kChunk> buffer{};
  for (std::uint64_t left = file.size; left > 0;) {
    const ssize_t got = ::read(from.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Unusable{.object = file.sha256};
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    digest.add(piece);
    detail::write_all(target, piece, to);
    left -= piece.size();
  }
  if (digest.finish() != file.sha256) throw Unusable{.object = file.sha256};
}

StrippedModule module_of(const CachedModule& cached, const fs::path& into) {
  StrippedModule module{.facts = read_module_facts(into / cached.file()),
                        .file = into / cached.file(),
                        .name = cached.name,
                        .installed = cached.installed,
                        .strip = cached.strip};
  if (cached.debug) module.debug = into / cached.debug_file();
  if (module.facts.vermagic != cached.vermagic) throw Unusable{};
  return module;
}

BuildResult restore(const fs::path& results, const CacheEntry& entry, const fs::path& into, const std::stop_token& stop) {
  remove_tree(into);
  make_directories(into / detail::kSources);
  for (const CachedFile& file : entry.files) {
    if (stop.stop_requested()) throw Cancelled{};
    copy_object(results, file, into / file.place);
  }
  BuildResult result{.modules = {},
                     .source = into / detail::kSources,
                     .symvers = into / detail::kSymvers,
                     .log = into / detail::kLog,
                     .wall = entry.wall,
                     .warnings = entry.warnings};
  try {
    for (const CachedModule& module : entry.modules) result.modules.push_back(module_of(module, into));
  } catch (const Error&) {
    // Its bytes are those that were kept, and they are no module: whoever wrote this is not to be believed.
    throw Unusable{};
  }
  return result;
}

std::optional<CacheEntry> read_entry(const fs::path& results, const std::string& key) {
  const std::optional<std::string> text = detail::read_cached(results, entry_place(results, key), detail::kLargestEntry);
  if (!text) throw Unusable{.why = Taken::absent, .object = {}};
  return detail::parse_entry(*text, key);
}

void drop(const fs::path& place) noexcept { static_cast<void>(::unlink(place.c_str())); }

/// Who takes something says when. A cache that does not let us loses a little of its judgement.
void note_use(const fs::path& place) noexcept { static_cast<void>(::utimensat(AT_FDCWD, place.c_str(), nullptr, 0)); }

Diagnostic damaged(const fs::path& results, const std::string& key) {
  return {.severity = Severity::warning,
          .code = "cache-entry-damaged",
          .message = fmt::format("the result {} in {} is damaged and was not used", key.substr(0, 12), results.string()),
          .where = {},
          .notes = {},
          .hint = "'kmpack cache verify' looks at all of them; suspect the disk when there are more"};
}

bool is_program(const fs::path& file) { return (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none; }

/// Files on their way into a cache.
class Keeping {
 public:
  explicit Keeping(const fs::path& results) : results_(results) {}

  void add(const fs::path& file, const fs::path& place) {
    if (fs::file_size(file) > detail::kLargestObject) throw Unusable{};
    const std::string bytes = read_file(file);
    entry_.files.push_back({.place = place, .sha256 = sha256_of(bytes), .size = bytes.size(), .program = is_program(file)});
    const fs::path object = object_place(results_, entry_.files.back().sha256);
    // One of another size is damaged for sure; one that is damaged otherwise is dropped by who takes it.
    std::error_code absent;
    if (fs::is_regular_file(fs::symlink_status(object, absent)) && fs::file_size(object, absent) == bytes.size()) return;
    detail::write_cached(object, bytes, fs::perms{0444});
    added_ += bytes.size();
  }

  void add(const StrippedModule& module) {
    const CachedModule cached{.name = module.name,
                              .installed = module.installed,
                              .strip = module.strip,
                              .debug = !module.debug.empty(),
                              .vermagic = module.facts.vermagic,
                              .struct_module_size = module.facts.struct_module_size};
    add(module.file, cached.file());
    if (cached.debug) add(module.debug, cached.debug_file());
    entry_.modules.push_back(cached);
  }

  /// A file that the manifest names may be absent, or lie elsewhere: packing says so.
  void add_source(const fs::path& root, const fs::path& relative) {
    std::error_code absent;
    const fs::path file = fs::canonical(root / relative, absent);
    if (absent || !is_safe_relative(relative) || !is_safe_relative(file.lexically_relative(fs::canonical(root)))) return;
    if (fs::is_regular_file(file)) add(file, detail::kSources / relative);
  }

  void finish(const std::string& key, const BuildResult& result) {
    entry_.wall = result.wall;
    entry_.warnings = result.warnings;
    // No reader would believe it.
    if (!detail::is_sound(entry_)) throw Unusable{};
    const std::string text = detail::render_entry(key, entry_);
    if (text.size() > detail::kLargestEntry) throw Unusable{};
    detail::write_cached(entry_place(results_, key), text, fs::perms{0644});
    added_ += text.size();
  }

  [[nodiscard]] std::uint64_t added() const noexcept { return added_; }

 private:
  const fs::path& results_;
  CacheEntry entry_;
  std::uint64_t added_ = 0;
};

}  // namespace

ResultCache::ResultCache(const fs::path& cache, const std::vector<fs::path>& readonly, std::uint64_t limit)
    : directory_(cache.empty() || limit == 0 ? fs::path() : cache / "results"), limit_(limit) {
  for (const fs::path& other : readonly) readonly_.push_back(other / "results");
}

bool ResultCache::has(const std::string& key) const {
  const auto holds = [&](const fs::path& results) {
    return !results.empty() && static_cast<bool>(detail::open_cached(results, entry_place(results, key)));
  };
  return holds(directory_) || std::ranges::any_of(readonly_, holds);
}

std::optional<BuildResult> ResultCache::take(const std::string& key, const fs::path& into, std::vector<Diagnostic>& warnings,
                                             std::stop_token stop) {
  const auto from = [&](const fs::path& results) -> std::optional<BuildResult> {
    const bool ours = &results == &directory_;
    try {
      const std::optional<CacheEntry> entry = read_entry(results, key);
      if (!entry) throw Unusable{};
      if (ours) note_use(entry_place(results, key));
      return restore(results, *entry, into, stop);
    } catch (const Unusable& unusable) {
      if (unusable.why == Taken::damaged) warnings.push_back(damaged(results, key));
      if (ours && !unusable.object.empty()) drop(object_place(results, unusable.object));
      if (ours) drop(entry_place(results, key));
    }
    remove_tree(into);
    return std::nullopt;
  };
  if (!directory_.empty()) {
    if (auto result = from(directory_)) return result;
  }
  for (const fs::path& results : readonly_) {
    std::optional<BuildResult> result = from(results);
    if (!result) continue;
    std::vector<fs::path> sources;
    for (const TreeEntry& entry : walk(result->source)) {
      if (entry.type == EntryType::file) sources.push_back(entry.relative);
    }
    if (auto problem = keep(key, *result, sources, stop)) warnings.push_back(*std::move(problem));
    return result;
  }
  return std::nullopt;
}

std::optional<Diagnostic> ResultCache::keep(const std::string& key, const BuildResult& result, std::span<const fs::path> sources,
                                            std::stop_token stop) noexcept {
  if (directory_.empty()) return std::nullopt;
  try {
    Keeping keeping(directory_);
    {
      const auto lock = CacheLock::wait(directory_, detail::Sharing::shared, kPatience, stop);
      if (!lock) return std::nullopt;
      for (const StrippedModule& module : result.modules) keeping.add(module);
      keeping.add(result.symvers, detail::kSymvers);
      keeping.add(result.log, detail::kLog);
      for (const fs::path& source : sources) keeping.add_source(result.source, source);
      keeping.finish(key, result);
    }
    trim_when_over(keeping.added(), stop);
  } catch (const Unusable&) {
    return std::nullopt;
  } catch (const Cancelled&) {
    return std::nullopt;  // whoever is to know of it asks `stop`
  } catch (const Error& error) {
    return told_once(error.diagnostic());
  } catch (const std::exception& error) {
    return told_once({.code = "file-unwritable", .message = error.what()});
  }
  return std::nullopt;
}

std::optional<Diagnostic> ResultCache::told_once(Diagnostic problem) {
  if (told_.exchange(true)) return std::nullopt;
  return Diagnostic{.severity = Severity::warning,
                    .code = "cache-unwritable",
                    .message = fmt::format("results are not kept in the cache: {}", problem.message),
                    .where = {},
                    .notes = {},
                    .hint = problem.hint ? std::move(problem.hint) : "give this run a cache of its own with --cache-dir DIR"};
}

/// All files are counted once in a run, and again when much was added: others may have added as much.
bool ResultCache::is_over(std::uint64_t added) {
  constexpr std::uint64_t kMuch = 16;
  const std::scoped_lock lock(mutex_);
  added_ += added;
  if (!held_ || added_ > limit_ / kMuch) {
    held_ = cache_stats(directory_.parent_path()).bytes;
    added_ = 0;
  }
  return *held_ + added_ > limit_;
}

void ResultCache::trim_when_over(std::uint64_t added, const std::stop_token& stop) {
  if (!is_over(added)) return;
  // A tenth below, so that not every result is followed by a trim.
  const auto trimmed = trim_cache_if_free(directory_.parent_path(), limit_ - limit_ / 10, stop);
  if (!trimmed) return;  // whoever keeps the next one tries again
  const std::scoped_lock lock(mutex_);
  held_ = trimmed->left;
  added_ = 0;
}

}  // namespace kmpack
