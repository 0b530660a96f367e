#include "verify/kernel_image.hpp"

#include <cstdint>
#include <cstring>

#include "kmpack/diagnostic.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

using std::size_t;
using std::string_view;

constexpr size_t kSetupSectorsAt = 0x1f1;
constexpr size_t kBootFlagAt = 0x1fe;
constexpr size_t kHeaderMagicAt = 0x202;
constexpr size_t kVersionAt = 0x206;
constexpr size_t kPayloadOffsetAt = 0x248;
constexpr size_t kPayloadLengthAt = 0x24c;
constexpr unsigned kFirstVersionWithPayload = 0x0208;
constexpr size_t kEfiPayloadOffsetAt = 8;
constexpr size_t kEfiPayloadLengthAt = 12;
constexpr size_t kArm64MagicAt = 56;
constexpr size_t kUnpackedLimit = size_t{512} << 20;

std::uint32_t number_at(string_view bytes, size_t place, size_t width) noexcept {
  std::uint32_t value = 0;
  for (size_t index = 0; index < width; ++index) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[place + index])) << (8 * index);
  }
  return value;
}

std::optional<KernelPayload> payload_at(string_view image, size_t begin, size_t length) noexcept {
  if (begin > image.size() || length > image.size() - begin) return std::nullopt;
  const string_view bytes = image.substr(begin, length);
  const Compression compression = compression_of(bytes);
  if (compression == Compression::none) return std::nullopt;
  return KernelPayload{.compression = compression, .bytes = bytes};
}

}  // namespace

std::optional<KernelPayload> find_payload(string_view image) noexcept {
  if (image.size() > 64 && image.starts_with("MZ") && image.substr(4, 4) == "zimg") {
    return payload_at(image, number_at(image, kEfiPayloadOffsetAt, 4), number_at(image, kEfiPayloadLengthAt, 4));
  }
  if (image.size() < 0x250 || number_at(image, kBootFlagAt, 2) != 0xaa55 || image.substr(kHeaderMagicAt, 4) != "HdrS" ||
      number_at(image, kVersionAt, 2) < kFirstVersionWithPayload) {
    return std::nullopt;
  }
  size_t sectors = number_at(image, kSetupSectorsAt, 1);
  if (sectors == 0) sectors = 4;  // as the boot protocol says
  const size_t begin = (sectors + 1) * 512 + number_at(image, kPayloadOffsetAt, 4);
  const size_t length = number_at(image, kPayloadLengthAt, 4);
  // The whole has to be there, the size at its end is none of the payload.
  if (length < 4 || begin > image.size() || length > image.size() - begin) return std::nullopt;
  return payload_at(image, begin, length - 4);
}

bool has_direct_entry(string_view kernel) noexcept {
  if (kernel.size() > kArm64MagicAt + 4 && kernel.substr(kArm64MagicAt, 4) == "ARM\x64") return true;
  if (!kernel.starts_with("\x7f"
                          "ELF"))
    return false;
  // Note header: size of the name ("Xen" and NUL), size of the value (4 or 8), type 18, name.
  for (const char value_size : {'\x04', '\x08'}) {
    std::string note{"\x04\0\0\0", 4};
    note.push_back(value_size);
    note += string_view{"\0\0\0\x12\0\0\0Xen\0", 11};
    if (kernel.find(note) != string_view::npos) return true;
  }
  return false;
}

std::optional<std::string> unpacked_kernel(string_view image) {
  const auto payload = find_payload(image);
  if (!payload) return std::nullopt;
  try {
    std::string kernel = decompressed(payload->bytes, kUnpackedLimit);
    if (!has_direct_entry(kernel)) return std::nullopt;
    return kernel;
  } catch (const Error&) {
    return std::nullopt;  // the image boots by its own decompressor as well, only slower
  }
}

}  // namespace kmpack
