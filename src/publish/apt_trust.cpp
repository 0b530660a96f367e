#include "publish/apt_trust.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sign/openpgp.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PGP ";
constexpr std::string_view kBeginText = "-----BEGIN PGP SIGNED MESSAGE-----\n";
constexpr std::string_view kStatus = "[GNUPG:] ";

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error({.code = "repository-untrusted",
               .message = fmt::format("the signature of {} does not hold: {}", file.string(), why),
               .where = {},
               .notes = {},
               .hint = fmt::format("find out who changed it; to begin anew, remove {} and give the packages again",
                                   file.parent_path().string())});
}

/// The primary keys of good signatures, or why there is none that counts.
std::set<std::string> signers_in(std::string_view statuses, const fs::path& file) {
  std::set<std::string> signers;
  std::optional<std::string> unknown;
  for (std::string_view line : split(statuses, '\n')) {
    if (!line.starts_with(kStatus)) continue;
    const std::vector<std::string> parts = words(line.substr(kStatus.size()));
    if (parts.empty()) continue;
    if (parts[0] == "BADSIG") refuse(file, "it was changed after it was signed");
    if (parts[0] == "REVKEYSIG") refuse(file, "the key that signed it was revoked");
    if (parts[0] == "NO_PUBKEY" && parts.size() > 1) unknown = parts[1];
    // Its last word is the primary key, whichever part of it signed.
    if (parts[0] == "VALIDSIG") signers.insert(parts.back());
  }
  if (signers.empty() && unknown) refuse(file, fmt::format("gpg does not know the key {} that signed it", *unknown));
  if (signers.empty()) refuse(file, "gpg finds no signature that counts");
  return signers;
}

std::set<std::string> verify(const fs::path& file, std::vector<std::string> args, CommandRunner& runner,
                             const std::stop_token& stop) {
  // A suite may be dated ahead of this machine's clock, and its signature with it.
  args.insert(args.begin(),
              {"--batch", "--no-tty", "--quiet", "--no-auto-key-retrieve", "--ignore-time-conflict", "--status-fd", "1"});
  const Completed completed =
      runner.run({.program = "gpg", .args = std::move(args), .environment = gpg_environment(), .separate_errors = true}, stop);
  return signers_in(completed.tail, file);
}

}  // namespace

bool is_signed_suite(const fs::path& dist) { return fs::exists(dist / "InRelease") || fs::exists(dist / "Release.gpg"); }

TrustedRelease read_trusted_release(const fs::path& dist, CommandRunner& runner, const std::stop_token& stop) {
  if (!is_signed_suite(dist)) return {.text = read_file(dist / "Release"), .signers = {}};
  const TempDir room;
  if (const fs::path file = dist / "InRelease"; fs::exists(file)) {
    const std::string text = read_file(file);
    // Of two messages in one file, the signature of one says nothing of the other.
    const std::size_t second = text.find("\n" + std::string(kBegin));
    const std::string_view rest = second == text.npos ? std::string_view() : std::string_view(text).substr(second + 1);
    if (!text.starts_with(kBeginText) || !rest.starts_with("-----BEGIN PGP SIGNATURE-----\n") ||
        rest.find(kBegin, 1) != rest.npos)
      refuse(file, "it is not one signed text");
    const fs::path plain = room.path() / "Release";
    const std::set<std::string> signers =
        verify(file, {"--output", plain.string(), "--verify", "--", file.string()}, runner, stop);
    return {.text = read_file(plain), .signers = signers};
  }
  // What is read is what was verified: nobody gets in between.
  const fs::path plain = room.path() / "Release";
  write_file(plain, read_file(dist / "Release"));
  const fs::path signature = dist / "Release.gpg";
  const std::set<std::string> signers = verify(signature, {"--verify", "--", signature.string(), plain.string()}, runner, stop);
  return {.text = read_file(plain), .signers = signers};
}

}  // namespace kmpack
