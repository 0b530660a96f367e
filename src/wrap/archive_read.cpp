#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"
#include "wrap/archive_handle.hpp"

namespace kmpack {
namespace detail {

std::string message_of(archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "unknown error" : text;
}

std::string_view plain_name(std::string_view name) noexcept {
  while (name.starts_with("./")) {
    name.remove_prefix(2);
    while (name.starts_with('/')) name.remove_prefix(1);
  }
  while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
  return name == "." ? std::string_view{} : name;
}

void throw_hostile(const std::string& archive_text, std::string_view member, std::string_view why) {
  throw Error({.code = "archive-hostile",
               .message = fmt::format("{}: member '{}' {}", archive_text, member, why),
               .hint = "do not trust this archive; nothing of it was used"});
}

}  // namespace detail

namespace {

using detail::ReadHandle;

constexpr std::size_t kChunk = 256 * 1024;

[[noreturn]] void throw_unreadable(const std::string& text, std::string_view why) {
  throw Error({.code = "archive-unreadable", .message = fmt::format("cannot read the archive {}: {}", text, why)});
}

/// Formats and filters are named one by one: "all" would take in mtree (whose members are other files of this machine) and
/// filters that start programs (lrzip, grzip).
ReadHandle new_reader() {
  ReadHandle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  archive* raw = handle.get();
  archive_read_support_format_tar(raw);
  archive_read_support_format_cpio(raw);
  archive_read_support_format_ar(raw);
  archive_read_support_format_zip(raw);
  archive_read_support_filter_gzip(raw);
  archive_read_support_filter_bzip2(raw);
  archive_read_support_filter_xz(raw);
  archive_read_support_filter_lzma(raw);
  archive_read_support_filter_zstd(raw);
  archive_read_support_filter_rpm(raw);
  return handle;
}

bool failed(int status) noexcept { return status != ARCHIVE_OK && status != ARCHIVE_WARN; }

MemberType type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return MemberType::hardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return MemberType::file;
    case AE_IFDIR:
      return MemberType::directory;
    case AE_IFLNK:
      return MemberType::symlink;
    case AE_IFCHR:
      return MemberType::character_device;
    default:
      return MemberType::other;
  }
}

/// A text field in the archive's own bytes, or as UTF-8 where only that exists (pax in a C locale).
std::string text_or(const char* plain, const char* utf8) {
  if (plain != nullptr) return plain;
  return utf8 == nullptr ? std::string() : std::string(utf8);
}

ArchiveMember member_of(archive_entry* entry, const std::string& text) {
  ArchiveMember member;
  member.name = text_or(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  if (member.name.empty()) throw_unreadable(text, "a member has no readable name");
  member.type = type_of(entry);
  // tar marks directories by a slash that others leave out.
  while (member.type == MemberType::directory && member.name.size() > 1 && member.name.ends_with('/')) member.name.pop_back();
  member.size = archive_entry_size_is_set(entry) != 0 ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0;
  member.mode = static_cast<unsigned>(archive_entry_perm(entry)) & 07777U;
  member.mtime = archive_entry_mtime(entry);
  if (member.type == MemberType::symlink) member.link = text_or(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
  if (member.type == MemberType::hardlink)
    member.link = text_or(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
  member.uid = archive_entry_uid(entry);
  member.gid = archive_entry_gid(entry);
  member.owner = text_or(archive_entry_uname(entry), nullptr);
  member.group = text_or(archive_entry_gname(entry), nullptr);
  member.device_major = static_cast<unsigned>(archive_entry_rdevmajor(entry));
  member.device_minor = static_cast<unsigned>(archive_entry_rdevminor(entry));
  return member;
}

class Content final : public MemberData {
 public:
  Content(archive* handle, std::string& buffer, const std::string& text, const std::stop_token& stop)
      : handle_(handle), buffer_(buffer), text_(text), stop_(stop) {}

  std::string_view next() override {
    if (stop_.stop_requested()) throw Cancelled{};
    const la_ssize_t got = archive_read_data(handle_, buffer_.data(), buffer_.size());
    if (got < 0) throw_unreadable(text_, detail::message_of(handle_));
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }

 private:
  archive* handle_;
  std::string& buffer_;
  const std::string& text_;
  const std::stop_token& stop_;
};

void visit_members(archive* handle, const std::string& text, const ArchiveVisitor& visit, const std::stop_token& stop) {
  std::string buffer(kChunk, '\0');
  while (true) {
    if (stop.stop_requested()) throw Cancelled{};
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(handle, &entry);
    if (status == ARCHIVE_EOF) return;
    if (failed(status)) throw_unreadable(text, detail::message_of(handle));
    const ArchiveMember member = member_of(entry, text);
    Content content(handle, buffer, text, stop);
    visit(member, content);
    // What the visitor left is read all the same, so that damage anywhere in the archive is found.
    while (!content.next().empty()) {}
  }
}

/// Feeds an archive's member to a second reader.
struct InnerFeed {
  archive* outer;
  std::string buffer = std::string(kChunk, '\0');

  static la_ssize_t read(archive* inner, void* self, const void** piece) noexcept {
    auto& feed = *static_cast<InnerFeed*>(self);
    const la_ssize_t got = archive_read_data(feed.outer, feed.buffer.data(), feed.buffer.size());
    if (got < 0) archive_set_error(inner, EIO, "%s", archive_error_string(feed.outer));
    *piece = feed.buffer.data();
    return got < 0 ? -1 : got;
  }
};

void visit_inner(archive* outer, const ArchiveSource& source, const ArchiveVisitor& visit, const std::stop_token& stop) {
  archive_entry* entry = nullptr;
  while (true) {
    const int status = archive_read_next_header(outer, &entry);
    if (status == ARCHIVE_EOF) throw_unreadable(source.text(), fmt::format("it has no member '{}'", source.inner));
    if (failed(status)) throw_unreadable(source.text(), detail::message_of(outer));
    const char* name = archive_entry_pathname(entry);
    if (name != nullptr && detail::plain_name(name).starts_with(source.inner)) break;
  }
  InnerFeed feed{outer};
  const ReadHandle inner = new_reader();
  if (failed(archive_read_open(inner.get(), &feed, nullptr, InnerFeed::read, nullptr))) {
    throw_unreadable(source.text(), detail::message_of(inner.get()));
  }
  visit_members(inner.get(), source.text(), visit, stop);
}

}  // namespace

std::string MemberData::all(std::uint64_t limit) {
  std::string bytes;
  for (std::string_view piece = next(); !piece.empty(); piece = next()) {
    if (bytes.size() + piece.size() > limit) {
      throw Error({.code = "archive-hostile", .message = fmt::format("a member of an archive is larger than {} bytes", limit)});
    }
    bytes += piece;
  }
  return bytes;
}

std::string ArchiveSource::text() const { return inner.empty() ? file.string() : fmt::format("{} ({})", file.string(), inner); }

void read_archive(const ArchiveSource& source, const ArchiveVisitor& visit, std::stop_token stop) {
  refuse_special_file(source.file);
  const Descriptor file(::open(source.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_unreadable(source.file.string(), std::strerror(errno));
  const ReadHandle handle = new_reader();
  if (failed(archive_read_open_fd(handle.get(), file.get(), kChunk))) {
    throw_unreadable(source.text(), detail::message_of(handle.get()));
  }
  if (source.inner.empty()) {
    visit_members(handle.get(), source.text(), visit, stop);
  } else {
    visit_inner(handle.get(), source, visit, stop);
  }
}

void read_compressed(const std::filesystem::path& file, const std::function<void(std::string_view)>& take, std::stop_token stop) {
  refuse_special_file(file);
  const Descriptor input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) throw_unreadable(file.string(), std::strerror(errno));
  const ReadHandle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  archive* const raw = handle.get();
  archive_read_support_format_raw(raw);
  archive_read_support_format_empty(raw);
  archive_read_support_filter_gzip(raw);
  archive_read_support_filter_bzip2(raw);
  archive_read_support_filter_xz(raw);
  archive_read_support_filter_zstd(raw);
  archive_entry* entry = nullptr;
  if (failed(archive_read_open_fd(raw, input.get(), kChunk))) throw_unreadable(file.string(), detail::message_of(raw));
  const int status = archive_read_next_header(raw, &entry);
  if (status == ARCHIVE_EOF) return;
  if (failed(status)) throw_unreadable(file.string(), detail::message_of(raw));
  std::string buffer(kChunk, '\0');
  const std::string text = file.string();
  Content content(raw, buffer, text, stop);
  for (std::string_view piece = content.next(); !piece.empty(); piece = content.next()) take(piece);
}

void read_archive_bytes(std::string_view bytes, const std::string& name, const ArchiveVisitor& visit, std::stop_token stop) {
  const ReadHandle handle = new_reader();
  if (failed(archive_read_open_memory(handle.get(), bytes.data(), bytes.size()))) {
    throw_unreadable(name, detail::message_of(handle.get()));
  }
  visit_members(handle.get(), name, visit, stop);
}

}  // namespace kmpack
