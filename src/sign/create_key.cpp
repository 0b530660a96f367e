#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sign/key.hpp"
#include "sys/files.hpp"
#include "wrap/crypto.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// The size that shim and the distributions' own documentation use; RSA-2048 ends its life first, RSA-4096 slows every module
// load.
constexpr unsigned kBits = 3072;
// Upper bounds of X.520 for both fields.
constexpr std::size_t kLongestName = 64;
// X.509 dates have four digits of year.
constexpr std::chrono::days kLongestValidity{100 * 366};
constexpr std::size_t kLongestPassphrase = 1023;

[[noreturn]] void throw_invalid(std::string message, std::string hint) {
  throw Error(Diagnostic{.code = "key-request-invalid", .message = std::move(message), .hint = std::move(hint)});
}

bool is_plain_text(const std::string& text) {
  return std::ranges::none_of(text, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; });
}

/// Overlong forms and surrogates are OpenSSL's to find; it asserts on what this lets pass only when memory is short.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe1 && lead < 0xed ? 3 : 0;
    if (length == 0 || text.size() < length) return false;
    for (std::size_t index = 1; index < length; ++index)
      if ((static_cast<unsigned char>(text[index]) & 0xc0U) != 0x80) return false;
    text.remove_prefix(length);
  }
  return true;
}

void check_field(const char* field, const std::string& value) {
  if (value.size() > kLongestName || !is_plain_text(value) || !is_utf8(value))
    throw_invalid(fmt::format("the {} must be text of at most {} bytes without control characters", field, kLongestName),
                  "shorten it, and write it in plain letters");
}

void check(const KeyRequest& request) {
  if (request.common_name.empty())
    throw_invalid("a key needs a common name", "give a name that users will recognise as the signer");
  check_field("common name", request.common_name);
  check_field("organization", request.organization);
  if (request.days < std::chrono::days{1} || request.days > kLongestValidity)
    throw_invalid(fmt::format("a certificate cannot be valid for {} days", request.days.count()),
                  fmt::format("give a number from 1 to {}", kLongestValidity.count()));
  if (request.passphrase.size() > kLongestPassphrase)
    throw_invalid(fmt::format("the passphrase is longer than {} bytes", kLongestPassphrase), "give a shorter one");
  if (!request.prefix.has_filename() || request.prefix.filename() == "." || request.prefix.filename() == "..")
    throw_invalid("the key has no file name", "give DIRECTORY/NAME");
}

[[noreturn]] void throw_exists(const fs::path& file) {
  throw Error(Diagnostic{.code = "key-exists",
                         .message = fmt::format("{} is there already, and a key is never overwritten", file.string()),
                         .hint = "choose another name, or move the old files away"});
}

fs::path with_suffix(const fs::path& prefix, const char* suffix) {
  // Not replace_extension(): the name may have a dot of its own.
  fs::path file = prefix;
  file += suffix;
  return file;
}

/// Give a finished file its name; unlike rename(2), link(2) never replaces what is there, not even in a race.
void publish_new(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return;
  if (errno == EEXIST) throw_exists(to);
  throw_system_error(errno, "cannot create", to);
}

}  // namespace

KeyFiles create_key(const KeyRequest& request) {
  check(request);
  const KeyFiles files{.key = with_suffix(request.prefix, ".key"),
                       .certificate = with_suffix(request.prefix, ".pem"),
                       .der = with_suffix(request.prefix, ".der")};
  for (const fs::path& file : {files.key, files.certificate, files.der})
    if (fs::exists(fs::symlink_status(file))) throw_exists(file);

  const RsaKey key = RsaKey::generate(kBits);
  const X509Certificate certificate = key.self_signed({.common_name = request.common_name,
                                                       .organization = request.organization,
                                                       .not_before = request.now,
                                                       .not_after = request.now + request.days});
  const fs::path directory = request.prefix.has_parent_path() ? request.prefix.parent_path() : fs::path(".");
  const TempDir stage(directory);
  const Secret pem = key.pem(request.passphrase);
  write_file(stage.path() / "key", pem.text(), fs::perms{0600});
  write_file(stage.path() / "pem", certificate.pem());
  write_file(stage.path() / "der", certificate.der());
  // The key comes first: whoever wins a race for it owns the other two names as well.
  std::vector<fs::path> published;
  try {
    for (const auto& [staged, file] :
         {std::pair("key", files.key), std::pair("pem", files.certificate), std::pair("der", files.der)}) {
      publish_new(stage.path() / staged, file);
      published.push_back(file);
    }
  } catch (const Error&) {
    for (const fs::path& file : published) ::unlink(file.c_str());
    throw;
  }
  return files;
}

}  // namespace kmpack
