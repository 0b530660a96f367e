#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <climits>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/crypto.hpp"
#include "wrap/crypto_handles.hpp"

namespace kmpack {
namespace {

using detail::BioHandle;
using detail::PkeyHandle;
using detail::X509Handle;
using Number = Owned<BIGNUM, BN_free>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;

// shim's own usage "kernel module signing only" has no name in OpenSSL.
constexpr const char* kUsages = "codeSigning,1.3.6.1.4.1.2312.16.1.2";
constexpr int kSerialBits = 159;

struct Question {
  const std::function<std::string()>& ask;
  bool asked = false;
  std::exception_ptr thrown;
};

/// OpenSSL's passphrase callback.
int answer(char* buffer, int size, int /*writing*/, void* context) noexcept {
  auto& question = *static_cast<Question*>(context);
  question.asked = true;
  if (!question.ask) return -1;
  try {
    const Secret secret(question.ask());
    if (secret.text().size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, secret.text().data(), secret.text().size());
    return static_cast<int>(secret.text().size());
  } catch (...) {
    question.thrown = std::current_exception();
    return -1;
  }
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  KMPACK_ASSERT(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  const int added = X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                               static_cast<int>(value.size()), -1, 0);
  // The caller has checked length and encoding.
  KMPACK_ASSERT(added == 1);
}

void set_random_serial(X509* certificate) {
  const Number number(BN_new());
  // The top bit is set, so the length never varies and neither does the size of a signature made with this certificate.
  KMPACK_ASSERT(number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  KMPACK_ASSERT(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_time(ASN1_TIME* field, std::chrono::system_clock::time_point time) {
  KMPACK_ASSERT(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr);
}

}  // namespace

RsaKey::RsaKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

RsaKey::Parsed RsaKey::parse(std::string_view pem, const std::function<std::string()>& ask) {
  if (pem.empty() || pem.size() > INT_MAX) return {.key = {}, .failure = Failure::not_a_key};
  ERR_clear_error();
  Question question{.ask = ask, .asked = false, .thrown = nullptr};
  PkeyHandle handle(PEM_read_bio_PrivateKey(detail::reading(pem).get(), nullptr, answer, &question));
  ERR_clear_error();
  if (question.thrown) std::rethrow_exception(question.thrown);
  if (!handle) {
    if (!question.asked) return {.key = {}, .failure = Failure::not_a_key};
    return {.key = {}, .failure = ask ? Failure::passphrase_wrong : Failure::passphrase_missing};
  }
  if (EVP_PKEY_get_base_id(handle.get()) != EVP_PKEY_RSA) return {.key = {}, .failure = Failure::not_rsa};
  return {.key = RsaKey(std::make_shared<const State>(State{std::move(handle)})), .failure = {}};
}

RsaKey RsaKey::generate(unsigned bits) {
  PkeyHandle handle(EVP_RSA_gen(bits));
  KMPACK_ASSERT(handle != nullptr);
  return RsaKey(std::make_shared<const State>(State{std::move(handle)}));
}

bool RsaKey::belongs_to(const X509Certificate& certificate) const {
  const bool same = X509_check_private_key(certificate.state_->handle.get(), state_->handle.get()) == 1;
  ERR_clear_error();
  return same;
}

Secret RsaKey::pem(std::string_view passphrase) const {
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  KMPACK_ASSERT(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->handle.get(), cipher, passphrase.data(),
                                                     static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  return Secret(std::string(detail::written(bio.get())));
}

X509Certificate RsaKey::self_signed(const CertificateWish& wish) const {
  const X509Handle handle(X509_new());
  KMPACK_ASSERT(handle != nullptr);
  X509* certificate = handle.get();
  KMPACK_ASSERT(X509_set_version(certificate, X509_VERSION_3) == 1);
  set_random_serial(certificate);
  set_time(X509_getm_notBefore(certificate), wish.not_before);
  set_time(X509_getm_notAfter(certificate), wish.not_after);
  X509_NAME* name = X509_get_subject_name(certificate);
  add_name(name, "O", wish.organization);
  add_name(name, "CN", wish.common_name);
  KMPACK_ASSERT(X509_set_issuer_name(certificate, name) == 1);
  KMPACK_ASSERT(X509_set_pubkey(certificate, state_->handle.get()) == 1);
  add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, NID_key_usage, "digitalSignature");
  add_extension(certificate, NID_ext_key_usage, kUsages);
  add_extension(certificate, NID_subject_key_identifier, "hash");
  add_extension(certificate, NID_authority_key_identifier, "keyid:always");
  KMPACK_ASSERT(X509_sign(certificate, state_->handle.get(), EVP_sha256()) > 0);
  const BioHandle bio(BIO_new(BIO_s_mem()));
  KMPACK_ASSERT(bio && i2d_X509_bio(bio.get(), certificate) == 1);
  auto parsed = X509Certificate::parse(detail::written(bio.get()));
  KMPACK_ASSERT(parsed.has_value());
  return *std::move(parsed);
}

}  // namespace kmpack
