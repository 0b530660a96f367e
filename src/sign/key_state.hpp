#pragma once

#include <filesystem>
#include <string>

#include "sign/key.hpp"
#include "wrap/crypto.hpp"

// Private to src/sign.
namespace kmpack {

struct Certificate::State {
  X509Certificate x509;
  std::string common_name;
  std::string serial;
  std::string der;
  std::string pem;
};

struct SigningKey::State {
  std::filesystem::path path;
  Certificate certificate;
  RsaKey rsa;
};

namespace detail {

/// What signature.cpp may see of keys and certificates; no public header shows it.
struct KeyAccess {
  static const X509Certificate& x509(const Certificate& certificate) { return certificate.state_->x509; }
  static const RsaKey& rsa(const SigningKey& key) { return key.state_->rsa; }
};

}  // namespace detail
}  // namespace kmpack
