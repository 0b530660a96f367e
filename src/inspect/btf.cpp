#include "inspect/btf.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace kmpack::detail {
namespace {

constexpr std::uint16_t kMagic = 0xeb9f;
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

}  // namespace

std::optional<std::uint64_t> struct_size_in_btf(std::string_view btf, std::string_view structure) noexcept {
  if (btf.size() < 24 || number_at<std::uint16_t>(btf, 0) != kMagic) return std::nullopt;
  const auto header = number_at<std::uint32_t>(btf, 4);
  if (header > btf.size()) return std::nullopt;
  const std::string_view body = btf.substr(header);
  std::string_view types = part(body, number_at<std::uint32_t>(btf, 8), number_at<std::uint32_t>(btf, 12));
  const std::string_view names = part(body, number_at<std::uint32_t>(btf, 16), number_at<std::uint32_t>(btf, 20));
  while (types.size() >= kTypeBytes) {
    const auto name = number_at<std::uint32_t>(types, 0);
    const auto info = number_at<std::uint32_t>(types, 4);
    const unsigned kind = (info >> 24U) & 0x1fU;
    const std::string_view here = name < names.size() ? names.substr(name) : std::string_view{};
    if (kind == kStruct && here.starts_with(structure) && here.size() > structure.size() && here[structure.size()] == '\0')
      return number_at<std::uint32_t>(types, 8);
    const auto behind = bytes_behind(kind, info & 0xffffU);
    if (!behind || *behind > types.size() - kTypeBytes) return std::nullopt;
    types.remove_prefix(kTypeBytes + *behind);
  }
  return std::nullopt;
}

}  // namespace kmpack::detail
