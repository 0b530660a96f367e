#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"
#include "wrap/archive_handle.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr int kMaxLinksFollowed = 40;  // as the kernel's own limit; see path_resolution(7)

/// A directory inside the root, opened without following any link, and the last part of a member's name.
struct Spot {
  Descriptor parent;
  std::string leaf;
};

struct DirectoryTime {
  std::string name;
  std::int64_t mtime;
  mode_t mode;
};

std::array<timespec, 2> times_of(std::int64_t seconds) {
  const timespec stamp{.tv_sec = seconds, .tv_nsec = 0};
  return {stamp, stamp};
}

class Extraction {
 public:
  Extraction(const ArchiveSource& source, const fs::path& root, const ExtractOptions& options)
      : archive_text_(source.text()),
        root_path_(root),
        options_(options),
        root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!root_) throw_system_error(errno, "cannot open the directory", root);
  }

  void take(const ArchiveMember& member, MemberData& data) {
    if (++members_ > options_.max_members)
      hostile(member.name, fmt::format("is past the limit of {} members", options_.max_members));
    const std::string name(detail::plain_name(member.name));
    if (name.empty()) return;  // the root itself
    check_name(member.name, name);
    ArchiveMember plain = member;
    plain.name = name;
    if (options_.wanted && !options_.wanted(plain)) return;
    put(plain, data);
  }

  /// What can be done only when all members are there: links may point at later ones, directories get entries.
  void finish() {
    for (const std::string& link : links_) check_stays_inside(link);
    for (auto entry = directories_.rbegin(); entry != directories_.rend(); ++entry) {
      const Spot spot = spot_of(entry->name);
      // Refused by nothing we can mend: the owner's bits are always set, so only a vanished directory fails.
      if (::fchmodat(spot.parent.get(), spot.leaf.c_str(), entry->mode, 0) != 0) fail("cannot write", entry->name);
      const auto times = times_of(entry->mtime);
      if (::utimensat(spot.parent.get(), spot.leaf.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        fail("cannot write", entry->name);
    }
  }

 private:
  [[noreturn]] void hostile(std::string_view member, std::string_view why) const {
    detail::throw_hostile(archive_text_, member, why);
  }
  [[noreturn]] void fail(std::string_view doing, const std::string& name) const {
    throw_system_error(errno, doing, root_path_ / name);
  }

  void check_name(std::string_view shown, std::string_view name) const {
    if (name.starts_with('/')) hostile(shown, "has an absolute name");
    for (const std::string_view part : split(name, '/')) {
      if (part == "..") hostile(shown, "has '..' in its name");
    }
    if (!is_safe_relative(fs::path(name))) hostile(shown, "has a name that is not safe to unpack");
  }

  void put(const ArchiveMember& member, MemberData& data) {
    switch (member.type) {
      case MemberType::file:
        return put_file(member, data);
      case MemberType::directory:
        return put_directory(member);
      case MemberType::symlink:
        return put_symlink(member);
      case MemberType::hardlink:
        return put_hardlink(member);
      case MemberType::character_device:
      case MemberType::other:
        hostile(member.name, "is a device, fifo or socket");
    }
  }

  /// Opens the member's directory part by part, making what is absent. A link on the way is an attack or a broken archive.
  ///
  /// Neighbours in an archive are neighbours on disk, so the directory of the last member is kept open: no member can put
  /// anything else in its place, for clear() removes no directory.
  Spot spot_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return {duplicate(root_, name), name};
    const std::string directory = name.substr(0, slash);
    if (!last_ || last_name_ != directory) {
      last_ = open_below_root(directory, name);
      last_name_ = directory;
    }
    return {duplicate(last_, name), name.substr(slash + 1)};
  }

  Descriptor duplicate(const Descriptor& directory, const std::string& name) const {
    Descriptor copy(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) fail("cannot open", name);
    return copy;
  }

  Descriptor open_below_root(const std::string& directory, const std::string& name) const {
    Descriptor at = duplicate(root_, name);
    for (const std::string_view view : split(directory, '/')) {
      const std::string part(view);
      if (::mkdirat(at.get(), part.c_str(), 0755) != 0 && errno != EEXIST) fail("cannot create the directory of", name);
      Descriptor next(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next && (errno == ENOTDIR || errno == ELOOP))
        hostile(name, fmt::format("lies below '{}', which is not a directory", part));
      if (!next) fail("cannot open the directory of", name);
      at = std::move(next);
    }
    return at;
  }

  void clear(const Spot& spot, const std::string& name) const {
    if (::unlinkat(spot.parent.get(), spot.leaf.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno == EISDIR) hostile(name, "would replace a directory by something else");
    fail("cannot write", name);
  }

  Descriptor create_file(const std::string& name) {
    const Spot spot = spot_of(name);
    const auto create = [&] {
      return Descriptor(
          ::openat(spot.parent.get(), spot.leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    };
    Descriptor file = create();
    if (!file && errno == EEXIST) {
      clear(spot, name);
      file = create();
    }
    if (!file) fail("cannot create", name);
    return file;
  }

  void put_file(const ArchiveMember& member, MemberData& data) {
    const Descriptor file = create_file(member.name);
    for (std::string_view piece = data.next(); !piece.empty(); piece = data.next()) {
      bytes_ += piece.size();
      if (bytes_ > options_.max_bytes) hostile(member.name, fmt::format("is past the limit of {} bytes", options_.max_bytes));
      write_all(file.get(), piece, member.name);
    }
    const mode_t mode = options_.modes == FileModes::read_only ? (member.mode & 0555U) | 0400U : (member.mode & 0777U) | 0600U;
    if (::fchmod(file.get(), mode) != 0) fail("cannot write", member.name);
    if (::futimens(file.get(), times_of(member.mtime).data()) != 0) fail("cannot write", member.name);
  }

  void write_all(int file, std::string_view bytes, const std::string& name) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot write", name);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void put_directory(const ArchiveMember& member) {
    const Spot spot = spot_of(member.name);
    if (::mkdirat(spot.parent.get(), spot.leaf.c_str(), 0755) != 0) {
      if (errno != EEXIST) fail("cannot create", member.name);
      struct stat found {};
      if (::fstatat(spot.parent.get(), spot.leaf.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) fail("cannot read", member.name);
      if (!S_ISDIR(found.st_mode)) hostile(member.name, "is a directory where something else lies");
    }
    directories_.push_back({member.name, member.mtime, (member.mode & 0777U) | 0700U});
  }

  void put_symlink(const ArchiveMember& member) {
    if (member.link.empty()) hostile(member.name, "is a link to nothing");
    const bool absolute = member.link.starts_with('/');
    if (absolute && options_.absolute_links == AbsoluteLinks::skip) return;
    if (absolute && options_.absolute_links == AbsoluteLinks::refuse) {
      hostile(member.name, fmt::format("is a link to '{}', outside of the archive", member.link));
    }
    const Spot spot = spot_of(member.name);
    clear(spot, member.name);
    if (::symlinkat(member.link.c_str(), spot.parent.get(), spot.leaf.c_str()) != 0) fail("cannot create the link", member.name);
    const auto times = times_of(member.mtime);
    if (::utimensat(spot.parent.get(), spot.leaf.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      fail("cannot write", member.name);
    if (!absolute) links_.push_back(member.name);
  }

  void put_hardlink(const ArchiveMember& member) {
    const std::string target(detail::plain_name(member.link));
    check_link_name(member, target);
    const Spot from = spot_of(target);
    struct stat found {};
    if (::fstatat(from.parent.get(), from.leaf.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(found.st_mode)) {
      hostile(member.name, fmt::format("is a hard link to '{}', which is not a file of this archive", member.link));
    }
    if (target == member.name) return;
    const Spot spot = spot_of(member.name);
    clear(spot, member.name);
    if (::linkat(from.parent.get(), from.leaf.c_str(), spot.parent.get(), spot.leaf.c_str(), 0) != 0) {
      fail("cannot create the link", member.name);
    }
  }

  void check_link_name(const ArchiveMember& member, const std::string& target) const {
    if (!target.empty() && is_safe_relative(fs::path(target))) return;
    hostile(member.name, fmt::format("is a hard link to '{}', outside of the archive", member.link));
  }

  /// Follows a link by hand, from part to part. Looking at the text alone is not enough: `a -> .` makes `a/a/..` one level higher
  /// than it reads. What is absent is taken as a plain directory.
  void check_stays_inside(const std::string& link) const {
    std::vector<std::string> here;
    std::vector<std::string> todo;
    const auto push = [&todo](std::string_view path) {
      const auto parts = split(path, '/');
      for (auto part = parts.rbegin(); part != parts.rend(); ++part) todo.emplace_back(*part);
    };
    push(link);
    int followed = 0;
    while (!todo.empty()) {
      const std::string part = std::move(todo.back());
      todo.pop_back();
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (here.empty()) hostile(link, "is a link that leaves the archive's root");
        here.pop_back();
        continue;
      }
      here.push_back(part);
      const std::string target = link_target(here);
      if (target.empty()) continue;
      if (++followed > kMaxLinksFollowed) return;  // a circle: opening it fails, so it leads nowhere
      if (target.starts_with('/')) return;         // kept on purpose; see AbsoluteLinks
      here.pop_back();
      push(target);
    }
  }

  /// Where a path below the root points to; empty when it is no link. `parts` has no link but perhaps the last.
  [[nodiscard]] std::string link_target(const std::vector<std::string>& parts) const {
    std::array<char, 4096> target{};
    const ssize_t length = ::readlinkat(root_.get(), joined(parts, "/").c_str(), target.data(), target.size());
    return length <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
  }

  std::string archive_text_;
  fs::path root_path_;
  const ExtractOptions& options_;
  Descriptor root_;
  Descriptor last_;        ///< directory of the last member
  std::string last_name_;  ///< below the root
  std::uint64_t members_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> links_;
  std::vector<DirectoryTime> directories_;
};

}  // namespace

void extract_into(const ArchiveSource& source, const fs::path& directory, const ExtractOptions& options, std::stop_token stop) {
  Extraction extraction(source, directory, options);
  read_archive(
      source, [&](const ArchiveMember& member, MemberData& data) { extraction.take(member, data); }, std::move(stop));
  extraction.finish();
}

void extract_archive(const ArchiveSource& source, const fs::path& destination, const ExtractOptions& options,
                     std::stop_token stop) {
  Staged staged(destination);
  make_directories(staged.path());
  extract_into(source, staged.path(), options, std::move(stop));
  staged.publish();
}

}  // namespace kmpack
