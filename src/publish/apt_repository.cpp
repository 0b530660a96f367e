#include "publish/apt_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "publish/apt_access.hpp"
#include "publish/apt_checks.hpp"
#include "publish/apt_client_files.hpp"
#include "publish/apt_leftovers.hpp"
#include "publish/apt_names.hpp"
#include "publish/apt_stock.hpp"
#include "publish/apt_suite.hpp"
#include "publish/repo_file.hpp"
#include "publish/sources_file.hpp"
#include "publish/turn.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"
#include "wrap/download.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class Publication {
 public:
  Publication(const DebRequest& request, CommandRunner& runner, const std::stop_token& stop)
      : request_(request), runner_(runner), stop_(stop), directory_(fs::absolute(request.common.directory).lexically_normal()) {
    if (directory_.filename().empty()) directory_ = directory_.parent_path();
  }

  PublishedRepository run();

 private:
  void make_room() const;
  void read_suites();
  void choose();
  void choose(StockedDeb deb, const std::string& suite);
  void bring(const StockedDeb& deb) const;
  void publish(const std::string& suite);
  void write_client_files(PublishedRepository& published) const;
  [[nodiscard]] std::set<std::string> affected() const;
  [[nodiscard]] std::string label_of(const AptSuite& suite) const;
  [[nodiscard]] SuiteSigning signing_of(const AptSuite& suite) const;

  const DebRequest& request_;
  CommandRunner& runner_;
  const std::stop_token& stop_;
  fs::path directory_;
  std::string name_;
  std::map<std::string, AptSuite> suites_;
  std::map<std::string, std::string> pool_;                  ///< location -> digest, of all suites
  std::map<std::string, std::vector<StockedDeb>> incoming_;  ///< suite -> packages it does not have
  std::map<std::string, StockedDeb> again_;                  ///< location -> package that a suite has, given once more
  std::int64_t date_ = 0;
};

void Publication::read_suites() {
  for (const std::string& name : suites_of(directory_)) {
    if (!request_.common.key) refuse_signed(directory_ / "dists" / name);
    const AptSuite& suite = suites_.emplace(name, read_suite(directory_, name, runner_, stop_)).first->second;
    for (const auto& [component, stock] : suite.stock) {
      for (const auto& [identity, deb] : stock) pool_.emplace(deb.location, deb.sha256);
    }
  }
}

void Publication::choose(StockedDeb deb, const std::string& name) {
  refuse_link(directory_ / "dists" / name);
  AptSuite& suite = suites_.try_emplace(name, AptSuite{.name = name}).first->second;
  const std::string identity = deb.identity();
  for (const auto& [component, stock] : suite.stock) {
    const auto there = stock.find(identity);
    if (there == stock.end()) continue;
    if (there->second.sha256 != deb.sha256) refuse_conflict(identity, there->second.file, deb.file);
    if (component != request_.component) continue;
    // Not one that comes in this run, and is given twice.
    if (there->second.file == directory_ / there->second.location) {
      deb.location = there->second.location;
      again_.emplace(deb.location, std::move(deb));
    }
    return;
  }
  // Another suite may have it: the pool is for all.
  const auto [known, is_new] = pool_.emplace(deb.location, deb.sha256);
  if (known->second != deb.sha256) refuse_conflict(identity, directory_ / deb.location, deb.file);
  suite.stock[request_.component].emplace(identity, deb);
  incoming_[name].push_back(std::move(deb));
}

void Publication::choose() {
  for (const fs::path& file : debs_of(request_.common.packages)) {
    choose(read_stocked_deb(file, request_.component, stop_), request_.suite.empty() ? suite_above(file) : request_.suite);
  }
}

/// A file in the pool that no suite names is one that a killed run left, and may be replaced.
void Publication::bring(const StockedDeb& deb) const {
  if (stop_.stop_requested()) throw Cancelled{};
  const fs::path place = directory_ / deb.location;
  if (fs::is_regular_file(place) && fs::file_size(place) == deb.size && sha256_of_file(place) == deb.sha256) return;
  Staged staged(place);
  let_all_reach(place.parent_path(), directory_ / "pool");
  clone_file(deb.file, staged.path());
  let_all_read(staged.path());
  if (sha256_of_file(staged.path()) != deb.sha256) {
    throw Error({.code = "deb-unreadable", .message = fmt::format("{} changed while it was read", deb.file.string())});
  }
  staged.publish();
}

/// Suites that are made anew: those that get packages, or all when none were given; with them those that another key signed,
/// since every .sources file will name this one.
std::set<std::string> Publication::affected() const {
  std::set<std::string> names;
  for (const auto& [name, suite] : suites_) {
    const bool is_meant = request_.suite.empty() || request_.suite == name;
    if (incoming_.contains(name) || (is_meant && request_.common.packages.empty()) || !suite.gone.empty()) names.insert(name);
    if (request_.common.key && !suite.signers.contains(request_.common.key->fingerprint)) names.insert(name);
  }
  // Packages that were all there already: their suites may have a new key, or term.
  if (names.empty()) {
    for (const auto& [name, suite] : suites_) {
      if (request_.suite.empty() || request_.suite == name) names.insert(name);
    }
  }
  return names;
}

std::string Publication::label_of(const AptSuite& suite) const {
  return request_.common.name.empty() ? suite_label(suite, name_) : name_;
}

SuiteSigning Publication::signing_of(const AptSuite& suite) const {
  return {.key = request_.common.key,
          .label = label_of(suite),
          .valid_days = request_.valid_days,
          .now = request_.now,
          .clock = request_.clock};
}

void Publication::publish(const std::string& name) {
  std::vector<fs::path> brought;
  try {
    for (const StockedDeb& deb : incoming_[name]) {
      const fs::path place = directory_ / deb.location;
      if (!fs::exists(place)) brought.push_back(place);
      bring(deb);
    }
    date_ = std::max(date_, write_suite(directory_, suites_.at(name), signing_of(suites_.at(name)), runner_, stop_));
  } catch (...) {
    // No list names them; on a full disk their room is wanted.
    std::error_code ignored;
    for (const fs::path& place : brought) fs::remove(place, ignored);
    throw;
  }
}

void Publication::write_client_files(PublishedRepository& published) const {
  const std::string key = request_.common.key ? export_openpgp_key(*request_.common.key, runner_, stop_) : std::string();
  for (const auto& [name, suite] : suites_) {
    AptSource source{.url = published.url, .suite = name, .components = {}};
    for (const auto& [component, stock] : suite.stock) source.components.insert(component);
    const fs::path file = sources_file_of(directory_, label_of(suite), name);
    write_file(file, sources_text(source, key));
    published.client_files.push_back(file);
  }
  if (!key.empty()) write_file(directory_ / (apt_file_word(name_) + ".asc"), key);
}

void Publication::make_room() const {
  const bool is_new = !fs::exists(directory_);
  make_directories(directory_);
  if (is_new) let_all_read(directory_);
}

PublishedRepository Publication::run() {
  if (!request_.suite.empty()) check_apt_name(request_.suite, "suite");
  check_apt_name(request_.component, "component");
  make_room();
  const FileLock turn = take_turn(directory_, stop_);
  mend_after_kill(directory_);
  // Read and compare all before anything is changed.
  read_suites();
  const std::string url = request_.common.url.empty() ? url_of_before(suites_, directory_) : request_.common.url;
  name_ = request_.common.name.empty() ? repository_label(suites_, directory_) : repository_id(request_.common.name);
  choose();
  for (const auto& [name, suite] : suites_) refuse_altered(suite, again_);
  if (suites_.empty() || (!request_.suite.empty() && !suites_.contains(request_.suite))) {
    throw Error({.code = "repository-empty",
                 .message = fmt::format("there is no Debian package to put into {}", directory_.string()),
                 .where = {},
                 .notes = {},
                 .hint = "name packages or directories that have some: kmpack repo DIR dist"});
  }
  for (const std::string& name : affected()) static_cast<void>(term_of(suites_.at(name), signing_of(suites_.at(name))));
  for (const auto& [location, deb] : again_) bring(deb);
  for (const std::string& name : affected()) publish(name);
  PublishedRepository published{.directory = directory_,
                                .client_files = {},
                                .revision = date_,
                                .url = {},
                                .signed_by = {},
                                .fingerprint = {},
                                .packages = {}};
  published.url = url.empty() ? file_url(directory_) : url;
  write_client_files(published);
  if (request_.common.key) {
    published.signed_by = request_.common.key->user_id;
    published.fingerprint = request_.common.key->fingerprint;
  }
  std::map<std::string, PublishedPackage> packages;
  const auto tell = [&](const StockedDeb& deb, Arrival arrival) {
    PublishedPackage& package = packages[deb.location];
    if (package.arrival == Arrival::added) return;
    package = {.path = directory_ / deb.location, .name = deb.name, .version = deb.version, .arch = deb.arch, .arrival = arrival};
  };
  for (const auto& [name, debs] : incoming_) {
    for (const StockedDeb& deb : debs) tell(deb, Arrival::added);
  }
  for (const auto& [name, suite] : suites_) {
    for (const StockedDeb& deb : suite.gone) tell(deb, Arrival::removed);
    for (const auto& [component, stock] : suite.stock) {
      for (const auto& [identity, deb] : stock) tell(deb, Arrival::kept);
    }
  }
  for (auto& [location, package] : packages) published.packages.push_back(std::move(package));
  return published;
}

}  // namespace

PublishedRepository publish_debs(const DebRequest& request, CommandRunner& runner, const std::stop_token& stop) {
  return Publication(request, runner, stop).run();
}

}  // namespace kmpack
