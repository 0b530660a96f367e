#include "headers/rpm_repository.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "headers/repository_signature.hpp"
#include "headers/store_layout.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::uint64_t kLargestList = std::uint64_t{4} << 20;       // as much as parse_xml() reads
constexpr std::uint64_t kLargestPrimary = std::uint64_t{512} << 20;  // compressed; Tumbleweed's is 20 MB
constexpr std::uint64_t kLargestPackage = std::uint64_t{2} << 30;
constexpr std::size_t kMostMirrors = 5;

using Kind = RpmFailure::Kind;

/// Why a mirror is of no use; the next is tried.
struct Unfit {
  std::string reason;
  Kind kind = Kind::unreachable;
};

/// Names in a repository's state; `mirror` has the address that all came from.
constexpr const char* kRepomd = "repomd.xml";
constexpr const char* kSignature = "repomd.xml.asc";
constexpr const char* kPrimary = "primary";
constexpr const char* kMirror = "mirror";

std::string with_slash(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

void get(const std::string& url, const fs::path& file, std::uint64_t most, Kind kind = Kind::unreachable) {
  if (auto fault = download({.url = url, .file = file, .max_bytes = most}))
    throw Unfit{fmt::format("{}: {}", url, fault->reason), fault->too_long ? Kind::wrong_digest : kind};
}

std::vector<std::string> mirrors_of(const RpmMdRequest& request, const fs::path& work) {
  if (request.kind == CatalogueRepository::Kind::base) return {with_slash(request.url)};
  const fs::path list = work / "mirrors";
  get(request.url, list, kLargestList);
  std::vector<std::string> mirrors = parse_mirrors(read_file(list), request.url);
  fs::remove(list);
  // A list from the network must not name files of this machine.
  if (!request.url.starts_with("file:")) std::erase_if(mirrors, [](const std::string& url) { return url.starts_with("file:"); });
  if (mirrors.empty()) throw Unfit{"it names no mirror"};
  if (mirrors.size() > kMostMirrors) mirrors.resize(kMostMirrors);
  std::ranges::transform(mirrors, mirrors.begin(), with_slash);
  return mirrors;
}

RpmMdFile primary_of(const fs::path& directory) {
  const fs::path repomd = directory / kRepomd;
  const auto files = parse_repomd(read_file(repomd), repomd);
  const auto primary = std::ranges::find(files, "primary", &RpmMdFile::type);
  if (primary == files.end()) throw Unfit{"its repomd.xml names no primary with a SHA-256 or SHA-512"};
  if (!is_safe_relative(primary->location)) throw Unfit{"its repomd.xml names a file outside of the repository"};
  return *primary;
}

void check_signature(const RpmMdRequest& request, const fs::path& directory, CommandRunner& runner, const std::stop_token& stop) {
  if (auto fault = signature_fault(directory / kRepomd, directory / kSignature, request.key, runner, stop))
    throw Unfit{*fault, Kind::unsigned_metadata};
}

void check_primary(const RpmMdFile& primary, const fs::path& directory) {
  const std::string digest = digest_of_file(directory / kPrimary, primary.digest);
  if (digest != primary.digest)
    throw Unfit{fmt::format("{} is not what its signed repomd.xml says: its digest is {}", primary.location, digest),
                Kind::wrong_digest};
}

void fetch_from(const std::string& mirror, const RpmMdRequest& request, const fs::path& directory, CommandRunner& runner,
                const std::stop_token& stop) {
  get(mirror + "repodata/repomd.xml", directory / kRepomd, kLargestList);
  get(mirror + "repodata/repomd.xml.asc", directory / kSignature, kLargestList, Kind::unsigned_metadata);
  check_signature(request, directory, runner, stop);
  const RpmMdFile primary = primary_of(directory);
  const std::uint64_t size = primary.size == 0 ? kLargestPrimary : std::min(primary.size, kLargestPrimary);
  get(mirror + primary.location, directory / kPrimary, size);
  check_primary(primary, directory);
  write_file(directory / kMirror, mirror);
}

/// Addresses come from metadata and go into commands' arguments and the lock.
bool is_plain(std::string_view url) {
  return std::ranges::all_of(
      url, [](unsigned char letter) { return letter > 0x20 && letter < 0x7f && letter != '"' && letter != '\\'; });
}

/// Where a package lies; empty when the metadata would lead elsewhere than it may.
std::string url_of(const RpmMdPackage& package, const std::string& mirror) {
  if (!is_safe_relative(package.location) || !is_plain(package.location)) return {};
  if (package.base.empty()) return mirror + package.location;
  const bool web = package.base.starts_with("https://") || package.base.starts_with("http://");
  return web && is_plain(package.base) ? with_slash(package.base) + package.location : std::string();
}

template <class Work>
std::optional<RpmFailure> told(const std::string& source, Work&& work) {
  try {
    work();
    return std::nullopt;
  } catch (const Unfit& unfit) {
    return RpmFailure{.source = source, .reason = unfit.reason, .kind = unfit.kind};
  } catch (const Error& error) {
    // Metadata that cannot be read is a fault of the repository; a full disk is not.
    const std::string_view code = error.diagnostic().code;
    if (code != "rpm-md-invalid" && code != "archive-unreadable") throw;
    return RpmFailure{.source = source, .reason = error.diagnostic().message, .kind = Kind::unreachable};
  }
}

}  // namespace

std::vector<RpmFailure> update_rpm_repository(const RpmMdRequest& request, CommandRunner& runner, const std::stop_token& stop) {
  Staged staged(request.state / "metadata");
  make_directories(staged.path());
  std::vector<std::string> mirrors;
  if (auto failure = told(request.url, [&] { mirrors = mirrors_of(request, staged.path()); })) return {*failure};
  std::vector<RpmFailure> failures;
  for (const std::string& mirror : mirrors) {
    auto failure = told(mirror, [&] { fetch_from(mirror, request, staged.path(), runner, stop); });
    if (!failure) {
      staged.publish();
      return {};
    }
    failures.push_back(std::move(*failure));
  }
  // Of many mirrors that fail the first tells enough, unless one is worse than absent.
  std::ranges::stable_partition(failures, [](const RpmFailure& failure) { return failure.kind != Kind::unreachable; });
  failures.resize(1);
  return failures;
}

RpmMdAnswer list_rpm_repository(const RpmMdRequest& request, CommandRunner& runner, const std::stop_token& stop) {
  RpmMdAnswer answer;
  const fs::path directory = request.state / "metadata";
  if (!is_there(directory / kMirror)) return answer;
  auto failure = told(request.url, [&] {
    check_signature(request, directory, runner, stop);
    check_primary(primary_of(directory), directory);
    const std::string mirror = read_file(directory / kMirror);
    const auto wanted = [&](std::string_view name) {
      return std::ranges::find(request.names, name) != request.names.end() ||
             std::ranges::any_of(request.prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
    };
    for (RpmMdPackage& facts : read_primary(directory / kPrimary, wanted)) {
      std::string url = url_of(facts, mirror);
      if (!url.empty() && !facts.digest.empty()) answer.packages.push_back({.facts = std::move(facts), .url = std::move(url)});
    }
  });
  if (failure) {
    answer.packages.clear();
    answer.failures.push_back(std::move(*failure));
  }
  return answer;
}

std::vector<RpmFailure> download_rpms(const std::vector<RpmDownload>& downloads) {
  std::vector<RpmFailure> failures;
  for (const RpmDownload& wanted : downloads) {
    const std::uint64_t most = wanted.size == 0 ? kLargestPackage : wanted.size;
    // Beside its place: what lies there under its name is whole.
    const fs::path part = wanted.file.string() + ".part";
    if (auto fault = download({.url = wanted.url, .file = part, .max_bytes = most})) {
      failures.push_back(
          {.source = wanted.url, .reason = fault->reason, .kind = fault->too_long ? Kind::wrong_digest : Kind::unreachable});
      continue;
    }
    const std::string digest = digest_of_file(part, wanted.digest);
    if (digest == wanted.digest) {
      fs::rename(part, wanted.file);
    } else {
      fs::remove(part);
      failures.push_back({.source = wanted.url, .reason = fmt::format("its digest is {}", digest), .kind = Kind::wrong_digest});
    }
  }
  return failures;
}

}  // namespace kmpack
