#include "package/macro_spec.hpp"

namespace kmpack {

MacroFlavors macro_flavors(const Manifest&, std::span<const FlavorPattern>, std::span<const Catalogue>, Diagnostics&) {
  return {};
}

SourcePackage render_macro_spec(const Manifest& manifest, const MacroFlavors&, const std::filesystem::path&, std::int64_t epoch,
                                const Templates&) {
  return {.head = spec_head(manifest, RpmStyle::kmp, epoch)};
}

}  // namespace kmpack
