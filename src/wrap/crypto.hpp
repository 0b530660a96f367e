#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kmpack {

/// A secret in memory that is overwritten when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) noexcept;
  ~Secret();
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  [[nodiscard]] std::string& text() noexcept { return text_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// An X.509 certificate (OpenSSL).
///
/// Threads: safe from many threads once made.
class X509Certificate {
 public:
  /// PEM or DER; nothing when it is neither.
  static std::optional<X509Certificate> parse(std::string_view pem_or_der);

  [[nodiscard]] std::string common_name() const;
  [[nodiscard]] std::string serial() const;  ///< upper-case hex with colons
  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::chrono::system_clock::time_point not_before() const;
  [[nodiscard]] std::chrono::system_clock::time_point not_after() const;

 private:
  friend class RsaKey;
  friend class Cms;
  struct State;
  explicit X509Certificate(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

struct CertificateWish {
  std::string common_name;
  std::string organization;
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
};

/// A private key (OpenSSL).
///
/// Threads: safe from many threads once made.
class RsaKey {
 public:
  enum class Failure { not_a_key, passphrase_missing, passphrase_wrong, not_rsa };
  struct Parsed;
  /// PEM, maybe encrypted: then `ask` is called once; what it throws goes through.
  static Parsed parse(std::string_view pem, const std::function<std::string()>& ask);
  static RsaKey generate(unsigned bits);

  [[nodiscard]] bool belongs_to(const X509Certificate& certificate) const;
  /// PKCS#8 PEM, encrypted with AES-256 when there is a passphrase.
  [[nodiscard]] Secret pem(std::string_view passphrase) const;
  /// A certificate for signing kernel modules, signed with this key itself, with a random serial number.
  [[nodiscard]] X509Certificate self_signed(const CertificateWish& wish) const;

 private:
  friend class Cms;
  struct State;
  explicit RsaKey(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

struct RsaKey::Parsed {
  std::optional<RsaKey> key;
  std::optional<Failure> failure;
};

/// CMS signatures of the shape that kernel modules carry.
class Cms {
 public:
  struct Signer {
    std::string issuer;  ///< common name
    std::string serial;  ///< upper-case hex with colons
    std::string hash;    ///< sha256
    bool has_attributes = false;
  };
  enum class Verdict { holds, malformed, attributes, other_key, wrong };

  static bool knows_hash(const std::string& hash);
  /// Detached signature as DER; nothing when OpenSSL refuses (its reasons in `why`).
  static std::optional<std::string> sign(std::string_view content, const RsaKey& key, const X509Certificate& certificate,
                                         const std::string& hash, std::string& why);
  /// Nothing when the bytes are no CMS SignedData with exactly one signer.
  static std::optional<Signer> read(std::string_view der);
  static Verdict verify(std::string_view content, std::string_view der, const X509Certificate& certificate);
};

}  // namespace kmpack
