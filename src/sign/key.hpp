#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kmpack {

/// Asks for a passphrase once; `prompt` names the key file. Called at most once per key, from one thread.
using PassphraseSource = std::function<std::string(const std::string& prompt)>;

using WallTime = std::chrono::system_clock::time_point;

class SigningKey;
namespace detail {
struct KeyAccess;
}

/// An X.509 certificate. Copies share one object.
///
/// Threads: safe from many threads.
class Certificate {
 public:
  /// Read PEM or DER. Errors: certificate-unreadable.
  static Certificate load(const std::filesystem::path& file);
  static Certificate from_bytes(std::string_view pem_or_der, const std::filesystem::path& file);

  [[nodiscard]] const std::string& common_name() const noexcept;
  /// As modinfo shows sig_key: upper-case hex with colons.
  [[nodiscard]] const std::string& serial() const noexcept;
  /// What mokutil and a firmware's db want.
  [[nodiscard]] const std::string& der() const noexcept;
  [[nodiscard]] const std::string& pem() const noexcept;
  [[nodiscard]] WallTime not_before() const noexcept;
  [[nodiscard]] WallTime not_after() const noexcept;

 private:
  friend class SigningKey;
  friend struct detail::KeyAccess;
  struct State;
  explicit Certificate(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

/// What a new module-signing key is made from.
struct KeyRequest {
  std::string common_name;       ///< at most 64 characters; modinfo shows it as the signer
  std::string organization;      ///< empty: none
  std::filesystem::path prefix;  ///< DIR/NAME: writes NAME.key, NAME.pem and NAME.der there
  std::chrono::days days{3650};  ///< how long the certificate is valid
  std::string passphrase;        ///< empty: the key is written without one
  WallTime now = std::chrono::system_clock::now();
};

struct KeyFiles {
  std::filesystem::path key;          ///< PKCS#8 PEM, mode 0600
  std::filesystem::path certificate;  ///< PEM
  std::filesystem::path der;          ///< the same certificate for `mokutil --import`
};

/// Make an RSA-3072 key and a self-signed certificate for it, as a machine owner key that the kernel takes for modules.
///
/// Errors:  key-exists when any of the files is there, key-request-invalid, file-unwritable, disk-full. No key is left behind on
/// failure. Source:  linux Documentation/admin-guide/module-signing.rst; 1.3.6.1.4.1.2312.16.1.2 is shim's usage "kernel module
/// signing only".
KeyFiles create_key(const KeyRequest& request);

/// A private key with its certificate, ready to sign. Never printed, never copied out; copies share one object.
///
/// Threads: safe from many threads.
class SigningKey {
 public:
  /// Read a PEM key and a PEM or DER certificate that belong together. `passphrase` is asked only when the key is encrypted.
  ///
  /// Errors:  key-unreadable, key-passphrase-missing, key-passphrase-wrong, key-not-rsa, certificate-unreadable,
  /// certificate-expired
  ///          (also: not valid yet), key-certificate-mismatch.
  /// Source:  linux crypto/asymmetric_keys: Debian's kernels verify RSA only (measured: an EC certificate is refused).
  static SigningKey load(const std::filesystem::path& key, const std::filesystem::path& certificate,
                         const PassphraseSource& passphrase, WallTime now = std::chrono::system_clock::now());

  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  [[nodiscard]] const Certificate& certificate() const noexcept;
  [[nodiscard]] const std::string& common_name() const noexcept { return certificate().common_name(); }
  [[nodiscard]] const std::string& der() const noexcept { return certificate().der(); }

 private:
  friend struct detail::KeyAccess;
  struct State;
  explicit SigningKey(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace kmpack
