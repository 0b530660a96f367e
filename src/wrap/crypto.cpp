#include "wrap/crypto.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <climits>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "wrap/crypto_handles.hpp"

namespace kmpack {
namespace detail {

BioHandle reading(std::string_view bytes) {
  KMPACK_ASSERT(bytes.size() <= INT_MAX);
  BioHandle bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  KMPACK_ASSERT(bio != nullptr);
  return bio;
}

std::string_view written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size <= 0 ? std::string_view{} : std::string_view(data, static_cast<std::size_t>(size));
}

std::string reasons() {
  std::string all;
  while (const unsigned long code = ERR_get_error()) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    if (!all.empty()) all += "; ";
    all += text.data();
  }
  return all;
}

std::string common_name_of(const X509_NAME* name) {
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place)));
  if (size < 0) return {};
  std::string result(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return result;
}

std::string serial_of(const ASN1_INTEGER* number) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::span<const unsigned char> bytes(ASN1_STRING_get0_data(number), static_cast<std::size_t>(ASN1_STRING_length(number)));
  std::string text;
  for (const unsigned char byte : bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace detail

namespace {

using detail::BioHandle;
using detail::PkeyHandle;
using detail::X509Handle;

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

Secret::Secret(std::string text) noexcept : text_(std::move(text)) {}
Secret::~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }

Secret::Secret(Secret&& other) noexcept { *this = std::move(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  // A short text lies inside the string object itself, so a move would leave a copy behind; swapping and wiping does not.
  text_.swap(other.text_);
  OPENSSL_cleanse(other.text_.data(), other.text_.size());
  other.text_.clear();
  return *this;
}

X509Certificate::X509Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

std::optional<X509Certificate> X509Certificate::parse(std::string_view pem_or_der) {
  if (pem_or_der.empty() || pem_or_der.size() > INT_MAX) return std::nullopt;
  X509Handle handle(PEM_read_bio_X509(detail::reading(pem_or_der).get(), nullptr, nullptr, nullptr));
  if (!handle) handle.reset(d2i_X509_bio(detail::reading(pem_or_der).get(), nullptr));
  ERR_clear_error();
  if (!handle) return std::nullopt;
  // Fills the caches in the object, so that threads only read it later.
  X509_check_purpose(handle.get(), -1, 0);
  ERR_clear_error();
  return X509Certificate(std::make_shared<const State>(State{std::move(handle)}));
}

std::string X509Certificate::common_name() const { return detail::common_name_of(X509_get_subject_name(state_->handle.get())); }
std::string X509Certificate::serial() const { return detail::serial_of(X509_get0_serialNumber(state_->handle.get())); }

std::string X509Certificate::der() const {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  KMPACK_ASSERT(bio && i2d_X509_bio(bio.get(), state_->handle.get()) == 1);
  return std::string(detail::written(bio.get()));
}

std::string X509Certificate::pem() const {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  KMPACK_ASSERT(bio && PEM_write_bio_X509(bio.get(), state_->handle.get()) == 1);
  return std::string(detail::written(bio.get()));
}

std::chrono::system_clock::time_point X509Certificate::not_before() const {
  return time_of(X509_get0_notBefore(state_->handle.get()));
}
std::chrono::system_clock::time_point X509Certificate::not_after() const {
  return time_of(X509_get0_notAfter(state_->handle.get()));
}

}  // namespace kmpack
