#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <climits>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/crypto.hpp"
#include "wrap/crypto_handles.hpp"

namespace kmpack {
namespace {

using detail::BioHandle;
using detail::CmsHandle;

/// sk_X509_free is a macro. The certificates in the stack are not the stack's.
void free_stack(STACK_OF(X509) * stack) noexcept { sk_X509_free(stack); }
using CertificateStack = Owned<STACK_OF(X509), free_stack>;

CmsHandle parse(std::string_view der) {
  if (der.empty() || der.size() > INT_MAX) return {};
  const BioHandle bio = detail::reading(der);
  CmsHandle cms(d2i_CMS_bio(bio.get(), nullptr));
  // Bytes after the structure would not be covered by any check.
  if (cms && BIO_pending(bio.get()) != 0) cms.reset();
  if (cms && OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) cms.reset();
  ERR_clear_error();
  return cms;
}

CMS_SignerInfo* only_signer(CMS_ContentInfo* cms) {
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
  return signers != nullptr && sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : nullptr;
}

std::string hash_of(CMS_SignerInfo* signer) {
  X509_ALGOR* digest = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, digest);
  const EVP_MD* known = EVP_get_digestbyobj(object);
  if (known == nullptr) return "unknown";
  std::string name = EVP_MD_get0_name(known);
  for (char& letter : name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  // OpenSSL writes sha2-256 or SHA256, by version; the kernel's configuration writes sha256.
  if (name.starts_with("sha2-")) name.erase(3, 2);
  return name;
}

}  // namespace

bool Cms::knows_hash(const std::string& hash) {
  // The values CONFIG_MODULE_SIG_HASH has had; others have no rule in the kernel's own signing tool.
  for (const char* known : {"sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
    if (hash == known) return EVP_get_digestbyname(known) != nullptr;
  return false;
}

std::optional<std::string> Cms::sign(std::string_view content, const RsaKey& key, const X509Certificate& certificate,
                                     const std::string& hash, std::string& why) {
  ERR_clear_error();
  const BioHandle data = detail::reading(content);
  const BioHandle out(BIO_new(BIO_s_mem()));
  // The flags are those of the kernel's scripts/sign-file.c; with them the output is the same to the byte.
  const CmsHandle cms(
      CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_NOCERTS | CMS_PARTIAL | CMS_BINARY | CMS_DETACHED | CMS_STREAM));
  const bool made =
      cms && out &&
      CMS_add1_signer(cms.get(), certificate.state_->handle.get(), key.state_->handle.get(), EVP_get_digestbyname(hash.c_str()),
                      CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | CMS_NOATTR) != nullptr &&
      CMS_final(cms.get(), data.get(), nullptr, CMS_NOCERTS | CMS_BINARY) == 1 && i2d_CMS_bio(out.get(), cms.get()) == 1;
  if (!made) {
    why = detail::reasons();
    return std::nullopt;
  }
  return std::string(detail::written(out.get()));
}

std::optional<Cms::Signer> Cms::read(std::string_view der) {
  const CmsHandle cms = parse(der);
  CMS_SignerInfo* signer = cms ? only_signer(cms.get()) : nullptr;
  if (signer == nullptr) return std::nullopt;
  Signer found{.issuer = {}, .serial = {}, .hash = hash_of(signer), .has_attributes = CMS_signed_get_attr_count(signer) > 0};
  ASN1_OCTET_STRING* key_id = nullptr;
  X509_NAME* issuer = nullptr;
  ASN1_INTEGER* serial = nullptr;
  if (CMS_SignerInfo_get0_signer_id(signer, &key_id, &issuer, &serial) != 1) return std::nullopt;
  if (issuer != nullptr) found.issuer = detail::common_name_of(issuer);
  if (serial != nullptr) found.serial = detail::serial_of(serial);
  ERR_clear_error();
  return found;
}

Cms::Verdict Cms::verify(std::string_view content, std::string_view der, const X509Certificate& certificate) {
  const CmsHandle cms = parse(der);
  CMS_SignerInfo* signer = cms ? only_signer(cms.get()) : nullptr;
  if (signer == nullptr) return Verdict::malformed;
  // The loader gives the module's bytes as the content and takes no signature that brings another.
  ASN1_OCTET_STRING** embedded = CMS_get0_content(cms.get());
  if (embedded == nullptr || *embedded != nullptr) return Verdict::malformed;
  if (CMS_signed_get_attr_count(signer) > 0) return Verdict::attributes;
  X509* x509 = certificate.state_->handle.get();
  if (CMS_SignerInfo_cert_cmp(signer, x509) != 0) return Verdict::other_key;
  const CertificateStack trusted(sk_X509_new_null());
  KMPACK_ASSERT(trusted && sk_X509_push(trusted.get(), x509) > 0);
  // OpenSSL 3.0.19 makes a second reader over a memory BIO and loses it when the content cannot be set up. Behind a filter it
  // does not see that it is one.
  const BioHandle data(BIO_new(BIO_f_null()));
  KMPACK_ASSERT(data);
  BIO_push(data.get(), detail::reading(content).release());
  // Whether the certificate is trusted is the kernel's question; here it is only whose signature this is.
  const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN;
  const bool holds = CMS_verify(cms.get(), trusted.get(), nullptr, data.get(), nullptr, flags) == 1;
  ERR_clear_error();
  return holds ? Verdict::holds : Verdict::wrong;
}

}  // namespace kmpack
