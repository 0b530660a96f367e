#include "wrap/openpgp_armor.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "base/text.hpp"

namespace kmpack {
namespace {

std::string decoded(const std::string& base64) {
  if (base64.empty() || base64.size() % 4 != 0) return {};
  std::string bytes(base64.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  if (size < 0) return {};
  // It counts the padding, of which there are at most two, as bytes.
  const auto padding = std::min<std::ptrdiff_t>(2, std::ranges::count(base64, '='));
  bytes.resize(static_cast<std::size_t>(size - padding));
  return bytes;
}

}  // namespace

std::string dearmored(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN PGP ";
  if (text.find(kBegin) == std::string_view::npos) return std::string(text);
  enum class Where { outside, head, body, checksum } where = Where::outside;
  std::string packets;
  std::string base64;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trimmed(raw);
    if (line.starts_with(kBegin)) {
      where = Where::head;
      base64.clear();
    } else if (line.starts_with("-----END PGP ")) {
      packets += decoded(base64);
      where = Where::outside;
    } else if (where == Where::head) {
      if (line.empty()) where = Where::body;
    } else if (where == Where::body) {
      if (line.starts_with('='))
        where = Where::checksum;
      else
        base64 += line;
    }
  }
  return packets;
}

}  // namespace kmpack
