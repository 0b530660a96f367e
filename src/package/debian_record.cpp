#include "package/debian_record.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kRecord = "kmpack.sha256";
/// Between digest and name, as sha256sum has it.
constexpr std::string_view kGap = "  ";

using Digests = std::map<fs::path, std::string>;

Digests read_record(const fs::path& file) {
  Digests digests;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t gap = line.find(kGap);
    if (gap != std::string::npos) digests[line.substr(gap + kGap.size())] = line.substr(0, gap);
  }
  return digests;
}

bool is_debhelpers(const fs::path& file) {
  constexpr auto kEndings = std::to_array<std::string_view>({".substvars", ".debhelper", ".debhelper.log"});
  if (file == "files" || file == "debhelper-build-stamp") return true;
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return file.native().ends_with(ending); });
}

/// Directories of a build are not looked into: a package's, debian/build, .debhelper.
std::set<fs::path> own_directories(const Digests& recorded) {
  std::set<fs::path> directories{"", "patches", "source", "tests", "upstream"};
  for (const auto& [file, digest] : recorded) directories.insert(file.parent_path());
  return directories;
}

}  // namespace

void record_debian_files(const fs::path& debian) {
  std::string text;
  for (const TreeEntry& entry : walk(debian)) {
    if (entry.type != EntryType::file || entry.relative == kRecord) continue;
    text.append(sha256_of_file(debian / entry.relative)).append(kGap).append(entry.relative.native()).append("\n");
  }
  write_file(debian / kRecord, text);
}

std::optional<fs::path> changed_debian_file(const fs::path& debian) {
  if (!fs::is_regular_file(debian / kRecord)) return kRecord;
  const Digests recorded = read_record(debian / kRecord);
  for (const auto& [file, digest] : recorded) {
    if (!fs::is_regular_file(debian / file) || sha256_of_file(debian / file) != digest) return file;
  }
  const std::set<fs::path> directories = own_directories(recorded);
  for (const TreeEntry& entry : walk(debian)) {
    const fs::path& file = entry.relative;
    if (entry.type == EntryType::directory || file == kRecord || recorded.contains(file) || is_debhelpers(file)) continue;
    if (directories.contains(file.parent_path())) return file;
  }
  return std::nullopt;
}

}  // namespace kmpack
