#include "sign/signature.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "inspect/trailer.hpp"
#include "sign/key.hpp"
#include "sign/key_state.hpp"
#include "wrap/crypto.hpp"

namespace kmpack {
namespace {

Diagnostic refusal(std::string_view code, std::string message, std::string hint) {
  return Diagnostic{.code = code, .message = std::move(message), .hint = std::move(hint)};
}

std::string called(const std::filesystem::path& file) { return file.empty() ? "the module" : file.string(); }

Diagnostic other_key(std::string_view cms, const Certificate& certificate, const std::filesystem::path& file) {
  const auto signer = Cms::read(cms);
  Diagnostic problem =
      refusal("signature-other-key", fmt::format("{} is not signed by '{}'", called(file), certificate.common_name()),
              "sign it with the key of this certificate, or check it against the signer's certificate");
  if (signer) problem.notes.push_back(fmt::format("its signer is '{}', serial number {}", signer->issuer, signer->serial));
  problem.notes.push_back(fmt::format("the certificate's serial number is {}", certificate.serial()));
  return problem;
}

}  // namespace

std::string signature_of(std::string_view content, const SigningKey& key, const std::string& hash) {
  if (!Cms::knows_hash(hash))
    throw Error(Diagnostic{.code = "signature-hash-unknown",
                           .message = fmt::format("the kernel wants signatures with hash '{}', which kmpack does not know", hash),
                           .hint = "check CONFIG_MODULE_SIG_HASH of the kernel's headers"});
  std::string why;
  auto cms = Cms::sign(content, detail::KeyAccess::rsa(key), detail::KeyAccess::x509(key.certificate()), hash, why);
  if (!cms)
    throw Error(Diagnostic{.code = "signing-failed",
                           .message = fmt::format("OpenSSL could not sign with {}", key.path().string()),
                           .notes = {why},
                           .hint = "check that the key is large enough for the hash and not damaged"});
  return *std::move(cms);
}

std::string with_signature(std::string_view content, std::string_view cms) {
  std::string module;
  module.reserve(content.size() + cms.size() + kSignatureHeaderSize + kSignatureMagic.size());
  module += content;
  module += cms;
  module += std::string_view("\0\0\2\0\0\0\0\0", 8);
  for (unsigned shift = 32; shift != 0; shift -= 8) module += static_cast<char>(cms.size() >> (shift - 8) & 0xffU);
  module += kSignatureMagic;
  return module;
}

std::optional<Diagnostic> verify_signature(std::string_view module, const Certificate& certificate,
                                           const std::filesystem::path& file) {
  SignatureView view;
  try {
    view = split_signature(module, file);
  } catch (const Error& error) {
    return error.diagnostic();
  }
  if (!view.is_signed())
    return refusal("signature-missing", fmt::format("{} has no signature", called(file)),
                   "sign it; stripping a module removes its signature");
  switch (Cms::verify(view.content, view.cms, detail::KeyAccess::x509(certificate))) {
    case Cms::Verdict::holds:
      return std::nullopt;
    case Cms::Verdict::malformed:
      return refusal("signature-malformed",
                     fmt::format("the signature of {} is not a detached CMS signature of one signer", called(file)),
                     "build and sign the module again");
    case Cms::Verdict::attributes:
      return refusal("signature-attributes",
                     fmt::format("the signature of {} has signed attributes, which the loader refuses", called(file)),
                     "sign without attributes (openssl cms -noattr)");
    case Cms::Verdict::other_key:
      return other_key(view.cms, certificate, file);
    case Cms::Verdict::wrong:
      break;
  }
  return refusal("signature-invalid",
                 fmt::format("the content of {} is not what '{}' signed", called(file), certificate.common_name()),
                 "the file was changed after signing; build and sign it again");
}

}  // namespace kmpack
