#include "headers/apt_archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::chrono::hours kRecent{12};
/// After a fetch of which a part failed. Not at once again: an unreachable source costs time in every run.
constexpr std::chrono::minutes kRecentInPart{15};

/// libapt-pkg, its transports and its verifier need no more. Proxies may be set here as well as in apt.conf.
std::map<std::string, std::string> child_environment() {
  std::map<std::string, std::string> environment;
  for (const char* name : {"PATH", "HOME", "TMPDIR", "APT_CONFIG", "http_proxy", "https_proxy", "ftp_proxy", "all_proxy",
                           "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"}) {
    if (const char* value = std::getenv(name); value != nullptr) environment[name] = value;
  }
  environment["LC_ALL"] = "C.UTF-8";
  return environment;
}

/// One set of lists for each architecture: libapt-pkg gives up all indices of a source when one of them fails, and a mirror that
/// is behind with i386 must not hide the kernels of amd64 (measured).
class AptCache {
 public:
  AptCache(const HeaderSources& sources, const Errands& errands)
      : sources_(sources), errands_(errands), directory_(fs::absolute(sources.cache) / "apt") {}

  AptAnswer packages(std::span<const std::string> wanted, std::span<const std::string> all,
                     std::span<const std::string> prefixes) {
    wanted_ = with_host(wanted);
    all_ = with_host(all);
    prefixes_.assign(prefixes.begin(), prefixes.end());
    if (to_update().empty()) {
      if (auto known = snapshot()) return std::move(*known);
    }
    const FileLock lock = wait_for_lock(directory_ / "lock", errands_.stop);
    // Whoever had the lock may have done our work.
    const std::vector<std::string> stale = to_update();
    if (stale.empty()) {
      if (auto known = snapshot()) return std::move(*known);
    } else if (errands_.say) {
      errands_.say(fmt::format("fetching package lists of {}", joined(stale, ", ")));
    }
    AptAnswer answer = read_lists(stale);
    answer.key = key();
    // With what failed: who works from lists that are not whole is told each time.
    write_apt_answer(snapshot_file(), answer);
    return answer;
  }

  std::vector<AptFailure> download(std::span<const AptDownload> downloads) {
    AptRequest request{.places = places(directory_ / "lists", {std::string(host_architecture().deb)}),
                       .update = false,
                       .prefixes = {},
                       .downloads = {downloads.begin(), downloads.end()},
                       .answer = {}};
    return run("apt-fetch", std::move(request)).failures;
  }

 private:
  [[nodiscard]] fs::path own_lists(const std::string& arch) const { return directory_ / "lists" / arch; }
  [[nodiscard]] fs::path snapshot_file() const { return directory_ / "index.json"; }
  [[nodiscard]] fs::path fetch_mark(const std::string& arch) const { return directory_ / "fetched" / arch; }
  [[nodiscard]] fs::path etc() const { return sources_.apt_etc.empty() ? fs::path("/etc/apt") : sources_.apt_etc; }

  static std::vector<std::string> with_host(std::span<const std::string> some) {
    std::vector<std::string> result{std::string(host_architecture().deb)};
    std::ranges::copy_if(some, std::back_inserter(result), [&](const std::string& arch) { return arch != result.front(); });
    return result;
  }

  static bool has_lists(const fs::path& lists) {
    std::error_code absent;
    return std::ranges::any_of(fs::directory_iterator(lists, absent),
                               [](const fs::directory_entry& entry) { return entry.path().string().ends_with("Release"); });
  }

  /// Those whose lists are our own; empty: the system's are read.
  [[nodiscard]] std::vector<std::string> own_architectures() const {
    std::vector<std::string> own;
    std::ranges::copy_if(all_, std::back_inserter(own), [&](const std::string& arch) { return has_lists(own_lists(arch)); });
    return own;
  }

  [[nodiscard]] std::vector<std::string> to_update() const {
    std::vector<std::string> stale;
    if (sources_.metadata == Metadata::refresh) return wanted_;
    if (sources_.metadata != Metadata::recent) return stale;
    std::ranges::copy_if(wanted_, std::back_inserter(stale), [&](const std::string& arch) {
      std::error_code absent;
      const auto written = fs::last_write_time(fetch_mark(arch), absent);
      if (absent || newest_source() > written) return true;
      const auto age = fs::file_time_type::clock::now() - written;
      return age > kRecent || (age > kRecentInPart && fs::file_size(fetch_mark(arch), absent) != 0);
    });
    return stale;
  }

  AptAnswer read_lists(const std::vector<std::string>& stale) {
    AptAnswer all;
    for (const std::string& arch : all_) {
      const bool update = std::ranges::find(stale, arch) != stale.end();
      if (!update && !has_lists(own_lists(arch))) continue;
      AptAnswer answer = index(own_lists(arch), {arch}, update);
      if (update && !answer.packages.empty()) write_file(fetch_mark(arch), answer.failures.empty() ? "" : "in part\n");
      add(std::move(answer), all);
    }
    if (own_architectures().empty()) add(index(sources_.system_lists, all_, false), all);
    return all;
  }

  static void add(AptAnswer&& more, AptAnswer& all) {
    std::ranges::move(more.packages, std::back_inserter(all.packages));
    for (AptFailure& failure : more.failures) {
      const bool known =
          std::ranges::any_of(all.failures, [&](const AptFailure& other) { return other.source == failure.source; });
      if (!known) all.failures.push_back(std::move(failure));
    }
  }

  [[nodiscard]] std::vector<fs::path> source_files() const {
    std::vector<fs::path> files{etc() / "sources.list"};
    std::error_code absent;
    for (const fs::directory_entry& entry : fs::directory_iterator(etc() / "sources.list.d", absent))
      files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
  }

  [[nodiscard]] fs::file_time_type newest_source() const {
    fs::file_time_type newest = fs::file_time_type::min();
    for (const fs::path& file : source_files()) {
      std::error_code absent;
      const auto written = fs::last_write_time(file, absent);
      if (!absent) newest = std::max(newest, written);
    }
    return newest;
  }

  /// Names, sizes and times of all that an index is made of. Reading them takes a millisecond; reading the lists takes a second.
  [[nodiscard]] std::string key() const {
    std::vector<fs::path> files = source_files();
    std::vector<fs::path> directories;
    for (const std::string& arch : own_architectures()) directories.push_back(own_lists(arch));
    if (directories.empty()) directories.push_back(sources_.system_lists);
    for (const fs::path& directory : directories) {
      std::error_code absent;
      for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    Sha256 digest;
    digest.add(joined(all_, " ") + "\n" + joined(prefixes_, " ") + "\n");
    for (const fs::path& file : files) {
      std::error_code failed;
      if (!fs::is_regular_file(file, failed)) continue;
      const auto size = fs::file_size(file, failed);
      const auto written = fs::last_write_time(file, failed).time_since_epoch().count();
      if (!failed) digest.add(fmt::format("{} {} {}\n", file.string(), size, written));
    }
    return digest.finish();
  }

  [[nodiscard]] std::optional<AptAnswer> snapshot() const {
    std::error_code absent;
    if (!fs::exists(snapshot_file(), absent)) return std::nullopt;
    try {
      AptAnswer answer = read_apt_answer(snapshot_file());
      if (answer.key == key()) return answer;
    } catch (const Error& error) {
      // A damaged snapshot is made anew.
      log_debug(error.what());
    }
    return std::nullopt;
  }

  [[nodiscard]] AptPlaces places(fs::path from, std::vector<std::string> architectures) const {
    return {.etc = sources_.apt_etc.empty() ? fs::path() : fs::absolute(sources_.apt_etc),
            .state = directory_,
            .lists = std::move(from),
            .architectures = std::move(architectures)};
  }

  AptAnswer index(const fs::path& from, std::vector<std::string> architectures, bool update) {
    return run("apt-index", {.places = places(from, std::move(architectures)), .update = update, .prefixes = prefixes_});
  }

  AptAnswer run(const std::string& errand, AptRequest request) {
    const TempDir exchange(directory_ / "requests");
    request.answer = exchange.path() / "answer.json";
    const fs::path question = exchange.path() / "request.json";
    write_apt_request(question, request);
    const Command command{.program = sources_.program.string(),
                          .args = {"internal", errand, question.string()},
                          .environment = child_environment()};
    const Completed completed = errands_.runner.run(command, errands_.stop);
    std::error_code absent;
    if (completed.ok() && fs::exists(request.answer, absent)) return read_apt_answer(request.answer);
    const std::string said(trimmed(completed.tail));
    throw Error({.code = "apt-failed",
                 .message = said.empty() ? fmt::format("kmpack's APT child ended with {}", completed.how()) : said,
                 .where = {},
                 .notes = {},
                 .hint = "try apt-get update: it reads the same sources"});
  }

  const HeaderSources& sources_;
  const Errands& errands_;
  fs::path directory_;
  std::vector<std::string> wanted_;
  std::vector<std::string> all_;
  std::vector<std::string> prefixes_;
};

}  // namespace

AptAnswer apt_packages(const HeaderSources& sources, std::span<const std::string> wanted, std::span<const std::string> all,
                       std::span<const std::string> prefixes, const Errands& errands) {
  return AptCache(sources, errands).packages(wanted, all, prefixes);
}

std::vector<AptFailure> apt_download(const HeaderSources& sources, std::span<const AptDownload> downloads,
                                     const Errands& errands) {
  return AptCache(sources, errands).download(downloads);
}

FileLock wait_for_lock(const fs::path& file, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kPause{50};
  bool told = false;
  while (true) {
    if (auto lock = FileLock::attempt(file)) return std::move(*lock);
    if (stop.stop_requested()) throw Cancelled{};
    if (!std::exchange(told, true))
      log_info(fmt::format("waiting for process {}, which uses {}", lock_holder(file), file.string()));
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace kmpack
