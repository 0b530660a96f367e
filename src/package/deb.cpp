#include "package/deb.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "package/deb_control.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// dpkg-deb's default level: what users download and mirrors keep is smaller by a sixth than at 2, for four times the work.
WriterOptions tarball(unsigned threads, XzContent content = XzContent::any) {
  if (threads == 0) threads = std::thread::hardware_concurrency();
  return {.format = ArchiveFormat::tar, .filter = ArchiveFilter::xz, .level = 6, .threads = threads, .content = content};
}

struct Content {
  std::uint64_t kib = 0;
  std::string md5sums;
  std::string tarball;
};

std::string plain(const fs::path& path) { return path.relative_path().generic_string(); }

ArchiveMember directory_member(const fs::path& path, std::int64_t epoch) {
  const std::string name = plain(path);
  return {.name = name.empty() ? "./" : "./" + name + "/", .type = MemberType::directory, .mode = 0755, .mtime = epoch};
}

/// What the size on disk is taken for: whole KiB, one for a directory. Source: dpkg-gencontrol(1), Installed-Size.
std::uint64_t kib_of(std::uint64_t bytes) { return (bytes + 1023) / 1024; }

Content write_data(const PackageModel& model, unsigned threads, const std::stop_token& stop) {
  Content content;
  // Sections of debug information are compressed, each for itself; their relocations are not.
  const bool debug = model.kind == PackageKind::debug_info;
  ArchiveWriter writer(tarball(threads, debug ? XzContent::relocations : XzContent::any));
  std::set<fs::path> made;
  const auto make_parents = [&](const fs::path& path) {
    fs::path place = "/";
    for (const fs::path& part : path.parent_path()) {
      place /= part;
      if (!made.insert(place).second) continue;
      writer.add(directory_member(place, model.epoch));
      ++content.kib;
    }
  };
  for (const PackedFile& file : model.files) {
    if (stop.stop_requested()) throw Cancelled{};
    make_parents(file.path);
    if (!file.link.empty()) {
      writer.add({.name = "./" + plain(file.path),
                  .type = MemberType::symlink,
                  .mode = 0777,
                  .mtime = model.epoch,
                  .link = file.link.native()});
      ++content.kib;
      continue;
    }
    const std::string bytes = file.source.empty() ? file.content : read_file(file.source);
    writer.add({.name = "./" + plain(file.path), .mode = file.mode, .mtime = model.epoch}, bytes);
    content.kib += kib_of(bytes.size());
    // Configuration files are the user's to change; dpkg keeps their digests itself.
    if (file.kind != FileKind::config) content.md5sums += fmt::format("{}  {}\n", md5_of(bytes), plain(file.path));
  }
  if (model.files.empty()) writer.add(directory_member("/", model.epoch));
  content.tarball = writer.finish_bytes();
  return content;
}

std::string conffiles_of(const PackageModel& model) {
  std::string text;
  for (const PackedFile& file : model.files) {
    if (file.kind == FileKind::config) text += file.path.generic_string() + "\n";
  }
  return text;
}

std::string control_tarball(const PackageModel& model, const std::map<std::string, std::string>& scripts,
                            const Content& content) {
  std::map<std::string, std::pair<std::string, unsigned>> members;
  if (std::string conffiles = conffiles_of(model); !conffiles.empty()) members["conffiles"] = {std::move(conffiles), 0644};
  for (const auto& [name, text] : scripts) members[name] = {text, 0755};
  // As dpkg-gencontrol counts under debhelper: the directory with what is there before the control file and the digests.
  std::uint64_t kib = content.kib + 1;
  for (const auto& [name, member] : members) kib += kib_of(member.first.size());
  members["control"] = {render_control(model, kib), 0644};
  members["md5sums"] = {content.md5sums, 0644};
  ArchiveWriter writer(tarball(1));
  writer.add(directory_member("/", model.epoch));
  for (const auto& [name, member] : members) {
    writer.add({.name = "./" + name, .mode = member.second, .mtime = model.epoch}, member.first);
  }
  return writer.finish_bytes();
}

}  // namespace

PackageFile write_deb(const PackageModel& model, const std::map<std::string, std::string>& scripts, const fs::path& directory,
                      unsigned threads, std::stop_token stop) {
  const Content content = write_data(model, threads, stop);
  const fs::path place = directory / fmt::format("{}_{}_{}.deb", model.name, model.full_version(), model.arch);
  ArchiveWriter writer(place, {.format = ArchiveFormat::ar});
  const auto member = [&](std::string name) { return ArchiveMember{.name = std::move(name), .mtime = model.epoch}; };
  writer.add(member("debian-binary"), "2.0\n");
  writer.add(member("control.tar.xz"), control_tarball(model, scripts, content));
  if (stop.stop_requested()) throw Cancelled{};
  writer.add(member("data.tar.xz"), content.tarball);
  writer.finish();
  return finished_package(model, place);
}

}  // namespace kmpack
