#include "build/source_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "build/given_object.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/archive.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {".git", ".hg", ".svn", ".bzr", ".kmpack", ".tmp_versions", "Module.symvers", "modules.order", ".module-common.o"});
constexpr auto kSuffixes = std::to_array<std::string_view>({".o", ".ko", ".mod", ".mod.c", ".o.d"});

constexpr std::string_view kRecord = ".cmd";
constexpr std::string_view kObjectRecord = ".o.cmd";

[[noreturn]] void throw_missing(const SourceSpec& source, const fs::path& path, std::string_view what) {
  throw Error({.code = "source-missing",
               .message = fmt::format("the source {} {} does not exist", what, path.string()),
               .where = source.where,
               .notes = {},
               .hint = "check the path in the manifest; it is relative to the manifest's folder"});
}

/// Does a link stay in its tree? Read as text: `a/../../x` counts as leaving even where `a` is a link deeper down.
bool stays_inside(const fs::path& link, const fs::path& target) {
  if (target.is_absolute()) return false;
  const fs::path landed = (link.parent_path() / target).lexically_normal();
  return landed.empty() || *landed.begin() != "..";
}

/// Does a text that kmpack may have generated say so near its start, in a line of its own?
bool says_made_by_kmpack(const fs::path& file) {
  if (!fs::is_regular_file(fs::symlink_status(file))) return false;
  std::ifstream text(file);
  std::string line;
  for (int number = 0; number < 3 && std::getline(text, line); ++number) {
    if (line.starts_with("# Made by kmpack")) return true;
  }
  return false;
}

/// A spec, or a source tree with a debian/ in it, of `generate`.
bool is_generated(const fs::path& place) {
  return (place.extension() == ".spec" && says_made_by_kmpack(place)) || says_made_by_kmpack(place / "debian/rules");
}

/// What kmpack writes next to a manifest by default is not source.
bool is_our_output(const fs::path& directory, const TreeEntry& entry) {
  if (entry.type != EntryType::directory || entry.relative != "dist") return false;
  const fs::path output = directory / "dist";
  if (fs::exists(output / "report.json") || fs::exists(output / "logs")) return true;
  return std::ranges::any_of(fs::directory_iterator(output), [](const auto& found) { return is_generated(found.path()); });
}

void copy_directory(const SourceSpec& source, const fs::path& destination, const fs::path& workspace,
                    std::vector<fs::path>& skipped_links, const std::stop_token& stop) {
  if (!fs::is_directory(source.directory)) throw_missing(source, source.directory, "directory");
  const std::vector<TreeEntry> entries = source_entries(source.directory, workspace, skipped_links);
  make_directories(destination);
  for (const TreeEntry& entry : entries) {
    if (stop.stop_requested()) throw Cancelled{};
    const fs::path from = source.directory / entry.relative;
    const fs::path to = destination / entry.relative;
    std::error_code error;
    switch (entry.type) {
      case EntryType::directory:
        make_directories(to);
        break;
      case EntryType::file:
        clone_file(from, to);
        break;
      case EntryType::symlink:
        fs::copy_symlink(from, to, error);
        break;
      case EntryType::other:
        break;
    }
    if (error) throw_system_error(error.value(), "cannot create the link", to);
  }
}

/// Of what a build leaves, and version control.
bool has_name_of_rest(const TreeEntry& entry) {
  const std::string name = entry.relative.filename().string();
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  if (entry.type == EntryType::directory) return false;
  if (name.starts_with('.') && (name.ends_with(".cmd") || name.ends_with(".d"))) return true;
  for (const std::string_view suffix : kSuffixes) {
    if (name.ends_with(suffix)) return true;
  }
  return false;
}

EntryType entry_type(MemberType type) {
  switch (type) {
    case MemberType::directory:
      return EntryType::directory;
    case MemberType::symlink:
      return EntryType::symlink;
    case MemberType::file:
    case MemberType::hardlink:
      return EntryType::file;
    case MemberType::character_device:
    case MemberType::other:
      break;
  }
  return EntryType::other;
}

bool may_be_object(const fs::path& name) { return name.native().ends_with(".o") || name.native().ends_with(kObjectRecord); }

/// Whether an object is source can be told once its neighbours are there.
void unpack(const fs::path& archive, const fs::path& destination, std::stop_token stop) {
  ExtractOptions options;
  options.wanted = [](const ArchiveMember& member) {
    return may_be_object(member.name) || !has_name_of_rest({member.name, entry_type(member.type)});
  };
  extract_archive(archive, destination, options, std::move(stop));
  std::vector<fs::path> rest;
  for (const TreeEntry& entry : walk(destination)) {
    if (is_left_out(destination, entry)) rest.push_back(destination / entry.relative);
  }
  for (const fs::path& file : rest) fs::remove(file);
}

}  // namespace

void check_source_digest(const SourceSpec& source) {
  if (!fs::exists(source.archive)) throw_missing(source, source.archive, "archive");
  const std::string found = sha256_of_file(source.archive);
  if (source.sha256.empty() || found == source.sha256) return;
  throw Error(
      {.code = "source-digest",
       .message = fmt::format("the archive {} is not the one the manifest names", source.archive.string()),
       .where = source.where,
       .notes = {fmt::format("SHA-256 in the manifest: {}", source.sha256), fmt::format("SHA-256 of the file: {}", found)},
       .hint = "get the right archive, or correct sha256 when the change is meant"});
}

bool is_left_out(const fs::path& directory, const TreeEntry& entry) {
  if (!has_name_of_rest(entry)) return false;
  if (entry.type == EntryType::directory) return true;
  const std::string name = entry.relative.filename().string();
  const fs::path place = (directory / entry.relative).parent_path();
  // With an object that is kept its record is, too: modpost asks for it.
  const bool is_record = name.starts_with('.') && name.ends_with(kObjectRecord);
  return !is_given_object(place / (is_record ? name.substr(1, name.size() - 1 - kRecord.size()) : name));
}

std::vector<TreeEntry> source_entries(const fs::path& directory, const fs::path& workspace,
                                      std::vector<fs::path>& skipped_links) {
  const fs::path ours = workspace.empty() ? fs::path() : fs::absolute(workspace).lexically_normal();
  const fs::path root = fs::absolute(directory).lexically_normal();
  auto entries = walk(directory, [&](const TreeEntry& entry) {
    if (is_left_out(directory, entry) || entry.type == EntryType::other || is_our_output(directory, entry)) return true;
    if (!ours.empty() && (root / entry.relative).lexically_normal() == ours) return true;
    if (entry.type != EntryType::symlink) return false;
    if (stays_inside(entry.relative, fs::read_symlink(directory / entry.relative))) return false;
    skipped_links.push_back(entry.relative);
    return true;
  });
  std::ranges::sort(skipped_links);
  return entries;
}

fs::path copy_source(const SourceSpec& source, const fs::path& destination, const fs::path& workspace,
                     std::vector<fs::path>& skipped_links, std::stop_token stop) {
  if (source.archive.empty()) {
    copy_directory(source, destination, workspace, skipped_links, stop);
  } else {
    check_source_digest(source);
    unpack(source.archive, destination, std::move(stop));
  }
  const fs::path root = source.subdirectory.empty() ? destination : (destination / source.subdirectory).lexically_normal();
  if (!fs::is_directory(root)) throw_missing(source, source.subdirectory, "subdirectory");
  return root;
}

}  // namespace kmpack
