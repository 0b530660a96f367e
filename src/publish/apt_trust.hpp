#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

#include "sys/process.hpp"

namespace kmpack {

/// What a suite's Release says, and who stands for it.
struct TrustedRelease {
  std::string text;
  std::set<std::string> signers;  ///< fingerprints of primary keys; none: unsigned
};

/// True where clients check signatures: there is an InRelease or a Release.gpg.
bool is_signed_suite(const std::filesystem::path& dist);

/// Read the Release of a suite, dists/SUITE, as it was signed. What will be signed anew must not be what somebody else put there.
///
/// Shape:   of a signed suite the text is that within InRelease, else Release with its Release.gpg; some key that gpg knows must
///          have made the signature. It may have expired since: that is when keys are changed. An unsigned Release is what it is.
/// Errors:  repository-untrusted, file-unreadable, tool-missing (gpg). Throws Cancelled.
/// Source:  GnuPG doc/DETAILS, "General status codes"; apt-secure(8).
TrustedRelease read_trusted_release(const std::filesystem::path& dist, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack
