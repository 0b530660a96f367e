#include "verify/firmware.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using std::size_t;
using std::string;
using std::string_view;

// GUIDs as they lie in memory: the first three fields little-endian.
constexpr string_view kStoreGuid{"\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92", 16};
constexpr string_view kVolumeGuid{"\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50", 16};
constexpr string_view kImageSecurityGuid{"\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f", 16};
constexpr string_view kX509Guid{"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72", 16};
// Owner of the entry: any GUID; this one means nothing but kmpack.
constexpr string_view kOwnerGuid{"\x6b\x6d\x70\x61\x63\x6b\x4d\x4f\x8b\x01\x76\x65\x72\x69\x66\x79", 16};
constexpr string_view kDatabaseName{"d\0b\0\0\0", 6};

constexpr size_t kVolumeSignatureAt = 0x28;
constexpr size_t kVolumeHeaderLengthAt = 0x30;
constexpr size_t kVolumeHeaderSize = 72;
constexpr size_t kStoreHeaderSize = 28;
// AAVMF's flash: blocks of 256 KiB; one for variables, two for changing them safely.
constexpr size_t kFlashBlock = size_t{256} << 10;
constexpr size_t kVariableHeaderSize = 60;
constexpr std::uint16_t kVariableStart = 0x55aa;
constexpr char kVariableAdded = 0x3f;
// non-volatile | boot service | runtime | time-based authenticated
constexpr std::uint32_t kAttributes = 0x27;

[[noreturn]] void unusable(string why) {
  throw Error{Diagnostic{
      .code = "firmware-unusable",
      .message = "the firmware's variable store cannot be given a certificate: " + std::move(why),
      .hint = "reinstall the package that the firmware is from (ovmf, qemu-efi-aarch64), or verify without --enforce"}};
}

template <class Number>
Number number_at(string_view bytes, size_t place) {
  if (place > bytes.size() || bytes.size() - place < sizeof(Number)) unusable("it ends too early");
  Number value{};
  for (size_t index = 0; index < sizeof(Number); ++index) {
    value = static_cast<Number>(
        value | static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(bytes[place + index])) << (8 * index)));
  }
  return value;
}

template <class Number>
void append_number(string& bytes, Number value) {
  for (size_t index = 0; index < sizeof(Number); ++index) bytes.push_back(static_cast<char>((value >> (8 * index)) & 0xff));
}

string signature_list(string_view certificate) {
  string list{kX509Guid};
  const auto entry = static_cast<std::uint32_t>(kOwnerGuid.size() + certificate.size());
  append_number<std::uint32_t>(list, 28 + entry);  // the list with its header
  append_number<std::uint32_t>(list, 0);           // no header of the type's own
  append_number<std::uint32_t>(list, entry);
  list += kOwnerGuid;
  list += certificate;
  return list;
}

string variable_record(string_view data) {
  string record;
  append_number(record, kVariableStart);
  record.push_back(kVariableAdded);
  record.push_back('\0');
  append_number(record, kAttributes);
  append_number<std::uint64_t>(record, 0);  // monotonic count
  // Any valid moment; a constant, so that the same certificate gives the same bytes: 2024-01-01.
  append_number<std::uint16_t>(record, 2024);
  record += string{"\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0", 14};
  append_number<std::uint32_t>(record, 0);  // public key index
  append_number(record, static_cast<std::uint32_t>(kDatabaseName.size()));
  append_number(record, static_cast<std::uint32_t>(data.size()));
  record += kImageSecurityGuid;
  record += kDatabaseName;
  record += data;
  return record;
}

/// The header's 16-bit words sum up to nothing.
std::uint16_t volume_checksum(string_view header) {
  std::uint16_t sum = 0;
  for (size_t place = 0; place < header.size(); place += 2)
    sum = static_cast<std::uint16_t>(sum + number_at<std::uint16_t>(header, place));
  return static_cast<std::uint16_t>(-sum);
}

/// What the firmware makes of flash that was never written, at its first start.
string formatted(string_view flash) {
  if (flash.size() < 3 * kFlashBlock || flash.size() % kFlashBlock != 0)
    unusable("it is neither formatted nor of a flash's size");
  const auto header = [&](std::uint16_t checksum) {
    string bytes(16, '\0');
    bytes += kVolumeGuid;
    append_number<std::uint64_t>(bytes, 3 * kFlashBlock);
    bytes += "_FVH";
    append_number<std::uint32_t>(bytes, 0x0e36);  // readable, writable, memory mapped, erased to ones
    append_number(bytes, static_cast<std::uint16_t>(kVolumeHeaderSize));
    append_number(bytes, checksum);
    append_number<std::uint32_t>(bytes, 0x02000000);  // no further header; revision 2
    append_number(bytes, static_cast<std::uint32_t>(flash.size() / kFlashBlock));
    append_number(bytes, static_cast<std::uint32_t>(kFlashBlock));
    append_number<std::uint64_t>(bytes, 0);  // no more kinds of blocks
    return bytes;
  };
  string store = header(volume_checksum(header(0)));
  store += kStoreGuid;
  append_number(store, static_cast<std::uint32_t>(kFlashBlock - kVolumeHeaderSize));
  append_number<std::uint64_t>(store, 0xfe5a);  // formatted, healthy
  store.resize(3 * kFlashBlock, '\xff');
  string bytes{flash};
  bytes.replace(0, store.size(), store);
  return bytes;
}

constexpr size_t aligned(size_t place) { return (place + 3) & ~size_t{3}; }

/// Where the next variable may be written.
size_t free_place(string_view variables, size_t first, size_t end) {
  size_t place = aligned(first);
  while (end - place >= kVariableHeaderSize && number_at<std::uint16_t>(variables, place) == kVariableStart) {
    const size_t name_size = number_at<std::uint32_t>(variables, place + 36);
    const size_t data_size = number_at<std::uint32_t>(variables, place + 40);
    if (name_size + data_size > end - place - kVariableHeaderSize) unusable("a variable in it is longer than the store");
    const bool is_database = variables.substr(place + 44, 16) == kImageSecurityGuid &&
                             variables.substr(place + kVariableHeaderSize, name_size) == kDatabaseName;
    if (is_database && variables[place + 2] == kVariableAdded) unusable("it has a signature database already");
    place = aligned(place + kVariableHeaderSize + name_size + data_size);
  }
  return place;
}

}  // namespace

string with_trusted_certificate(string_view variables, string_view certificate_der) {
  if (variables.find_first_not_of('\0') == string_view::npos && !variables.empty()) {
    return with_trusted_certificate(formatted(variables), certificate_der);
  }
  if (variables.size() < kVolumeHeaderLengthAt + 2 || variables.substr(kVolumeSignatureAt, 4) != "_FVH") {
    unusable("it does not begin with a firmware volume");
  }
  const size_t store = number_at<std::uint16_t>(variables, kVolumeHeaderLengthAt);
  if (store + kStoreHeaderSize > variables.size() || variables.substr(store, kStoreGuid.size()) != kStoreGuid) {
    unusable("it has no authenticated variable store");
  }
  const size_t size = number_at<std::uint32_t>(variables, store + 16);
  if (size < kStoreHeaderSize || size > variables.size() - store) unusable("its size field is wrong");
  const size_t place = free_place(variables, store + kStoreHeaderSize, store + size);
  const string record = variable_record(signature_list(certificate_der));
  if (place > store + size || record.size() > store + size - place) unusable("the certificate does not fit");
  string result{variables};
  result.replace(place, record.size(), record);
  return result;
}

}  // namespace kmpack
