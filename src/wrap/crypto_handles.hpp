#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/owned.hpp"
#include "wrap/crypto.hpp"

// Private to wrap/crypto*.cpp and wrap/crypto_cms.cpp: the files that see OpenSSL's key and certificate types.
namespace kmpack {
namespace detail {

using BioHandle = Owned<BIO, BIO_free_all>;
using PkeyHandle = Owned<EVP_PKEY, EVP_PKEY_free>;
using X509Handle = Owned<X509, X509_free>;
using CmsHandle = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;

/// Reads `bytes`, which must outlive it.
BioHandle reading(std::string_view bytes);
/// What was written to a memory BIO.
std::string_view written(BIO* bio);
/// OpenSSL's queue of reasons as one text; empties the queue.
std::string reasons();
std::string common_name_of(const X509_NAME* name);
std::string serial_of(const ASN1_INTEGER* number);

}  // namespace detail

struct X509Certificate::State {
  detail::X509Handle handle;
};

struct RsaKey::State {
  detail::PkeyHandle handle;
};

}  // namespace kmpack
