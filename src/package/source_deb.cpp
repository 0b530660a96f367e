#include "package/source_deb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "build/source_copy.hpp"
#include "kmpack/diagnostic.hpp"
#include "package/debian_record.hpp"
#include "package/source_archive.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// How the name of an upstream archive ends that dpkg-source takes.
///
/// Source:  dpkg-source(1), 3.0 (quilt); Dpkg::Compression.
std::optional<std::string> archive_ending(const fs::path& archive) {
  constexpr auto kEndings = std::to_array<std::pair<std::string_view, std::string_view>>({{".tar.gz", "gz"},
                                                                                          {".tgz", "gz"},
                                                                                          {".tar.bz2", "bz2"},
                                                                                          {".tbz2", "bz2"},
                                                                                          {".tar.xz", "xz"},
                                                                                          {".txz", "xz"},
                                                                                          {".tar.lzma", "lzma"}});
  for (const auto& [ending, compression] : kEndings) {
    if (archive.native().ends_with(ending)) return std::string(compression);
  }
  return std::nullopt;
}

/// Of every member of an orig tarball, 1980-01-01: archives take one content for a version, whenever it was packed.
constexpr std::int64_t kUpstreamEpoch = kStartOf1980;

fs::path tree_name(const DebianSource& source) { return source.name + "-" + source.version; }

/// What belongs to a source package starts like this, as `.dsc` and `.orig.tar.xz`.
std::string file_prefix(const DebianSource& source) { return source.name + "_" + source.version; }

bool is_below(const fs::path& place, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), place.begin(), place.end()).first == directory.end();
}

/// What of a source directory is not upstream's: a debian/, which dpkg-source takes away, and what was generated into it before.
std::function<bool(const TreeEntry&)> not_upstreams(const DebianSource& source, const fs::path& directory,
                                                    const fs::path& output) {
  const fs::path inside = fs::weakly_canonical(output).lexically_relative(fs::weakly_canonical(directory));
  return [inside, tree = tree_name(source), prefix = file_prefix(source)](const TreeEntry& entry) {
    const fs::path top = *entry.relative.begin();
    if (top == "debian") return true;
    if (inside != ".") return is_below(entry.relative, inside);
    return top == tree || (entry.type == EntryType::file && entry.relative.native().starts_with(prefix));
  };
}

/// Made of a directory, or of an archive that dpkg-source does not take, with one top directory either way.
void pack_again(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places, const fs::path& place,
                const std::stop_token& stop) {
  fs::path from = manifest.source.directory;
  if (!manifest.source.archive.empty()) {
    from = places.scratch / "unpacked";
    extract_archive(manifest.source.archive, from, {}, stop);
    from /= source_top(manifest, stop);
  }
  write_source_archive(
      from, places.workspace,
      {.place = place, .top = tree_name(source), .epoch = kUpstreamEpoch, .skip = not_upstreams(source, from, places.output)},
      stop);
}

fs::path write_upstream(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places,
                        const std::stop_token& stop) {
  if (!manifest.source.archive.empty()) check_source_digest(manifest.source);
  const std::optional<std::string> ending =
      manifest.source.archive.empty() ? std::nullopt : archive_ending(manifest.source.archive);
  fs::path place = places.scratch / fmt::format("{}_{}.orig.tar.{}", source.name, source.version, ending.value_or("xz"));
  if (ending) {
    clone_file(manifest.source.archive, place);
  } else {
    pack_again(source, manifest, places, place, stop);
  }
  return place;
}

/// As dpkg-source unpacks it, so that it finds no difference afterwards.
fs::path unpack(const fs::path& archive, const DebianPlaces& places, const std::stop_token& stop) {
  const fs::path place = places.scratch / "upstream";
  extract_archive(archive, place, {}, stop);
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(place)) found.push_back(entry.path());
  return found.size() == 1 && fs::is_directory(fs::symlink_status(found.front())) ? found.front() : place;
}

/// Files of the user may be called anything, and what dpkg-source passes over by itself would be missing without a word.
///
/// Source:  dpkg-source(1), --tar-ignore: its default patterns hold as long as no other is given.
constexpr std::string_view kSourceOptions =
    "# Nothing of debian/ is left out, not even what the default patterns name, as *.a.\n"
    "tar-ignore = \"/nothing\"\n";

void write_debian(const DebianSource& source, const fs::path& tree) {
  remove_tree(tree / "debian");
  make_directories(tree / "debian/source");
  write_file(tree / "debian/source/options", kSourceOptions);
  for (const DebianFile& file : source.files) {
    const fs::path place = tree / "debian" / file.place;
    make_directories(place.parent_path());
    write_file(place, file.file.empty() ? file.content : read_file(file.file), static_cast<fs::perms>(file.mode));
  }
  record_debian_files(tree / "debian");
}

[[noreturn]] void throw_foreign(std::string message, std::string hint) {
  throw Error({.code = "debian-tree-foreign", .message = std::move(message), .hint = std::move(hint)});
}

void refuse_foreign_tree(const fs::path& tree) {
  if (!fs::exists(fs::symlink_status(tree))) return;
  const std::string hint = "move it away, or choose another directory with --output";
  const fs::path rules = tree / "debian/rules";
  if (!fs::exists(rules) || read_file(rules).find("\n# Made by kmpack") == std::string::npos) {
    throw_foreign(fmt::format("{} is there already and was not made by kmpack", tree.string()), hint);
  }
  const std::optional<fs::path> changed = changed_debian_file(tree / "debian");
  if (changed) throw_foreign(fmt::format("{} was changed after kmpack had made it", (tree / "debian" / *changed).string()), hint);
}

/// Only one orig tarball may lie beside a tree, and archives refuse another content for a version that they have.
///
/// Source:  dpkg-source(1), 3.0 (quilt); Dpkg::Source::Package (find_original_tarballs).
void refuse_foreign_tarball(const fs::path& ours, const fs::path& output) {
  const std::string name = ours.filename().string();
  const std::string start = name.substr(0, name.rfind('.') + 1);
  for (const auto& entry : fs::directory_iterator(output)) {
    const std::string found = entry.path().filename().string();
    if (!found.starts_with(start) || found.ends_with(".asc")) continue;
    if (found != name) {
      throw_foreign(fmt::format("{} is there already, and dpkg-source takes no other beside it", entry.path().string()),
                    fmt::format("remove it, or choose another directory with --output; kmpack writes {}", name));
    }
    if (sha256_of_file(entry.path()) != sha256_of_file(ours)) {
      throw_foreign(fmt::format("{} is there already, with another content than the source has now", entry.path().string()),
                    "raise the version in the manifest; if that tarball was never given away, remove it");
    }
  }
}

}  // namespace

fs::path source_top(const Manifest& manifest, const std::stop_token& stop) {
  if (manifest.source.archive.empty()) return {};
  std::set<fs::path> tops;
  bool file_at_top = false;
  read_archive(
      manifest.source.archive,
      [&](const ArchiveMember& member, MemberData&) {
        const fs::path name = fs::path(member.name).lexically_normal();
        if (name.empty() || name == "." || name == "./") return;
        tops.insert(*name.begin());
        const bool alone = !name.has_parent_path() || name.parent_path() == ".";
        file_at_top = file_at_top || (alone && member.type != MemberType::directory);
      },
      stop);
  return tops.size() == 1 && !file_at_top ? *tops.begin() : fs::path();
}

fs::path write_source_tree(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places,
                           std::stop_token stop) {
  const fs::path place = places.output / tree_name(source);
  refuse_foreign_tree(place);
  remove_tree(places.scratch);
  make_directories(places.scratch);
  make_directories(places.output);
  const fs::path orig = write_upstream(source, manifest, places, stop);
  refuse_foreign_tarball(orig, places.output);
  const fs::path upstream = unpack(orig, places, stop);
  write_debian(source, upstream);
  Staged staged(place);
  copy_tree(upstream, staged.path());
  staged.publish();
  return place;
}

std::vector<fs::path> write_dsc(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places,
                                CommandRunner& runner, std::stop_token stop) {
  write_upstream(source, manifest, places, stop);
  const fs::path tree = places.scratch / tree_name(source);
  remove_tree(tree);
  copy_tree(places.output / tree_name(source), tree);
  Command command{.program = "dpkg-source", .environment = scrubbed_environment(source.epoch), .directory = places.scratch};
  // Compressed with one thread and one level, whatever the machine.
  command.args = {"-Zxz", "-z6", "--no-preparation", "-b", tree.filename().string()};
  run_checked(runner, command, std::move(stop));
  std::vector<fs::path> made;
  for (const auto& entry : fs::directory_iterator(places.scratch)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.starts_with(file_prefix(source))) made.push_back(entry.path());
  }
  std::ranges::sort(made);
  const auto is_dsc = [](const fs::path& file) { return file.extension() == ".dsc"; };
  // Whoever sees the .dsc sees what it names.
  std::ranges::stable_partition(made, std::not_fn(is_dsc));
  for (fs::path& file : made) {
    Staged staged(places.output / file.filename());
    clone_file(file, staged.path());
    staged.publish();
    file = places.output / file.filename();
  }
  std::ranges::stable_partition(made, is_dsc);
  return made;
}

}  // namespace kmpack
