#include "manifest/dkms_conf.hpp"

namespace kmpack {

// A stand-in until the interpretation is there; the linker prefers the real one.
__attribute__((weak)) std::optional<DkmsConf> interpret_dkms(const DkmsDump& /*dump*/, const DkmsOrigin& /*origin*/,
                                                             const DkmsKernel& /*kernel*/, Diagnostics& /*problems*/) {
  return std::nullopt;
}

}  // namespace kmpack
