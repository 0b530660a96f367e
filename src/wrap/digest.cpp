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

std::string sha1_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  KMPACK_ASSERT(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha1(), nullptr) == 1);
  return to_hex(std::span(digest).first(length));
}

namespace {

std::string file_digest(const std::filesystem::path& path, const EVP_MD* kind) {
  refuse_special_file(path);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_system_error(errno, "cannot read", path);
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  KMPACK_ASSERT(EVP_DigestInit_ex(context.get(), kind, nullptr) == 1);
  std::array<char, 128 * 1024> buffer{};
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_system_error(errno, "cannot read", path);
    KMPACK_ASSERT(EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got)) == 1);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  KMPACK_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), &length) == 1);
  return to_hex(std::span(digest).first(length));
}

}  // namespace

std::string sha256_of_file(const std::filesystem::path& path) { return file_digest(path, EVP_sha256()); }

std::string digest_of_file(const std::filesystem::path& path, std::string_view like) {
  return file_digest(path, like.size() == 128 ? EVP_sha512() : EVP_sha256());
}

}  // namespace kmpack
