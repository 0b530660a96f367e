#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace kmpack {

/// SHA-256 of a sequence of pieces (OpenSSL).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  /// Lower-case hex. Ends the use of this object.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of(std::string_view bytes);
/// For dpkg's md5sums, which guards against accidents only. Lower-case hex.
std::string md5_of(std::string_view bytes);
/// For names that others make from certificates. Lower-case hex.
std::string sha1_of(std::string_view bytes);
/// Errors: file-unreadable.
std::string sha256_of_file(const std::filesystem::path& path);
/// The digest of a file of the kind that `like` is: SHA-512 for 128 digits, else SHA-256. Errors: file-unreadable.
std::string digest_of_file(const std::filesystem::path& path, std::string_view like);

}  // namespace kmpack
