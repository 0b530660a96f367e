#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "wrap/xz_stream.hpp"

namespace kmpack {

enum class MemberType { file, directory, symlink, hardlink, character_device, other };

/// One entry of an archive. The name is as stored (without a directory's last slash) and hostile until checked: absolute, `..`,
/// anything.
struct ArchiveMember {
  std::string name;
  MemberType type = MemberType::file;
  std::uint64_t size = 0;  ///< bytes of data; files only. A writer takes it from the data itself
  unsigned mode = 0644;    ///< permission bits with setuid, setgid, sticky (0 to 07777)
  std::int64_t mtime = 0;  ///< seconds since 1970
  std::string link;        ///< target of a symlink, name of the other member of a hardlink
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::string owner = "root";
  std::string group = "root";
  unsigned device_major = 0;  ///< of a character_device
  unsigned device_minor = 0;
};

/// The content of the member being visited; what is not read is skipped.
class MemberData {
 public:
  virtual ~MemberData() = default;
  /// The next piece, valid until the next call; empty at the end. Errors: archive-unreadable.
  virtual std::string_view next() = 0;
  /// Everything that is left. Errors: archive-unreadable, archive-hostile when it is more than `limit` bytes.
  std::string all(std::uint64_t limit = std::uint64_t{1} << 30);
};

/// An archive on disk, or one inside it.
struct ArchiveSource {
  std::filesystem::path file;
  std::string inner;  ///< start of the name of the member that is the archive meant: `data.tar` of a .deb; empty: the file itself

  ArchiveSource(std::filesystem::path path) : file(std::move(path)) {}  // NOLINT(google-explicit-constructor): a path is a source
  ArchiveSource(std::filesystem::path path, std::string member) : file(std::move(path)), inner(std::move(member)) {}
  /// `FILE` or `FILE (INNER)`, for messages.
  [[nodiscard]] std::string text() const;
};

using ArchiveVisitor = std::function<void(const ArchiveMember&, MemberData&)>;

/// Call `visit` for every member in archive order.
///
/// Shape:   tar (all dialects), cpio, ar, zip and rpm payloads; gzip, bzip2, xz, lzma, zstd. No format that runs programs or
///          refers to other files of this machine.
/// Errors:  archive-unreadable (absent, not an archive, truncated, corrupt, no such inner member). Throws Cancelled.
/// Threads: safe from many; each call has its own reader.
void read_archive(const ArchiveSource& source, const ArchiveVisitor& visit, std::stop_token stop = {});
/// The same over bytes in memory; `name` stands for the file in messages.
void read_archive_bytes(std::string_view bytes, const std::string& name, const ArchiveVisitor& visit, std::stop_token stop = {});

/// Call `take` for each piece of a file's content, decompressed where its first bytes say gzip, bzip2, xz or zstd.
///
/// Errors:  archive-unreadable (absent, truncated, corrupt). Throws what `take` throws, and Cancelled.
/// Threads: safe from many.
void read_compressed(const std::filesystem::path& file, const std::function<void(std::string_view)>& take,
                     std::stop_token stop = {});

/// What becomes of a symlink whose target is absolute. A relative one that leaves the root is always refused.
enum class AbsoluteLinks { refuse, skip, keep };

/// May the owner write to unpacked files? Directories stay writable in either case.
enum class FileModes { writable, read_only };

struct ExtractOptions {
  AbsoluteLinks absolute_links = AbsoluteLinks::refuse;
  FileModes modes = FileModes::writable;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;  ///< of unpacked content
  std::uint64_t max_members = 1'000'000;
  std::function<bool(const ArchiveMember&)> wanted;  ///< only these are unpacked; names without leading `./`; empty: all
};

/// Unpack below `destination`, which appears only when all went well; an existing directory there is replaced.
///
/// Shape:   mtimes and permission bits kept (never setuid or setgid, owner can always read and write), owners not; root is not
/// needed. Errors:  archive-unreadable, archive-hostile (absolute or `..` name, a link that leaves the root, a member below a
/// link, a device,
///          more than the limits), file-unwritable, disk-full. Throws Cancelled. In each case nothing is left.
/// Threads: safe from many, into different places.
void extract_archive(const ArchiveSource& source, const std::filesystem::path& destination, const ExtractOptions& options = {},
                     std::stop_token stop = {});
/// Unpack into a directory that exists and is the caller's to stage (several archives into one root). Files there are replaced.
/// After an error the directory holds a part.
void extract_into(const ArchiveSource& source, const std::filesystem::path& directory, const ExtractOptions& options = {},
                  std::stop_token stop = {});

enum class ArchiveFormat {
  tar,        ///< GNU tar, what dpkg-deb writes and reads
  ar,         ///< common ar with plain names, as the outside of a .deb; member names of at most 15 bytes
  cpio_newc,  ///< initramfs, rpm payload
  raw         ///< the bytes of one member and nothing else: a compressed file
};
enum class ArchiveFilter { none, gzip, xz, zstd };

struct WriterOptions {
  ArchiveFormat format = ArchiveFormat::tar;
  ArchiveFilter filter = ArchiveFilter::none;
  int level = -1;        ///< of the filter; -1: its default
  unsigned threads = 1;  ///< that xz may use; the bytes are the same with any number
  XzContent content = XzContent::any;
};

/// Writes an archive member by member. The same members give the same bytes: no clock, no host names.
///
/// Shape:   members come out in the order they are added; owner, mode and mtime as given. Parent directories are not made up.
/// Errors:  file-unwritable, disk-full, file-unreadable (add_file).
/// Threads: one object, one thread.
/// Source:  deb(5), tar(5), linux Documentation/driver-api/early-userspace/buffer-format.rst.
class ArchiveWriter {
 public:
  /// To a file, which appears at finish(); nothing is left when the writer is destroyed before.
  ArchiveWriter(std::filesystem::path file, const WriterOptions& options);
  /// To memory; take the bytes with finish_bytes().
  explicit ArchiveWriter(const WriterOptions& options);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  void add(const ArchiveMember& member, std::string_view data = {});
  /// A file member whose data is that of `content`; `member` gives name, mode, mtime and owner.
  void add_file(const ArchiveMember& member, const std::filesystem::path& content, std::stop_token stop = {});
  void finish();
  std::string finish_bytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kmpack
