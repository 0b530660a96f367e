#include "manifest/dkms_conf.hpp"
#include "manifest/dkms_evaluate.hpp"

namespace kmpack {

// Stand-ins until the evaluation is there; the linker prefers the real ones.
__attribute__((weak)) std::optional<DkmsDump> evaluate_dkms(const DkmsOrigin& origin, const DkmsKernel& /*kernel*/,
                                                            CommandRunner& /*runner*/, std::stop_token /*stop*/,
                                                            Diagnostics& problems) {
  problems.report({.code = "dkms-conf-unsupported",
                   .message = "this version of kmpack does not read dkms.conf",
                   .where = SourceSpan{origin.conf},
                   .notes = {},
                   .hint = "write a kmpack.xml beside it"});
  return std::nullopt;
}

__attribute__((weak)) std::optional<DkmsConf> interpret_dkms(const DkmsDump& /*dump*/, const DkmsOrigin& /*origin*/,
                                                             const DkmsKernel& /*kernel*/, Diagnostics& /*problems*/) {
  return std::nullopt;
}

}  // namespace kmpack
