#include "wrap/apt.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/debversion.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/hashes.h>
#include <apt-pkg/indexfile.h>
#include <apt-pkg/init.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/sourcelist.h>
#include <apt-pkg/strutl.h>
#include <apt-pkg/tagfile.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What the library has to say; its list is empty afterwards.
std::vector<std::string> messages() {
  std::vector<std::string> all;
  while (!_error->empty()) {
    std::string text;
    _error->PopMessage(text);
    all.push_back(std::move(text));
  }
  return all;
}

std::string drained() { return joined(messages(), "; "); }

[[noreturn]] void fail(const std::string& doing) {
  throw Error({.code = "apt-failed",
               .message = doing + ": " + drained(),
               .where = {},
               .notes = {},
               .hint = "try apt-get update; it reads the same sources"});
}

void set(const char* name, const std::string& value) { _config->Set(name, value); }

/// Only Packages files are read; everything else that sources or other programs ask for would be downloaded for nothing.
void leave_other_targets_out() {
  std::vector<std::string> targets;
  for (const char* kind : {"Acquire::IndexTargets::deb", "Acquire::IndexTargets::deb-src"}) {
    const Configuration::Item* tree = _config->Tree(kind);
    for (const Configuration::Item* item = tree == nullptr ? nullptr : tree->Child; item != nullptr; item = item->Next) {
      if (item->Tag != "Packages") targets.push_back(std::string(kind) + "::" + item->Tag + "::DefaultEnabled");
    }
  }
  // Sources files are a target of their own kind and come with any deb-src line.
  targets.emplace_back("Acquire::IndexTargets::deb-src::Sources::DefaultEnabled");
  for (const std::string& target : targets) set(target.c_str(), "false");
  _config->Clear("Acquire::Languages");
  set("Acquire::Languages", "none");
}

void trust_signatures_only() {
  set("Acquire::AllowInsecureRepositories", "false");
  set("Acquire::AllowWeakRepositories", "false");
  set("Acquire::AllowDowngradeToInsecureRepositories", "false");
  set("APT::Get::AllowUnauthenticated", "false");
}

bool is_about_signing(const std::string& text) {
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  return says("not signed") || says("no longer signed") || says("does not have a Release file");
}

/// The address in "The repository 'http://… Release' is not signed."
std::string quoted_in(const std::string& text) {
  const std::size_t open = text.find('\'');
  const std::size_t close = open == std::string::npos ? open : text.find('\'', open + 1);
  return close == std::string::npos ? "apt" : text.substr(open + 1, close - open - 1);
}

/// Told of every file that comes in or does not.
class Witness final : public pkgAcquireStatus {
 public:
  void Fail(pkgAcquire::ItemDesc& item) override {
    // An optional file that a source does not have is "ignored", and fails as well.
    if (item.Owner->Status == pkgAcquire::Item::StatIdle || item.Owner->Status == pkgAcquire::Item::StatDone) return;
    AptFailure failure{.source = item.URI, .reason = item.Owner->ErrorText, .kind = kind_of(*item.Owner)};
    if (failure.reason.empty()) failure.reason = "it cannot be fetched";
    // The rest is the digests that were expected.
    failure.reason.resize(std::min(failure.reason.size(), failure.reason.find('\n')));
    failures.push_back(std::move(failure));
  }
  bool MediaChange(std::string, std::string) override { return false; }
  // "oldstable" becoming "oldoldstable" is no news for somebody who asks for a distribution by its name.
  bool ReleaseInfoChanges(const metaIndex*, const metaIndex*, std::vector<ReleaseInfoChange>&&) override { return true; }

  std::vector<AptFailure> failures;

 private:
  static AptFailure::Kind kind_of(const pkgAcquire::Item& item) {
    const std::string& text = item.ErrorText;
    const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
    if (says("Hash Sum mismatch") || says("unexpected size")) return AptFailure::Kind::wrong_digest;
    if (item.Status == pkgAcquire::Item::StatAuthError || is_about_signing(text)) return AptFailure::Kind::unsigned_metadata;
    return AptFailure::Kind::unreachable;
  }
};

/// Lists of a source on this disk are links to files that may change after they were verified: keep what was verified.
void replace_links(const fs::path& lists) {
  for (const TreeEntry& entry : walk(lists)) {
    if (entry.type != EntryType::symlink) continue;
    const fs::path file = lists / entry.relative;
    write_file(file, read_file(file));
  }
}

/// A source marked trusted=yes, or without a signature: apt would not have proved anything about it.
bool is_proved(const metaIndex& source) { return source.IsTrusted() && source.GetTrusted() != metaIndex::TRI_YES; }

bool wanted(std::string_view name, std::span<const std::string> prefixes) {
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) {
    return prefix.find('*') == std::string::npos ? name.starts_with(prefix) : glob_matches(prefix + "*", name);
  });
}

/// Has the source read the Release file that it stored; only then it knows who it says it is.
void load_release(metaIndex& source, const std::vector<IndexTarget>& targets) {
  if (targets.empty()) return;
  const fs::path lists = _config->FindDir("Dir::State::lists");
  for (const char* name : {"InRelease", "Release"}) {
    const fs::path file = lists / URItoFileName(targets.front().Option(IndexTarget::BASE_URI) + name);
    std::error_code absent;
    if (!fs::exists(file, absent)) continue;
    std::string said;
    static_cast<void>(source.Load(file.string(), &said));
    return;
  }
}

void read_packages(const metaIndex& source, const IndexTarget& target, std::span<const std::string> prefixes,
                   std::vector<AptPackage>& packages) {
  const std::string file = target.Option(IndexTarget::EXISTING_FILENAME);
  if (file.empty()) return;
  FileFd input(file, FileFd::ReadOnly, FileFd::Extension);
  pkgTagFile stanzas(&input);
  pkgTagSection stanza;
  while (stanzas.Step(stanza)) {
    const std::string name = stanza.FindS("Package");
    if (!wanted(name, prefixes)) continue;
    packages.push_back({.name = name,
                        .version = stanza.FindS("Version"),
                        .arch = stanza.FindS("Architecture"),
                        .depends = stanza.FindS("Depends"),
                        .url = target.Option(IndexTarget::REPO_URI) + stanza.FindS("Filename"),
                        .sha256 = stanza.FindS("SHA256"),
                        .size = stanza.FindULL("Size"),
                        .origin = source.GetOrigin(),
                        .codename = source.GetCodename()});
  }
  if (_error->PendingError()) fail("cannot read the package index " + file);
}

void sort_and_merge(std::vector<AptPackage>& packages) {
  std::ranges::sort(packages, [](const AptPackage& left, const AptPackage& right) {
    if (const auto order = std::tie(left.name, left.arch) <=> std::tie(right.name, right.arch); order != 0) return order < 0;
    if (const int order = debVS.CmpVersion(left.version, right.version); order != 0) return order > 0;
    return std::tie(left.sha256, left.url) < std::tie(right.sha256, right.url);
  });
  const auto same = [](const AptPackage& left, const AptPackage& right) {
    return std::tie(left.name, left.arch, left.version, left.sha256) ==
           std::tie(right.name, right.arch, right.version, right.sha256);
  };
  packages.erase(std::unique(packages.begin(), packages.end(), same), packages.end());
}

}  // namespace

void start_apt(const AptPlaces& places) {
  // Before the files are read: it says where they are.
  if (!places.etc.empty()) set("Dir::Etc", places.etc.string());
  if (!pkgInitConfig(*_config)) fail("cannot read apt's configuration");
  set("Dir::State", places.state.string());
  set("Dir::State::lists", (places.lists / "").string());
  set("Dir::State::status", (places.state / "status").string());
  set("Dir::Cache", (places.state / "cache").string());
  set("Dir::Cache::archives", "archives/");
  set("Dir::Cache::pkgcache", "");
  set("Dir::Cache::srcpkgcache", "");
  // As whoever runs us: a lesser user could not write where our cache is.
  set("APT::Sandbox::User", "");
  set("Acquire::Retries", "2");
  _config->Clear("APT::Architectures");
  for (const std::string& arch : places.architectures) _config->Set("APT::Architectures::", arch);
  if (!places.architectures.empty()) set("APT::Architecture", places.architectures.front());
  leave_other_targets_out();
  trust_signatures_only();
  if (!pkgInitSystem(*_config, _system)) fail("cannot set libapt-pkg up");
  static_cast<void>(drained());
}

std::vector<AptFailure> update_apt() {
  const fs::path lists = _config->FindDir("Dir::State::lists");
  make_directories(lists / "partial");
  make_directories(lists / "auxfiles");
  pkgSourceList sources;
  if (!sources.ReadMainList()) fail("cannot read the package sources");
  Witness witness;
  pkgAcquire fetcher(&witness);
  if (!fetcher.GetLock(lists.string()) || !sources.GetIndexes(&fetcher)) fail("cannot prepare to fetch package indices");
  const bool ran = fetcher.Run() == pkgAcquire::Continue;
  replace_links(lists);
  std::vector<AptFailure> failures = std::move(witness.failures);
  for (std::string& text : messages()) {
    // Of a file that failed the witness has told; a source that is turned away as a whole is only spoken of here.
    if (is_about_signing(text))
      failures.push_back({.source = quoted_in(text), .reason = text, .kind = AptFailure::Kind::unsigned_metadata});
    else if (!ran && failures.empty())
      failures.push_back({.source = "apt", .reason = std::move(text)});
  }
  return failures;
}

std::vector<AptPackage> list_apt(std::span<const std::string> prefixes, std::vector<AptFailure>& failures) {
  pkgSourceList sources;
  if (!sources.ReadMainList()) fail("cannot read the package sources");
  std::vector<AptPackage> packages;
  for (metaIndex* const source : sources) {
    const std::vector<IndexTarget> targets = source->GetIndexTargets();
    const auto stored = [](const IndexTarget& target) { return !target.Option(IndexTarget::EXISTING_FILENAME).empty(); };
    if (!is_proved(*source)) {
      // One that has brought nothing, as update_apt() has told, is no news.
      if (source->GetTrusted() == metaIndex::TRI_YES || std::ranges::any_of(targets, stored)) {
        failures.push_back({.source = source->GetURI(),
                            .reason = "its metadata is used without a signature",
                            .kind = AptFailure::Kind::unsigned_metadata});
      }
      continue;
    }
    load_release(*source, targets);
    for (const IndexTarget& target : targets) {
      if (target.Option(IndexTarget::CREATED_BY) == "Packages") read_packages(*source, target, prefixes, packages);
    }
  }
  sort_and_merge(packages);
  static_cast<void>(drained());
  return packages;
}

std::vector<AptFailure> download_apt(std::span<const AptDownload> downloads) {
  Witness witness;
  pkgAcquire fetcher(&witness);
  std::vector<std::unique_ptr<pkgAcqFile>> items;
  for (const AptDownload& wanted : downloads) {
    HashStringList digests;
    digests.push_back(HashString("SHA256", wanted.sha256));
    // `file:` would leave a link to somebody else's file.
    const std::string url = wanted.url.starts_with("file:") ? "copy:" + wanted.url.substr(5) : wanted.url;
    items.push_back(std::make_unique<pkgAcqFile>(&fetcher, url, digests, wanted.size, wanted.url, wanted.file.filename().string(),
                                                 wanted.file.parent_path().string(), wanted.file.string()));
  }
  const bool ran = fetcher.Run() == pkgAcquire::Continue;
  std::vector<AptFailure> failures = std::move(witness.failures);
  const std::string said = drained();
  if (!ran && failures.empty()) failures.push_back({.source = "apt", .reason = said});
  return failures;
}

}  // namespace kmpack
