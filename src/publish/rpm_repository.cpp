#include "publish/rpm_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "kmpack/diagnostic.hpp"
#include "publish/repo_file.hpp"
#include "publish/repodata.hpp"
#include "publish/rpm_stock.hpp"
#include "publish/turn.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "wrap/download.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class Publication {
 public:
  Publication(const RepositoryRequest& request, CommandRunner& runner, const std::stop_token& stop)
      : request_(request), runner_(runner), stop_(stop), directory_(fs::absolute(request.directory).lexically_normal()) {
    if (directory_.filename().empty()) directory_ = directory_.parent_path();
  }

  PublishedRepository run();

 private:
  void refuse_losing_signatures() const;
  void discard_leftovers() const;
  void sign_stock();
  void take(std::vector<StockedRpm> incoming);
  void bring(std::vector<StockedRpm>& rpms, Arrival arrival) const;
  [[nodiscard]] std::int64_t revision() const;

  const RepositoryRequest& request_;
  CommandRunner& runner_;
  const std::stop_token& stop_;
  fs::path directory_;
  std::vector<StockedRpm> stock_;
  std::set<std::string> added_;
  std::set<std::string> signed_;
};

void Publication::refuse_losing_signatures() const {
  if (request_.key || !fs::exists(directory_ / "repodata" / "repomd.xml.asc")) return;
  throw Error({.code = "repository-signed",
               .message = fmt::format("{} is signed, and its clients would refuse it unsigned", directory_.string()),
               .where = {},
               .notes = {},
               .hint = "name its key with --gpg-key, or remove its repodata to begin anew"});
}

/// Of runs that were killed; nobody else is at work here.
void Publication::discard_leftovers() const {
  std::vector<fs::path> leftovers{directory_ / ".incoming"};
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".repodata.new.") || name.starts_with(".repodata.old.")) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) remove_tree(leftover);
}

/// Copies packages, signs the copies, and renames them to their places.
void Publication::bring(std::vector<StockedRpm>& rpms, Arrival arrival) const {
  if (rpms.empty()) return;
  const fs::path room = directory_ / ".incoming";
  std::vector<fs::path> copies;
  for (const StockedRpm& rpm : rpms) {
    if (stop_.stop_requested()) throw Cancelled{};
    const fs::path copy = room / rpm.location;
    make_directories(copy.parent_path());
    clone_file(rpm.file, copy);
    fs::permissions(copy, fs::perms{0644});
    copies.push_back(copy);
  }
  // No package's signature depends on what else is published with it.
  if (request_.key) sign_rpms(*request_.key, copies, source_date_epoch_or_default(), runner_, stop_);
  for (std::size_t index = 0; index < rpms.size(); ++index) {
    const fs::path place = directory_ / rpms[index].location;
    if (arrival == Arrival::added && fs::exists(place)) {
      throw Error({.code = "repository-conflict",
                   .message = fmt::format("{} is another package than {}", place.string(), rpms[index].file.string()),
                   .hint = "remove one of them, or rename the one in the repository"});
    }
    Staged staged(place);
    fs::rename(copies[index], staged.path());
    staged.publish();
    rpms[index].file = place;
  }
  remove_tree(room);
}

void Publication::sign_stock() {
  if (!request_.key || stock_.empty()) return;
  std::vector<fs::path> files;
  for (const StockedRpm& rpm : stock_) files.push_back(rpm.file);
  const std::vector<fs::path> bare = rpms_without_signature(*request_.key, files, runner_, stop_);
  const std::set<fs::path> wanted(bare.begin(), bare.end());
  std::vector<StockedRpm> rpms;
  std::ranges::copy_if(stock_, std::back_inserter(rpms), [&](const StockedRpm& rpm) { return wanted.contains(rpm.file); });
  bring(rpms, Arrival::newly_signed);
  for (const StockedRpm& rpm : rpms) signed_.insert(rpm.identity);
}

void Publication::take(std::vector<StockedRpm> incoming) {
  bring(incoming, Arrival::added);
  for (StockedRpm& rpm : incoming) {
    added_.insert(rpm.identity);
    stock_.push_back(std::move(rpm));
  }
  std::ranges::sort(stock_, {}, &StockedRpm::location);
}

std::int64_t Publication::revision() const {
  const auto newest = std::ranges::max_element(stock_, {}, &StockedRpm::build_time);
  return source_date_epoch().value_or(newest->build_time);
}

PublishedRepository Publication::run() {
  make_directories(directory_);
  const FileLock turn = take_turn(directory_, stop_);
  refuse_losing_signatures();
  discard_leftovers();
  // Read and compare all before anything is changed.
  stock_ = read_stock(directory_, stop_);
  std::vector<StockedRpm> incoming = choose_incoming(request_.packages, stock_, stop_);
  if (stock_.empty() && incoming.empty()) {
    throw Error({.code = "repository-empty",
                 .message = fmt::format("there is no rpm package to put into {}", directory_.string()),
                 .hint = "name packages or directories that have some: kmpack repo DIR dist"});
  }
  take(std::move(incoming));
  sign_stock();
  PublishedRepository published{.directory = directory_, .revision = revision()};
  write_repodata(directory_, stock_, request_.key, published.revision, runner_, stop_);
  const std::string id = repository_id(request_.name.empty() ? directory_.filename().string() : request_.name);
  published.url = request_.url.empty() ? file_url(directory_) : request_.url;
  const fs::path repo_file = directory_ / (id + ".repo");
  write_file(repo_file, repo_file_text(id, published.url, request_.key ? Checked::yes : Checked::no));
  published.client_files.push_back(repo_file);
  if (request_.key) {
    published.signed_by = request_.key->user_id;
    published.fingerprint = request_.key->fingerprint;
  }
  for (const StockedRpm& rpm : stock_) {
    const Arrival arrival = added_.contains(rpm.identity)    ? Arrival::added
                            : signed_.contains(rpm.identity) ? Arrival::newly_signed
                                                             : Arrival::kept;
    published.packages.push_back(
        {.path = directory_ / rpm.location, .name = rpm.name, .version = rpm.version, .arch = rpm.arch, .arrival = arrival});
  }
  return published;
}

}  // namespace

PublishedRepository publish_rpms(const RepositoryRequest& request, CommandRunner& runner, const std::stop_token& stop) {
  return Publication(request, runner, stop).run();
}

}  // namespace kmpack
