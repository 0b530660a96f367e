#pragma once

#include <string>
#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "kmpack/manifest.hpp"
#include "manifest/dkms/dump.hpp"
#include "manifest/dkms/text.hpp"

namespace kmpack {

/// Reports what dkms loses, or takes as something else, because it evaluates each value twice: dkms-value-dropped (an error),
/// dkms-value-changed; and lines that end as on Windows, dkms-conf-carriage-return.
///
/// Shape:   false when one value took all later ones with it: nothing else can be said of them. Values are shown with
/// placeholders, so that for all kernels the same is said. Source:  facts debian.md section 1.4.
bool check_dkms_values(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsPlaces& places, std::string_view conf,
                       Diagnostics& problems);

/// Shell text in one spelling: blanks outside of quotes run together, line ends that end no command are blanks.
std::string dkms_plain_shell(std::string_view text);

/// That spelling without the quotes that a shell takes off with nothing else to show for them: those of `A="1.0"` in an argument,
/// not those of a command's name, nor round anything that a shell would act upon.
std::string dkms_fewest_quotes(std::string_view plain);

}  // namespace kmpack
