#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace kmpack {

/// The fields modinfo prints, as libkmod reads them from a file: the second opinion on a finished module.
///
/// Shape:   (key, value) in the file's order; a signed module also has sig_id, signer, sig_key, sig_hashalgo. Compression is what
///          libkmod was built with (Debian 12: xz and zstd, not gzip).
/// Errors:  module-unreadable.
/// Threads: safe from many threads; each call has its own kmod_ctx.
std::vector<std::pair<std::string, std::string>> kmod_modinfo(const std::filesystem::path& file);

}  // namespace kmpack
