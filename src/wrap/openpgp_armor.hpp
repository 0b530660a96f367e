#pragma once

#include <string>
#include <string_view>

namespace kmpack {

/// OpenPGP packets without their ASCII armor, of every block of the text in turn; bytes without armor come back as they are.
///
/// Errors:  none: what is no base64 gives nothing for its block, and whoever reads the packets refuses that.
/// Threads: safe from many.
/// Source:  RFC 4880, section 6.2; gpgv reads keyrings without armor only.
std::string dearmored(std::string_view text);

}  // namespace kmpack
