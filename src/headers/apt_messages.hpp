#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wrap/apt.hpp"

namespace kmpack {

/// What kmpack and its APT child say to each other: one JSON file each way.
struct AptRequest {
  AptPlaces places;
  bool update = false;                 ///< apt-index: fetch the lists first
  std::vector<std::string> prefixes;   ///< apt-index
  std::vector<AptDownload> downloads;  ///< apt-fetch
  std::filesystem::path answer;
};

struct AptAnswer {
  std::string key;  ///< what the lists looked like; set by who asked
  std::vector<AptPackage> packages;
  std::vector<AptFailure> failures;
};

/// Errors:  file-unwritable, file-unreadable, apt-failed (it does not read as a request or answer).
void write_apt_request(const std::filesystem::path& file, const AptRequest& request);
AptRequest read_apt_request(const std::filesystem::path& file);
void write_apt_answer(const std::filesystem::path& file, const AptAnswer& answer);
AptAnswer read_apt_answer(const std::filesystem::path& file);

}  // namespace kmpack
