#include "inspect/btf.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "sys/files.hpp"

namespace kmpack::detail {
namespace {

constexpr std::uint16_t kMagic = 0xeb9f;
constexpr std::uint64_t kHeaderBytes = 24;
// struct module is within the first kilobytes of Debian's kernels.
constexpr std::uint64_t kStart = 64 * 1024;
constexpr std::size_t kTypeBytes = 12;  // name, info, size or type
constexpr unsigned kInt = 1;
constexpr unsigned kArray = 3;
constexpr unsigned kStruct = 4;
constexpr unsigned kUnion = 5;
constexpr unsigned kEnum = 6;
constexpr unsigned kFunctionPrototype = 13;
constexpr unsigned kVariable = 14;
constexpr unsigned kSection = 15;
constexpr unsigned kDeclarationTag = 17;
constexpr unsigned kEnum64 = 19;

/// In this machine's byte order: kernels of the other are not looked at, for their magic number differs.
template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) noexcept {
  Number value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Bytes of what follows a type of that kind, for `count` members.
std::optional<std::size_t> bytes_behind(unsigned kind, std::size_t count) noexcept {
  switch (kind) {
    case kInt:
    case kVariable:
    case kDeclarationTag:
      return 4;
    case kArray:
      return 12;
    case kStruct:
    case kUnion:
    case kSection:
    case kEnum64:
      return 12 * count;
    case kEnum:
    case kFunctionPrototype:
      return 8 * count;
    default:
      // All others known have nothing; one from the future cannot be stepped over.
      return kind != 0 && kind < kEnum64 ? std::optional<std::size_t>(0) : std::nullopt;
  }
}

std::string_view part(std::string_view bytes, std::size_t offset, std::size_t length) noexcept {
  if (offset > bytes.size() || length > bytes.size() - offset) return {};
  return bytes.substr(offset, length);
}

/// Of a section: where its types and their names lie.
struct Parts {
  std::uint64_t types = 0;
  std::uint64_t types_bytes = 0;
  std::uint64_t names = 0;
  std::uint64_t names_bytes = 0;
};

std::optional<Parts> parts_of(std::string_view start, std::uint64_t size) noexcept {
  if (start.size() < kHeaderBytes || number_at<std::uint16_t>(start, 0) != kMagic) return std::nullopt;
  const std::uint64_t header = number_at<std::uint32_t>(start, 4);
  const Parts parts{.types = header + number_at<std::uint32_t>(start, 8),
                    .types_bytes = number_at<std::uint32_t>(start, 12),
                    .names = header + number_at<std::uint32_t>(start, 16),
                    .names_bytes = number_at<std::uint32_t>(start, 20)};
  if (parts.types + parts.types_bytes > size || parts.names + parts.names_bytes > size) return std::nullopt;
  return parts;
}

/// Nothing, too, when a name before it is not among those given.
std::optional<std::uint64_t> size_among(std::string_view types, std::string_view names, std::string_view structure) noexcept {
  while (types.size() >= kTypeBytes) {
    const auto name = number_at<std::uint32_t>(types, 0);
    const auto info = number_at<std::uint32_t>(types, 4);
    const unsigned kind = (info >> 24U) & 0x1fU;
    if (kind == kStruct) {
      if (name >= names.size()) return std::nullopt;
      const std::string_view here = names.substr(name);
      const std::size_t end = here.find('\0');
      if (end == std::string_view::npos) return std::nullopt;
      if (here.substr(0, end) == structure) return number_at<std::uint32_t>(types, 8);
    }
    const auto behind = bytes_behind(kind, info & 0xffffU);
    if (!behind || *behind > types.size() - kTypeBytes) return std::nullopt;
    types.remove_prefix(kTypeBytes + *behind);
  }
  return std::nullopt;
}

/// Less where the file ends.
std::string bytes_at(std::ifstream& file, std::uint64_t offset, std::uint64_t count) {
  std::string bytes(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

std::optional<std::uint64_t> struct_size_in_btf(std::string_view btf, std::string_view structure) noexcept {
  const auto parts = parts_of(btf, btf.size());
  if (!parts) return std::nullopt;
  return size_among(btf.substr(parts->types, parts->types_bytes), btf.substr(parts->names, parts->names_bytes), structure);
}

std::optional<std::uint64_t> struct_size_in_btf(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t size,
                                                std::string_view structure) {
  std::ifstream stream(file, std::ios::binary);
  const auto parts = parts_of(bytes_at(stream, offset, std::min(size, kHeaderBytes)), size);
  if (!parts) return std::nullopt;
  // Every size that a file claims is bounded before memory is given to it.
  const std::string types = bytes_at(stream, offset + parts->types, std::min(parts->types_bytes, kStart));
  const std::string names = bytes_at(stream, offset + parts->names, std::min(parts->names_bytes, kStart));
  if (const auto found = size_among(types, names, structure)) return found;
  const std::string whole = read_file(file);
  return struct_size_in_btf(part(whole, offset, size), structure);
}

}  // namespace kmpack::detail
