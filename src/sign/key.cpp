#include "sign/key.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sign/key_state.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"
#include "wrap/crypto.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// A key file has a few KiB; what is larger is something else.
constexpr std::size_t kLargestKeyFile = 1U << 20U;

/// read_file() would leave pieces of the key in memory it gave back.
Secret read_secret(const fs::path& file) {
  const auto fail = [&](const std::string& why) {
    throw Error(Diagnostic{.code = "key-unreadable",
                           .message = fmt::format("cannot read private key {}: {}", file.string(), why),
                           .hint = "check the path and its permissions"});
  };
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) fail(std::generic_category().message(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) fail(std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) fail("it is not a regular file");
  if (static_cast<std::size_t>(status.st_size) > kLargestKeyFile) fail("it is too large to be a key");
  Secret secret(std::string(static_cast<std::size_t>(status.st_size), '\0'));
  std::size_t done = 0;
  while (done < secret.text().size()) {
    const ssize_t got = ::read(descriptor.get(), secret.text().data() + done, secret.text().size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(std::generic_category().message(errno));
    if (got == 0) fail("it became shorter while it was read");
    done += static_cast<std::size_t>(got);
  }
  return secret;
}

[[noreturn]] void throw_key_failure(const fs::path& file, RsaKey::Failure failure) {
  switch (failure) {
    case RsaKey::Failure::not_a_key:
      break;
    case RsaKey::Failure::passphrase_missing:
      throw Error(Diagnostic{.code = "key-passphrase-missing",
                             .message = fmt::format("private key {} is encrypted and no passphrase was given", file.string()),
                             .hint = "run on a terminal, which asks for it, or give it through a file descriptor"});
    case RsaKey::Failure::passphrase_wrong:
      throw Error(Diagnostic{.code = "key-passphrase-wrong",
                             .message = fmt::format("the passphrase does not open private key {}", file.string()),
                             .hint = "try again with the passphrase the key was made with"});
    case RsaKey::Failure::not_rsa:
      throw Error(
          Diagnostic{.code = "key-not-rsa",
                     .message = fmt::format("private key {} is not RSA, and kernels verify RSA signatures only", file.string()),
                     .hint = "make one with: kmpack key new"});
  }
  throw Error(Diagnostic{.code = "key-unreadable",
                         .message = fmt::format("{} is not a private key in PEM", file.string()),
                         .hint = "give the .key file that kmpack key new wrote, or any unencrypted or encrypted PEM key"});
}

RsaKey load_key(const fs::path& file, const PassphraseSource& passphrase) {
  const Secret pem = read_secret(file);
  std::function<std::string()> ask;
  if (passphrase) ask = [&] { return passphrase(fmt::format("passphrase of {}", file.string())); };
  RsaKey::Parsed parsed = RsaKey::parse(pem.text(), ask);
  if (!parsed.key) throw_key_failure(file, parsed.failure.value_or(RsaKey::Failure::not_a_key));
  return *std::move(parsed.key);
}

std::string day_of(WallTime time) { return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(time)); }

void check_validity(const Certificate& certificate, const fs::path& file, WallTime now) {
  const bool early = now < certificate.not_before();
  if (!early && now <= certificate.not_after()) return;
  throw Error(Diagnostic{
      .code = "certificate-expired",
      .message = early ? fmt::format("certificate {} is not valid before {}", file.string(), day_of(certificate.not_before()))
                       : fmt::format("certificate {} expired on {}", file.string(), day_of(certificate.not_after())),
      .hint =
          early ? "check this machine's clock" : "make a new key with: kmpack key new; and enroll it where modules are loaded"});
}

}  // namespace

Certificate::Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Certificate Certificate::load(const fs::path& file) {
  try {
    return from_bytes(read_file(file), file);
  } catch (const Error& error) {
    if (error.diagnostic().code == "certificate-unreadable") throw;
    throw Error(Diagnostic{.code = "certificate-unreadable",
                           .message = fmt::format("no certificate: {}", error.diagnostic().message),
                           .hint = "check the path and its permissions"});
  }
}

Certificate Certificate::from_bytes(std::string_view pem_or_der, const fs::path& file) {
  auto x509 = X509Certificate::parse(pem_or_der);
  if (!x509)
    throw Error(Diagnostic{.code = "certificate-unreadable",
                           .message = fmt::format("{} is not an X.509 certificate in PEM or DER", file.string()),
                           .hint = "give the .pem or .der file that belongs to the key"});
  State state{
      .x509 = *x509, .common_name = x509->common_name(), .serial = x509->serial(), .der = x509->der(), .pem = x509->pem()};
  return Certificate(std::make_shared<const State>(std::move(state)));
}

const std::string& Certificate::common_name() const noexcept { return state_->common_name; }
const std::string& Certificate::serial() const noexcept { return state_->serial; }
const std::string& Certificate::der() const noexcept { return state_->der; }
const std::string& Certificate::pem() const noexcept { return state_->pem; }
WallTime Certificate::not_before() const noexcept { return state_->x509.not_before(); }
WallTime Certificate::not_after() const noexcept { return state_->x509.not_after(); }

SigningKey::SigningKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

SigningKey SigningKey::load(const fs::path& key, const fs::path& certificate, const PassphraseSource& passphrase, WallTime now) {
  // The certificate first: its mistakes are found without asking for a passphrase.
  Certificate loaded = Certificate::load(certificate);
  check_validity(loaded, certificate, now);
  RsaKey rsa = load_key(key, passphrase);
  if (!rsa.belongs_to(loaded.state_->x509))
    throw Error(Diagnostic{
        .code = "key-certificate-mismatch",
        .message = fmt::format("private key {} and certificate {} do not belong together", key.string(), certificate.string()),
        .hint = "give the certificate that was made for this key"});
  return SigningKey(std::make_shared<const State>(State{.path = key, .certificate = std::move(loaded), .rsa = std::move(rsa)}));
}

const fs::path& SigningKey::path() const noexcept { return state_->path; }
const Certificate& SigningKey::certificate() const noexcept { return state_->certificate; }

}  // namespace kmpack
