#pragma once

#include <filesystem>

namespace kmpack {

/// Clear an APT repository of what killed runs left, in dists/ and pool/; nobody else may be at work there.
///
/// Shape:   a suite that was moved aside, with nothing in its place yet, is put back: its lists are all that says which packages
///          belong to it. Only file systems that cannot exchange two directories leave one so. What cannot be removed stays,
///          hidden.
/// Errors:  file-unreadable, file-unwritable.
void mend_after_kill(const std::filesystem::path& repository);

}  // namespace kmpack
