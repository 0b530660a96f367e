#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "publish/apt_access.hpp"
#include "publish/apt_suite.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
// Of Release files of before: whose lists are kept. A client that is slower than this begins again.
constexpr std::array<const char*, 3> kGenerations{"1", "2", "3"};

/// One file under two names, which never changes; a copy where the file system has no links.
void link_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) clone_file(from, to);
}

[[noreturn]] void refuse_altered(const fs::path& file) {
  throw Error({.code = "repository-damaged",
               .message = fmt::format("{} is not the file that was published", file.string()),
               .where = {},
               .notes = {},
               .hint = "give the package again, or remove the file to take it out of the repository"});
}

/// Makes the lists of a suite in a directory that is not in place yet.
class Lists {
 public:
  Lists(const AptSuite& suite, fs::path room, const std::stop_token& stop) : suite_(suite), room_(std::move(room)), stop_(stop) {}

  void write(AptRelease& release) {
    for (const auto& [component, stock] : suite_.stock) {
      release.components.insert(component);
      for (const std::string& architecture : architectures()) write(component, architecture, release);
    }
    release.architectures = architectures();
  }

 private:
  /// Of all components: clients ask for each architecture in each.
  [[nodiscard]] std::set<std::string> architectures() const {
    std::set<std::string> all;
    for (const auto& [component, stock] : suite_.stock) {
      for (const auto& [identity, deb] : stock) {
        if (deb.arch != "all") all.insert(deb.arch);
      }
    }
    // Clients of a suite whose packages have gone still ask for their own.
    if (all.empty() && suite_.release) all = suite_.release->architectures;
    if (all.empty()) all.insert("all");
    return all;
  }

  void write(const std::string& component, const std::string& architecture, AptRelease& release) {
    if (stop_.stop_requested()) throw Cancelled{};
    std::string packages;
    for (const auto& [identity, deb] : suite_.stock.at(component)) {
      if (deb.arch == architecture || deb.arch == "all") packages += deb.stanza + "\n";
    }
    const std::string list = fmt::format("{}/binary-{}/Packages", component, architecture);
    put(list, packages, release);
    put(list + ".xz", compressed(packages, Compression::xz), release);
    const std::string contents = contents_text(contents_of(component, architecture));
    const std::string place = fmt::format("{}/Contents-{}", component, architecture);
    // Clients want the digest of what they unpack, too.
    release.files[place] = {.sha256 = sha256_of(contents), .size = contents.size()};
    put(place + ".xz", compressed(contents, Compression::xz), release);
  }

  void put(const std::string& list, const std::string& bytes, AptRelease& release) const {
    const std::string digest = sha256_of(bytes);
    const fs::path file = room_ / by_hash(list, digest);
    make_directories(file.parent_path());
    write_file(file, bytes);
    if (!fs::exists(room_ / list)) link_file(file, room_ / list);
    release.files[list] = {.sha256 = digest, .size = bytes.size()};
  }

  /// What was known stays known, but for packages of which a version has gone: those are looked into again.
  [[nodiscard]] AptContents contents_of(const std::string& component, const std::string& architecture) const {
    const auto& stock = suite_.stock.at(component);
    const auto fits = [&](const StockedDeb& deb) { return deb.arch == architecture || deb.arch == "all"; };
    AptContents contents;
    std::set<std::string> known;
    const auto before = suite_.contents.find(component);
    const auto own = before == suite_.contents.end() ? std::nullopt : find(before->second, architecture);
    if (own) contents = *own;
    std::set<std::string> changed;
    for (const StockedDeb& deb : suite_.gone) changed.insert(deb.section);
    for (auto& [path, packages] : contents) {
      std::erase_if(packages, [&](const std::string& package) { return changed.contains(package); });
      known.insert(packages.begin(), packages.end());
    }
    std::erase_if(contents, [](const auto& line) { return line.second.empty(); });
    for (const auto& [identity, deb] : stock) {
      if (!fits(deb)) continue;
      if (!deb.members.empty()) {
        for (const std::string& path : deb.members) contents[path].insert(deb.section);
      } else if (!known.contains(deb.section)) {
        const StockedDeb again = read_stocked_deb(deb.file, component, stop_);
        if (again.sha256 != deb.sha256) refuse_altered(deb.file);
        for (const std::string& path : again.members) contents[path].insert(deb.section);
      }
    }
    return contents;
  }

  static std::optional<AptContents> find(const std::map<std::string, AptContents>& all, const std::string& architecture) {
    const auto found = all.find(architecture);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  }

  const AptSuite& suite_;
  fs::path room_;
  const std::stop_token& stop_;
};

/// Lists that a Release of before named, under their digests, and those Releases themselves.
void keep_previous(const fs::path& dist, const fs::path& room, const AptRelease& fresh, const AptRelease& current) {
  std::vector<AptRelease> releases;
  // Of two that name the same lists, one does.
  if (fresh.files != current.files) releases.push_back(current);
  for (const char* const generation : kGenerations) {
    const fs::path file = dist / ".previous" / generation;
    if (fs::exists(file)) releases.push_back(parse_release(read_file(file), file.string()));
  }
  std::size_t kept = 0;
  for (const AptRelease& release : releases) {
    if (kept == kGenerations.size()) break;
    write_file(room / ".previous" / kGenerations.at(kept++), release_text(release));
    for (const auto& [list, entry] : release.files) {
      const std::string name = by_hash(list, entry.sha256);
      if (!is_safe_relative(name) || !fs::is_regular_file(dist / name) || fs::exists(room / name)) continue;
      make_directories((room / name).parent_path());
      link_file(dist / name, room / name);
    }
  }
}

void sign(const fs::path& room, const AptRelease& release, const SuiteSigning& signing, CommandRunner& runner,
          const std::stop_token& stop) {
  const fs::path file = room / "Release";
  write_file(file, release_text(release));
  if (!signing.key) return;
  sign_detached(*signing.key, file, room / "Release.gpg", release.date, runner, stop);
  sign_inline(*signing.key, file, room / "InRelease", release.date, runner, stop);
}

bool is_same(const fs::path& left, const fs::path& right) {
  return std::ranges::all_of(std::array{"Release", "InRelease", "Release.gpg"}, [&](const char* name) {
    if (fs::exists(left / name) != fs::exists(right / name)) return false;
    return !fs::exists(left / name) || read_file(left / name) == read_file(right / name);
  });
}

std::int64_t valid_seconds(const AptSuite& suite, const SuiteSigning& signing) {
  if (signing.valid_days) return *signing.valid_days * kDay;
  return suite.release && suite.release->valid_until != 0 ? suite.release->valid_until - suite.release->date : 0;
}

}  // namespace

SuiteTerm term_of(const AptSuite& suite, const SuiteSigning& signing) {
  SuiteTerm term{.date = signing.now};
  if (suite.release && suite.release->date <= std::max(signing.now, signing.clock))
    term.date = std::max(term.date, suite.release->date);
  const std::int64_t valid = valid_seconds(suite, signing);
  if (valid == 0) return term;
  term.valid_until = term.date + valid;
  if (term.valid_until <= signing.clock) {
    throw Error(
        {.code = "repository-expired",
         .message = fmt::format("suite '{}' would be valid until {}, which is over", suite.name, apt_date(term.valid_until)),
         .where = {},
         .notes = {},
         .hint = "unset SOURCE_DATE_EPOCH, or give more days with --valid-until"});
  }
  return term;
}

std::int64_t write_suite(const fs::path& directory, const AptSuite& suite, const SuiteSigning& signing, CommandRunner& runner,
                         const std::stop_token& stop) {
  const fs::path dist = directory / "dists" / suite.name;
  Staged staged(dist);
  make_directories(staged.path());
  AptRelease release{.label = signing.label, .suite = suite.name, .components = {}, .architectures = {}, .files = {}};
  Lists(suite, staged.path(), stop).write(release);
  const SuiteTerm term = term_of(suite, signing);
  if (suite.release && term.valid_until == 0 && suite.release->date <= term.date) {
    // Would all be as it is? Signatures of one time are the same.
    release.date = suite.release->date;
    sign(staged.path(), release, signing, runner, stop);
    if (is_same(dist, staged.path())) return release.date;
  }
  release.date = term.date;
  release.valid_until = term.valid_until;
  sign(staged.path(), release, signing, runner, stop);
  if (suite.release) keep_previous(dist, staged.path(), release, *suite.release);
  settle(staged.path());
  let_all_read(dist.parent_path());
  staged.publish();
  return release.date;
}

}  // namespace kmpack
