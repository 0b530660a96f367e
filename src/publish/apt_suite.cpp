#include "publish/apt_suite.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "publish/apt_trust.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

[[noreturn]] void refuse_damaged(std::string message) {
  throw Error({.code = "repository-damaged",
               .message = std::move(message),
               .where = {},
               .notes = {},
               .hint = "put it back as it was, or make the repository anew in an empty directory"});
}

/// A list in the bytes that the Release was signed for.
std::string read_list(const fs::path& dist, const std::string& list, const AptRelease::Entry& entry) {
  const fs::path file = dist / by_hash(list, entry.sha256);
  if (!is_safe_relative(by_hash(list, entry.sha256)) || !fs::is_regular_file(file))
    refuse_damaged(fmt::format("{} is named by its Release, and not there", file.string()));
  std::string text = read_file(file);
  if (sha256_of(text) != entry.sha256) refuse_damaged(fmt::format("{} is not what its Release says", file.string()));
  return text;
}

/// `main/binary-amd64/Packages` -> main and amd64.
std::optional<std::pair<std::string, std::string>> place_of_packages(const std::string& list) {
  const std::vector<std::string_view> parts = split(list, '/');
  if (parts.size() != 3 || !parts[1].starts_with("binary-") || parts[2] != "Packages") return std::nullopt;
  return std::pair{std::string(parts[0]), std::string(parts[1].substr(7))};
}

void take_packages(AptSuite& suite, const fs::path& directory, const std::string& component, std::string_view text,
                   const std::string& name) {
  for (StockedDeb& deb : parse_packages(text, name, directory)) {
    auto& stock = suite.stock[component];
    if (stock.contains(deb.identity())) continue;
    if (!fs::exists(deb.file)) {
      // Packages for all architectures are listed more than once.
      if (std::ranges::find(suite.gone, deb.location, &StockedDeb::location) == suite.gone.end())
        suite.gone.push_back(std::move(deb));
      continue;
    }
    const std::string identity = deb.identity();
    stock.emplace(identity, std::move(deb));
  }
}

}  // namespace

std::vector<std::string> suites_of(const fs::path& directory) {
  std::vector<std::string> names;
  if (!fs::is_directory(directory / "dists")) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory / "dists")) {
    const std::string name = entry.path().filename().string();
    // A link is another name of a suite, and no suite of its own.
    if (!name.starts_with('.') && !entry.is_symlink() &&
        (fs::exists(entry.path() / "Release") || fs::exists(entry.path() / "InRelease")))
      names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

AptSuite read_suite(const fs::path& directory, const std::string& name, CommandRunner& runner, const std::stop_token& stop) {
  const fs::path dist = directory / "dists" / name;
  TrustedRelease release = read_trusted_release(dist, runner, stop);
  AptSuite suite{.name = name, .signers = std::move(release.signers)};
  suite.release = parse_release(release.text, (dist / "Release").string());
  for (const auto& [list, entry] : suite.release->files) {
    const auto place = place_of_packages(list);
    if (!place) continue;
    const auto& [component, architecture] = *place;
    suite.stock.try_emplace(component);
    take_packages(suite, directory, component, read_list(dist, list, entry), (dist / list).string());
    const std::string contents = fmt::format("{}/Contents-{}.xz", component, architecture);
    const auto listed = suite.release->files.find(contents);
    if (listed != suite.release->files.end())
      suite.contents[component][architecture] = parse_contents(decompressed(read_list(dist, contents, listed->second)));
  }
  return suite;
}

}  // namespace kmpack
