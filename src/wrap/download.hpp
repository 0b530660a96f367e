#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace kmpack {

struct Download {
  std::string url;              ///< http:, https: or file:
  std::filesystem::path file;   ///< where it is to be; its directory exists
  std::uint64_t max_bytes = 0;  ///< what is longer is refused while it comes
};

struct DownloadFault {
  std::string reason;
  bool too_long = false;  ///< more came than may: it is not the file that was meant
};

/// Fetch one file with libcurl; what fails for a moment is tried three times.
///
/// Shape:   nothing when the file is there, else why it is not: then nothing is left. A web server may lead to another web
///          address, never to a file of this machine. Proxies and certificates as curl's own environment variables say.
/// Errors:  file-unwritable, disk-full.
/// Threads: from one thread; libcurl's start is global, so kmpack uses it in child processes only.
/// Source:  libcurl CURLOPT_PROTOCOLS_STR(3), CURLOPT_REDIR_PROTOCOLS_STR(3).
std::optional<DownloadFault> download(const Download& wanted);

/// The address of a file on this machine.
std::string file_url(const std::filesystem::path& absolute);

}  // namespace kmpack
