#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace kmpack {

/// A module file cut at its outermost signature; the views point into the file's bytes.
///
/// The loader looks at the outermost signature only, and `content` is what that one covers: with two layers it still holds the
/// inner signature.
struct SignatureView {
  std::string_view content;
  std::string_view cms;    ///< DER; empty when unsigned
  std::size_t layers = 0;  ///< 0 unsigned, 1 signed, more: signed again on top

  [[nodiscard]] bool is_signed() const noexcept { return layers != 0; }
};

/// The mark at the very end of a signed module.
inline constexpr std::string_view kSignatureMagic = "~Module signature appended~\n";
/// Bytes of struct module_signature between the CMS and the mark.
inline constexpr std::size_t kSignatureHeaderSize = 12;

/// Cut a decompressed module file at its signature.
///
/// Errors:  signature-malformed when the mark is there and the lengths before it cannot be; `file` is for that message.
/// Source:  linux include/linux/module_signature.h, kernel/module_signature.c (mod_check_sig).
SignatureView split_signature(std::string_view module, const std::filesystem::path& file = {});

}  // namespace kmpack
