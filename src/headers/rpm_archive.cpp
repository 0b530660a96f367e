#include "headers/rpm_archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/text.hpp"
#include "headers/apt_archive.hpp"
#include "headers/rpm_kernels.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::chrono::hours kRecent{12};
/// After a fetch that failed. Not at once again: an unreachable repository costs time in every run.
constexpr std::chrono::minutes kRecentFailure{15};

/// libcurl's and gpgv's. Source: libcurl-env(3), curl(1).
std::map<std::string, std::string> child_environment() {
  std::map<std::string, std::string> environment{{"LC_ALL", "C.UTF-8"}};
  for (const char* name : {"PATH", "HOME", "TMPDIR", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY",
                           "ALL_PROXY", "NO_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    if (const char* value = std::getenv(name); value != nullptr) environment[name] = value;
  }
  return environment;
}

fs::path directory_of(const HeaderSources& sources) { return fs::absolute(sources.cache) / "rpm-md"; }

RpmMdAnswer run_child(const HeaderSources& sources, const std::string& errand, RpmMdRequest request, const Errands& errands) {
  const TempDir exchange(directory_of(sources) / "requests");
  request.answer = exchange.path() / "answer.json";
  const fs::path question = exchange.path() / "request.json";
  write_rpm_md_request(question, request);
  const Completed completed = errands.runner.run(
      {.program = sources.program.string(), .args = {"internal", errand, question.string()}, .environment = child_environment()},
      errands.stop);
  if (completed.ok() && is_there(request.answer)) return read_rpm_md_answer(request.answer);
  const std::string said(trimmed(completed.tail));
  throw Error({.code = "rpm-md-failed",
               .message = said.empty() ? fmt::format("kmpack's rpm-md child ended with {}", completed.how()) : said,
               .where = {},
               .notes = {},
               .hint = "kmpack doctor says what this machine lacks"});
}

/// One repository of one architecture, with what of it is in the cache.
class Repository {
 public:
  Repository(const HeaderSources& sources, const Errands& errands, const Catalogue& catalogue,
             const CatalogueRepository& repository, std::string url)
      : sources_(sources), errands_(errands), catalogue_(catalogue), repository_(repository), url_(std::move(url)) {
    state_ = directory_of(sources) / sha256_of(url_);
  }

  RpmMdAnswer packages(bool may_update) {
    if (const bool update = may_update && is_stale(); !update) {
      if (!is_there(state_)) return {};
      if (auto known = snapshot()) return std::move(*known);
    }
    const FileLock lock = wait_for_lock(directory_of(sources_) / "lock", errands_.stop);
    // Whoever had the lock may have done our work.
    const bool update = may_update && is_stale();
    if (!update) {
      if (auto known = snapshot()) return std::move(*known);
    }
    make_directories(state_);
    if (update && errands_.say) errands_.say(fmt::format("fetching metadata of {} from {}", catalogue_.id, url_));
    const RpmWishes wishes = wished_packages(catalogue_);
    RpmMdAnswer answer = run_child(sources_, "rpm-md-index",
                                   {.url = url_,
                                    .kind = repository_.kind,
                                    .key = fs::absolute(repository_.key),
                                    .state = state_,
                                    .update = update,
                                    .names = wishes.names,
                                    .prefixes = wishes.prefixes},
                                   errands_);
    if (update) write_file(mark(), answer.failures.empty() ? "" : "failed\n");
    answer.key = key();
    // With what failed: who works from old metadata is told each time.
    write_rpm_md_answer(snapshot_file(), answer);
    return answer;
  }

 private:
  [[nodiscard]] fs::path mark() const { return state_ / "fetched"; }
  [[nodiscard]] fs::path snapshot_file() const { return state_ / "index.json"; }

  [[nodiscard]] bool is_stale() const {
    if (sources_.metadata == Metadata::refresh) return true;
    if (sources_.metadata != Metadata::recent) return false;
    std::error_code absent;
    const auto written = fs::last_write_time(mark(), absent);
    if (absent) return true;
    // A key that was put there since changes everything.
    const auto keyed = fs::last_write_time(repository_.key, absent);
    if (!absent && keyed > written) return true;
    const auto age = fs::file_time_type::clock::now() - written;
    return age > kRecent || (age > kRecentFailure && fs::file_size(mark(), absent) != 0);
  }

  /// Content of all that an index is made of: small files all, for repomd.xml has the digest of the primary.
  [[nodiscard]] std::string key() const {
    const RpmWishes wishes = wished_packages(catalogue_);
    Sha256 digest;
    digest.add("kmpack rpm-md index 1\n" + joined(wishes.names, " ") + "\n" + joined(wishes.prefixes, " ") + "\n");
    for (const fs::path& file :
         {state_ / "metadata/repomd.xml", state_ / "metadata/repomd.xml.asc", state_ / "metadata/mirror", repository_.key}) {
      digest.add(is_there(file) ? sha256_of_file(file) + "\n" : "-\n");
    }
    return digest.finish();
  }

  [[nodiscard]] std::optional<RpmMdAnswer> snapshot() const {
    if (!is_there(snapshot_file())) return std::nullopt;
    try {
      RpmMdAnswer answer = read_rpm_md_answer(snapshot_file());
      if (answer.key == key()) return answer;
    } catch (const Error& error) {
      // A damaged snapshot is made anew.
      log_debug(error.what());
    }
    return std::nullopt;
  }

  const HeaderSources& sources_;
  const Errands& errands_;
  const Catalogue& catalogue_;
  const CatalogueRepository& repository_;
  std::string url_;
  fs::path state_;
};

/// Architectures of a distribution that the patterns mean; without patterns all.
std::set<std::string> meant_architectures(const Catalogue& catalogue, std::span<const FlavorPattern> wanted) {
  std::set<std::string> meant;
  for (const CatalogueFlavor& flavor : catalogue.flavors) {
    const FlavorId id{catalogue.id, flavor.name, flavor.arch};
    const auto means = [&](const FlavorPattern& pattern) { return means_flavor(pattern, id, &catalogue); };
    if (wanted.empty() || std::ranges::any_of(wanted, means)) meant.insert(flavor.arch);
  }
  return meant;
}

void report(const RpmFailure& failure, const Catalogue& catalogue, const CatalogueRepository& repository, Severity severity,
            Diagnostics& problems) {
  Diagnostic problem{.severity = severity, .code = {}, .message = {}, .where = {}, .notes = {failure.reason}, .hint = {}};
  switch (failure.kind) {
    case RpmFailure::Kind::unsigned_metadata:
      problem.code = "archive-unsigned";
      problem.message = fmt::format("the repository {} is not used, for it is not signed as it should be", failure.source);
      problem.hint = fmt::format(
          "the key of {} belongs in {}; where a distribution signs its packages only, fetch the devel package and give it: "
          "kmpack flavors fetch --package FILE",
          catalogue.title, repository.key.string());
      break;
    case RpmFailure::Kind::wrong_digest:
      problem.code = "package-digest-mismatch";
      problem.message = fmt::format("the repository {} is not used, for its files do not fit each other", failure.source);
      problem.hint = "it may be in the middle of an update: try again; if it stays so, do not trust it";
      break;
    case RpmFailure::Kind::unreachable:
      problem.code = "archive-unreachable";
      problem.message = fmt::format("the repository {} cannot be used", failure.source);
      problem.hint = "check the network, or work from the header store with --offline";
      break;
  }
  problems.report(std::move(problem));
}

/// All repositories of one distribution together: headers may be in one, their parts in another.
class Distribution {
 public:
  Distribution(const HeaderSources& sources, const Catalogue& catalogue, const Errands& errands)
      : sources_(sources), catalogue_(catalogue), errands_(errands) {}

  void ask(const std::set<std::string>& architectures, bool may_update) {
    std::set<std::string> asked;
    for (const CatalogueRepository& repository : catalogue_.repositories) {
      for (const std::string& arch : architectures) {
        const bool has = repository.archs.empty() || std::ranges::find(repository.archs, arch) != repository.archs.end();
        const std::string url = replaced(repository.url, "{arch}", arch);
        if (!has || !asked.insert(url).second) continue;
        RpmMdAnswer answer = Repository(sources_, errands_, catalogue_, repository, url).packages(may_update);
        std::ranges::move(answer.packages, std::back_inserter(packages_));
        for (RpmFailure& failure : answer.failures) failures_.emplace_back(&repository, std::move(failure));
      }
    }
  }

  Kernels kernels() {
    RpmKernels found = rpm_kernels(packages_, catalogue_);
    for (const IncompleteKernel& kernel : found.incomplete)
      log_debug(fmt::format("{} of {} is left out: no repository has {}", kernel.headers, catalogue_.id, kernel.part));
    return std::move(found.kernels);
  }

  void report_failures(Severity severity, Diagnostics& problems) const {
    for (const auto& [repository, failure] : failures_) report(failure, catalogue_, *repository, severity, problems);
  }

 private:
  const HeaderSources& sources_;
  const Catalogue& catalogue_;
  const Errands& errands_;
  std::vector<RpmPackage> packages_;
  std::vector<std::pair<const CatalogueRepository*, RpmFailure>> failures_;
};

}  // namespace

Kernels rpm_md_kernels(const HeaderSources& sources, std::span<const Catalogue> catalogues, std::span<const FlavorPattern> wanted,
                       const std::set<std::string>& known, const Errands& errands, Diagnostics& problems) {
  Kernels all;
  for (const Catalogue& catalogue : catalogues) {
    if (catalogue.rules.family != PackageFamily::rpm) continue;
    Distribution distribution(sources, catalogue, errands);
    distribution.ask(meant_architectures(catalogue, wanted), !wanted.empty());
    Kernels kernels = distribution.kernels();
    const bool named = std::ranges::find(wanted, catalogue.id, &FlavorPattern::distribution) != wanted.end();
    const bool pity = !named || !kernels.empty() || known.contains(catalogue.id);
    distribution.report_failures(pity ? Severity::warning : Severity::error, problems);
    std::ranges::move(kernels, std::back_inserter(all));
  }
  return all;
}

std::vector<RpmFailure> rpm_download(const HeaderSources& sources, std::span<const RpmDownload> downloads,
                                     const Errands& errands) {
  return run_child(sources, "rpm-md-fetch", {.downloads = {downloads.begin(), downloads.end()}}, errands).failures;
}

}  // namespace kmpack
