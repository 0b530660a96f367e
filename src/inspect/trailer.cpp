#include "inspect/trailer.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kTrailerSize = kSignatureHeaderSize + kSignatureMagic.size();
constexpr unsigned char kPkcs7 = 2;

struct Layer {
  std::string_view content;
  std::string_view cms;
};

/// What stands before the mark; nothing when it cannot be a signature.
std::optional<Layer> outermost(std::string_view module) {
  if (module.size() < kTrailerSize) return std::nullopt;
  const std::string_view header = module.substr(module.size() - kTrailerSize, kSignatureHeaderSize);
  const auto byte = [header](std::size_t index) { return static_cast<unsigned char>(header[index]); };
  // algo, hash, id_type, signer_len, key_id_len, three of padding: all zero but the type.
  for (std::size_t index = 0; index < 8; ++index)
    if (byte(index) != (index == 2 ? kPkcs7 : 0)) return std::nullopt;
  const std::size_t length = std::size_t{byte(8)} << 24U | std::size_t{byte(9)} << 16U | std::size_t{byte(10)} << 8U | byte(11);
  const std::size_t before = module.size() - kTrailerSize;
  // A signature over nothing, or of nothing, is none.
  if (length == 0 || length >= before) return std::nullopt;
  return Layer{.content = module.substr(0, before - length), .cms = module.substr(before - length, length)};
}

}  // namespace

SignatureView split_signature(std::string_view module, const std::filesystem::path& file) {
  SignatureView view{.content = module, .cms = {}, .layers = 0};
  std::string_view rest = module;
  while (rest.ends_with(kSignatureMagic)) {
    const std::optional<Layer> layer = outermost(rest);
    if (!layer)
      throw Error(Diagnostic{.code = "signature-malformed",
                             .message = fmt::format("the signature at the end of {} has impossible lengths or type",
                                                    file.empty() ? "the module" : file.string()),
                             .hint = "the file was cut or changed after signing; build and sign it again"});
    if (view.layers == 0) {
      view.content = layer->content;
      view.cms = layer->cms;
    }
    ++view.layers;
    rest = layer->content;
  }
  return view;
}

}  // namespace kmpack
