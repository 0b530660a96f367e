#include "package/source_archive.hpp"

#include <vector>

#include "build/source_copy.hpp"
#include "kmpack/diagnostic.hpp"
#include "wrap/archive.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_program(const fs::path& file) { return (fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none; }

}  // namespace

void write_source_archive(const fs::path& source, const fs::path& workspace, const SourceArchive& wanted,
                          const std::stop_token& stop) {
  std::vector<fs::path> skipped;
  ArchiveWriter archive(wanted.place, {.format = ArchiveFormat::tar, .filter = ArchiveFilter::xz});
  archive.add({.name = wanted.top.string(), .type = MemberType::directory, .mode = 0755, .mtime = wanted.epoch});
  for (const TreeEntry& entry : source_entries(source, workspace, skipped)) {
    if (stop.stop_requested()) throw Cancelled{};
    if (wanted.skip && wanted.skip(entry)) continue;
    const fs::path from = source / entry.relative;
    ArchiveMember member{.name = (wanted.top / entry.relative).string(), .mode = 0755, .mtime = wanted.epoch};
    switch (entry.type) {
      case EntryType::directory:
        member.type = MemberType::directory;
        archive.add(member);
        break;
      case EntryType::symlink:
        member.type = MemberType::symlink;
        member.link = fs::read_symlink(from).string();
        archive.add(member);
        break;
      case EntryType::file:
        member.mode = is_program(from) ? 0755 : 0644;
        archive.add_file(member, from, stop);
        break;
      case EntryType::other:
        break;
    }
  }
  archive.finish();
}

}  // namespace kmpack
