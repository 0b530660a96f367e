#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "kmpack/package.hpp"
#include "pipeline/request.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// The key that signs packages, when one is wanted. Errors: those of find_openpgp_key.
std::optional<OpenPgpKey> find_package_key(const Request& request, const Context& context);

/// Sign the rpms among finished packages and note their new digests. Null: nothing to do.
///
/// Errors:  those of sign_rpms.
/// Threads: safe from many, for different packages.
void sign_packages(std::vector<PackageFile>& packages, const OpenPgpKey* key, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack
