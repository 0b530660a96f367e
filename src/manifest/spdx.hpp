#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kmpack {

struct LicenseFault {
  std::string message;  ///< why the text is no SPDX expression: "'GPL' is not an SPDX identifier"
  std::string hint;
};

/// A check of form, not of meaning: names joined by AND, OR, WITH and parentheses, and none of the loose names of everyday use.
///
/// Source:  SPDX specification 2.3, annex D.
std::optional<LicenseFault> find_license_fault(std::string_view expression);

/// SPDX identifiers for the values MODULE_LICENSE takes; nothing for others.
///
/// Source:  linux Documentation/process/license-rules.rst: "GPL" and "GPL v2" say the same and nothing of later versions.
std::optional<std::string> spdx_of_module_license(std::string_view value);

}  // namespace kmpack
