#include "verify/packed_modules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "wrap/archive.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;

class Reading {
 public:
  explicit Reading(fs::path package) : package_(std::move(package)) {}

  void take(const ArchiveMember& member, MemberData& data) {
    const fs::path name = plain(member.name);
    if (name.empty()) return;
    check_parents(name);
    if (member.type != MemberType::directory) others_.insert(name);
    if (!is_module_file(name.filename().string())) return;
    if (member.type == MemberType::hardlink) {
      const auto target = modules_.find(plain(member.link));
      if (target == modules_.end()) hostile(member.name, "is a hard link to what is no module before it");
      keep(name, std::string(target->second));
    } else if (member.type == MemberType::file) {
      keep(name, data.all(kMostBytes - bytes_));
    }
  }

  std::vector<PackedModule> finish() {
    std::vector<PackedModule> found;
    for (auto& [name, bytes] : modules_) found.push_back({.installed = "/" / name, .bytes = std::move(bytes)});
    return found;
  }

 private:
  [[noreturn]] void hostile(const std::string& member, const std::string& why) const {
    throw Error({.code = "archive-hostile",
                 .message = fmt::format("{}: the member '{}' {}", package_.string(), member, why),
                 .hint = "do not install this package; ask whoever made it"});
  }

  /// `./lib/x` as `lib/x`; the root itself is empty.
  fs::path plain(const std::string& stored) const {
    std::string_view name = stored;
    if (name.starts_with("./")) name.remove_prefix(2);
    while (name.ends_with('/')) name.remove_suffix(1);
    if (name.empty() || name == ".") return {};
    // What a package manager would make of such a name is not for us to guess.
    if (!is_safe_relative(name)) hostile(stored, "does not stay below the root");
    return name;
  }

  void check_parents(const fs::path& name) const {
    for (fs::path parent = name.parent_path(); !parent.empty(); parent = parent.parent_path()) {
      if (others_.contains(parent))
        hostile(name.string(), fmt::format("lies below '{}', which is not a directory", parent.string()));
    }
  }

  void keep(const fs::path& name, std::string bytes) {
    bytes_ += bytes.size();
    if (bytes_ > kMostBytes) hostile(name.string(), fmt::format("is past the limit of {} bytes", kMostBytes));
    modules_[name] = std::move(bytes);
  }

  fs::path package_;
  std::set<fs::path> others_;  ///< all that are not directories
  std::map<fs::path, std::string> modules_;
  std::uint64_t bytes_ = 0;
};

bool is_module(const ContentEntry& entry) { return is_module_file(entry.path.filename().string()); }

}  // namespace

std::vector<PackedModule> packed_modules(const PackageContents& contents, std::stop_token stop) {
  const bool deb = contents.family == PackageFamily::deb;
  // A deb's list was read from the very archive that holds the files; an rpm's stands in its header.
  if (deb && std::ranges::none_of(contents.entries, is_module)) return {};
  Reading reading(contents.file);
  const ArchiveSource source = deb ? ArchiveSource{contents.file, "data.tar"} : ArchiveSource{contents.file};
  read_archive(
      source, [&](const ArchiveMember& member, MemberData& data) { reading.take(member, data); }, std::move(stop));
  return reading.finish();
}

}  // namespace kmpack
