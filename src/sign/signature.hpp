#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/trailer.hpp"
#include "kmpack/diagnostic.hpp"
#include "sign/key.hpp"

namespace kmpack {

/// The detached signature of a module's bytes, the same bytes that the kernel's scripts/sign-file makes.
///
/// Shape:   CMS SignedData as DER: no content, no certificates, no signed attributes, signer named by issuer and serial number.
/// Units:   `hash` is a value of CONFIG_MODULE_SIG_HASH: sha256.
/// Errors:  signature-hash-unknown, signing-failed.
/// Source:  linux scripts/sign-file.c; measured: a signature with signed attributes is refused by the loader.
std::string signature_of(std::string_view content, const SigningKey& key, const std::string& hash);

/// `content` with the signature and its trailer at the end.
///
/// Source:  linux include/linux/module_signature.h; the length is big-endian, all else but the type (2, PKCS#7) is zero.
std::string with_signature(std::string_view content, std::string_view cms);

/// Check the outermost signature of a decompressed module against a certificate, as the loader would with that key trusted.
///
/// Shape:   nothing when it holds, else why not: signature-missing, signature-malformed, signature-attributes,
/// signature-other-key,
///          signature-invalid. `file` is for the message.
std::optional<Diagnostic> verify_signature(std::string_view module, const Certificate& certificate,
                                           const std::filesystem::path& file = {});

}  // namespace kmpack
