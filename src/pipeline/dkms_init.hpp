#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// Text of a kmpack.xml that builds what a dkms.conf says, for the kernels of the request's flavors.
///
/// Shape:   `directory` has the dkms.conf and is where the kmpack.xml is to lie. Headers are fetched as for a build. What is not
///          carried over stands in the text as comments, and each of it is reported as a warning.
/// Errors:  reports init-no-kernels, init-excluded, dkms-exclusion-fixed, dkms-logic-fixed; as read_inputs(), read_dkms() and
///          parse_manifest(); headers-absent. Nothing comes back after an error. Throws Cancelled.
std::optional<std::string> manifest_text_of_dkms(const std::filesystem::path& directory, const Request& request, Context& context,
                                                 const std::function<void(const std::string&)>& say, Diagnostics& problems);

}  // namespace kmpack
