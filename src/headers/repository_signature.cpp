#include "headers/repository_signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"
#include "wrap/openpgp_armor.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Keywords of gpgv's status lines, with what follows them.
struct Status {
  std::string word;
  std::string rest;
};

std::vector<Status> statuses(std::string_view output) {
  constexpr std::string_view kMark = "[GNUPG:] ";
  std::vector<Status> all;
  for (const std::string_view line : split(output, '\n')) {
    if (!line.starts_with(kMark)) continue;
    const std::string_view text = line.substr(kMark.size());
    const std::size_t space = text.find(' ');
    all.push_back({std::string(text.substr(0, space)), space == text.npos ? "" : std::string(trimmed(text.substr(space)))});
  }
  return all;
}

const Status* find(const std::vector<Status>& all, std::string_view word) {
  const auto found = std::ranges::find(all, word, &Status::word);
  return found == all.end() ? nullptr : &*found;
}

std::optional<std::string> fault_in(const std::vector<Status>& all, const fs::path& key) {
  if (find(all, "BADSIG") != nullptr) return "its signature is wrong: it was changed after it was signed";
  struct Late {
    const char* word;
    const char* why;
  };
  for (const Late& late : std::to_array<Late>({{"EXPSIG", "its signature has expired"},
                                               {"EXPKEYSIG", "the key that signed it has expired"},
                                               {"REVKEYSIG", "the key that signed it was revoked"}})) {
    if (find(all, late.word) != nullptr) return late.why;
  }
  if (find(all, "GOODSIG") != nullptr && find(all, "VALIDSIG") != nullptr) return std::nullopt;
  if (const Status* const missing = find(all, "NO_PUBKEY"); missing != nullptr)
    return fmt::format("it is signed with the key {}, which is not in {}", missing->rest, key.string());
  return "it has no signature that counts";
}

}  // namespace

std::optional<std::string> signature_fault(const fs::path& content, const fs::path& signature, const fs::path& key,
                                           CommandRunner& runner, const std::stop_token& stop) {
  if (!is_there(key)) return fmt::format("its key is to be in {}, and there is no such file", key.string());
  const TempDir home;
  const std::string packets = dearmored(read_file(key));
  if (packets.empty()) return fmt::format("{} is no OpenPGP key", key.string());
  write_file(home.path() / "keyring.gpg", packets);
  const char* const path = std::getenv("PATH");
  const Completed completed =
      runner.run({.program = "gpgv",
                  .args = {"--homedir", home.path().string(), "--keyring", (home.path() / "keyring.gpg").string(),
                           "--weak-digest", "SHA1", "--status-fd", "1", "--", signature.string(), content.string()},
                  .environment = {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}, {"LC_ALL", "C.UTF-8"}}},
                 stop);
  if (!completed.exit_code) return fmt::format("gpgv ended with {}", completed.how());
  return fault_in(statuses(completed.tail), key);
}

}  // namespace kmpack
