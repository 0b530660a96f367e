#include "wrap/digest.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "base/text.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"

namespace kmpack {

struct Sha256::State {
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

// OpenSSL fails here only when memory is exhausted or its provider is broken; neither is input.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  KMPACK_ASSERT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  KMPACK_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  KMPACK_ASSERT(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length) == 1);
  return to_hex(std::span(digest).first(length));
}

std::string sha256_of(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish();
}

std::string md5_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  KMPACK_ASSERT(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr) == 1);
  return to_hex(std::span(digest).first(length));
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_system_error(errno, "cannot read", path);
  Sha256 digest;
  std::array<char, 128 * 1024> buffer{};
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) return digest.finish();
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "cannot read", path);
    }
    digest.add(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

}  // namespace kmpack
