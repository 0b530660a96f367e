#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"
#include "wrap/archive_handle.hpp"
#include "wrap/xz_stream.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kChunk = 256 * 1024;

/// What xz packs with when nobody asks for a level.
constexpr int kXzLevel = 6;

/// Thrown through our own code only; State::write_error tells why.
struct WriteFailed {};

const char* filter_name(ArchiveFilter filter) {
  switch (filter) {
    case ArchiveFilter::gzip:
      return "gzip";
    case ArchiveFilter::zstd:
      return "zstd";
    case ArchiveFilter::xz:
    case ArchiveFilter::none:
      break;
  }
  return "";
}

void choose_format(archive* handle, ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::tar:
      archive_write_set_format_gnutar(handle);
      break;
    // The BSD flavour stores short names bare, as dpkg-deb does; the SVR4 one would add a slash.
    case ArchiveFormat::ar:
      archive_write_set_format_ar_bsd(handle);
      break;
    case ArchiveFormat::cpio_newc:
      archive_write_set_format_cpio_newc(handle);
      break;
    case ArchiveFormat::raw:
      archive_write_set_format_raw(handle);
      break;
  }
}

mode_t file_type(MemberType type) {
  switch (type) {
    case MemberType::directory:
      return AE_IFDIR;
    case MemberType::symlink:
      return AE_IFLNK;
    case MemberType::character_device:
      return AE_IFCHR;
    case MemberType::file:
    case MemberType::hardlink:
    case MemberType::other:
      break;
  }
  return AE_IFREG;
}

}  // namespace

struct ArchiveWriter::State {
  WriterOptions options;
  std::optional<Staged> staged;  // none: to memory
  fs::path place;
  Descriptor file;
  std::string bytes;
  int write_error = 0;
  bool abandoned = false;
  std::int64_t inode = 0;
  std::optional<XzStream> xz;  // in place of libarchive's filter, which has one thread or forgets between blocks
  detail::WriteHandle handle{archive_write_new()};

  explicit State(const WriterOptions& chosen) : options(chosen) {
    if (!handle) throw std::bad_alloc();
    choose_format(handle.get(), options.format);
    choose_filter();
    // No padding to tape blocks: an ar or cpio ends where its content ends.
    archive_write_set_bytes_per_block(handle.get(), 0);
  }

  void choose_filter() {
    archive* raw = handle.get();
    switch (options.filter) {
      case ArchiveFilter::none:
        archive_write_add_filter_none(raw);
        return;
      case ArchiveFilter::xz:
        archive_write_add_filter_none(raw);
        xz.emplace(
            XzEffort{.level = static_cast<unsigned>(options.level < 0 ? kXzLevel : options.level), .content = options.content},
            options.threads, [this](std::string_view piece) { put(piece); });
        return;
      case ArchiveFilter::gzip:
        archive_write_add_filter_gzip(raw);
        break;
      case ArchiveFilter::zstd:
        archive_write_add_filter_zstd(raw);
        break;
    }
    // gzip would stamp the time of day into its header.
    if (options.filter == ArchiveFilter::gzip) check(archive_write_set_filter_option(raw, "gzip", "timestamp", nullptr));
    if (options.level >= 0) {
      check(archive_write_set_filter_option(raw, filter_name(options.filter), "compression-level",
                                            std::to_string(options.level).c_str()));
    }
  }

  void open() { check(archive_write_open(handle.get(), this, nullptr, State::write, nullptr)); }

  /// Throws WriteFailed, and bad_alloc.
  void put(std::string_view piece) {
    if (!file) {
      bytes += piece;
      return;
    }
    while (!piece.empty()) {
      const ssize_t written = ::write(file.get(), piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        write_error = errno;
        throw WriteFailed{};
      }
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  static la_ssize_t write(archive* raw, void* self, const void* data, std::size_t size) noexcept {
    auto& state = *static_cast<State*>(self);
    if (state.abandoned) return static_cast<la_ssize_t>(size);
    const std::string_view piece(static_cast<const char*>(data), size);
    try {
      if (state.xz) {
        state.xz->add(piece);
      } else {
        state.put(piece);
      }
      return static_cast<la_ssize_t>(size);
    } catch (const WriteFailed&) {
      archive_set_error(raw, state.write_error, "write failed");
    } catch (const std::exception&) {
      state.write_error = ENOMEM;
      archive_set_error(raw, ENOMEM, "out of memory");
    }
    return -1;
  }

  void finish_xz() {
    if (!xz) return;
    try {
      xz->finish();
    } catch (const WriteFailed&) {
      throw_system_error(write_error, "cannot write", place);
    }
  }

  void check(la_ssize_t status) const {
    if (status >= ARCHIVE_OK || status == ARCHIVE_WARN) return;
    if (write_error != 0) throw_system_error(write_error, "cannot write", place);
    throw Error({.code = "file-unwritable",
                 .message = fmt::format("cannot write the archive {}: {}", place.string(), detail::message_of(handle.get()))});
  }

  void begin(const ArchiveMember& member, std::uint64_t size) {
    const detail::EntryHandle entry(archive_entry_new());
    if (!entry) throw std::bad_alloc();
    archive_entry* raw = entry.get();
    archive_entry_set_pathname(raw, member.name.c_str());
    archive_entry_set_mode(raw, file_type(member.type) | (member.mode & 07777U));
    archive_entry_set_mtime(raw, member.mtime, 0);
    archive_entry_set_uid(raw, member.uid);
    archive_entry_set_gid(raw, member.gid);
    archive_entry_set_uname(raw, member.owner.c_str());
    archive_entry_set_gname(raw, member.group.c_str());
    // cpio ties hard links together by inode, so every member has its own number.
    archive_entry_set_ino64(raw, ++inode);
    archive_entry_set_nlink(raw, member.type == MemberType::directory ? 2 : 1);
    if (member.type == MemberType::symlink) archive_entry_set_symlink(raw, member.link.c_str());
    if (member.type == MemberType::hardlink) archive_entry_set_hardlink(raw, member.link.c_str());
    if (member.type == MemberType::character_device) {
      archive_entry_set_rdevmajor(raw, member.device_major);
      archive_entry_set_rdevminor(raw, member.device_minor);
    }
    archive_entry_set_size(raw, static_cast<la_int64_t>(size));
    check(archive_write_header(handle.get(), raw));
  }

  void data(std::string_view piece) const {
    while (!piece.empty()) {
      const la_ssize_t written = archive_write_data(handle.get(), piece.data(), piece.size());
      check(written);
      KMPACK_ASSERT(written > 0);
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void end() const { check(archive_write_finish_entry(handle.get())); }
};

ArchiveWriter::ArchiveWriter(fs::path file, const WriterOptions& options) : state_(std::make_unique<State>(options)) {
  state_->place = file;
  state_->staged.emplace(std::move(file));
  const fs::path& part = state_->staged->path();
  state_->file = Descriptor(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!state_->file) throw_system_error(errno, "cannot create", part);
  state_->open();
}

ArchiveWriter::ArchiveWriter(const WriterOptions& options) : state_(std::make_unique<State>(options)) { state_->open(); }

ArchiveWriter::~ArchiveWriter() {
  // Freeing an unfinished handle writes the archive's end. (archive_write_fail() would keep it from that, but loses memory
  // in 3.6.)
  state_->abandoned = true;
}

void ArchiveWriter::add(const ArchiveMember& member, std::string_view data) {
  KMPACK_ASSERT(member.type != MemberType::other);
  KMPACK_ASSERT(data.empty() || member.type == MemberType::file);
  state_->begin(member, data.size());
  state_->data(data);
  state_->end();
}

void ArchiveWriter::add_file(const ArchiveMember& member, const fs::path& content, std::stop_token stop) {
  const Descriptor file(::open(content.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0) throw_system_error(errno, "cannot read", content);
  auto left = static_cast<std::uint64_t>(facts.st_size);
  state_->begin(member, left);
  std::string buffer(kChunk, '\0');
  while (left > 0) {
    if (stop.stop_requested()) throw Cancelled{};
    const ssize_t got = ::read(file.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw_system_error(got < 0 ? errno : EIO, "cannot read", content);
    state_->data({buffer.data(), static_cast<std::size_t>(got)});
    left -= static_cast<std::uint64_t>(got);
  }
  state_->end();
}

void ArchiveWriter::finish() {
  state_->check(archive_write_close(state_->handle.get()));
  state_->handle.reset();
  state_->finish_xz();
  if (!state_->staged) return;
  state_->file.close();
  state_->staged->publish();
}

std::string ArchiveWriter::finish_bytes() {
  KMPACK_ASSERT(!state_->staged);
  finish();
  return std::move(state_->bytes);
}

}  // namespace kmpack
