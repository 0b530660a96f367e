#include "sign/openpgp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// rpm's own, and nothing of the machine or of the user.
constexpr const char* kMacros = "--macros=/usr/lib/rpm/macros";
// Below what one command line may hold (128 KiB for a word, 2 MiB for all).
constexpr std::size_t kFilesAtOnce = 256;

Command gpg(std::vector<std::string> words) {
  words.insert(words.begin(), {"--batch", "--no-tty", "--quiet"});
  return {.program = "gpg", .args = std::move(words), .environment = gpg_environment(), .separate_errors = true};
}

/// What gpg and rpm said, without the noise that every call makes.
std::vector<std::string> words_of(std::string_view errors) {
  std::vector<std::string> notes;
  for (const std::string_view line : split(errors, '\n')) {
    if (line.starts_with("gpg: ") || line.starts_with("error: ")) {
      if (!line.starts_with("gpg: WARNING: running with faked")) notes.emplace_back(line);
    }
  }
  return notes;
}

[[noreturn]] void refuse(std::string_view code, std::string message, std::vector<std::string> notes, std::string hint) {
  throw Error({.code = code, .message = std::move(message), .where = {}, .notes = std::move(notes), .hint = std::move(hint)});
}

[[noreturn]] void refuse_signing(const OpenPgpKey& key, const Completed& completed, std::string_view errors) {
  std::vector<std::string> notes = words_of(errors);
  if (notes.empty()) notes.push_back(completed.how());
  refuse(
      "openpgp-signing-failed", fmt::format("gpg could not sign with the key of '{}'", key.user_id), std::move(notes),
      fmt::format("kmpack asks for no passphrase: unlock the key in gpg-agent first, with 'gpg -u {} -o /dev/null -s /dev/null'",
                  key.fingerprint));
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// `\x3a` and the like stand for what the listing could not hold. Source: doc/DETAILS, field 10.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const char* const start = text.data() + at + 2;
    if (text.substr(at).starts_with("\\x") && at + 4 <= text.size() &&
        std::from_chars(start, start + 2, value, 16).ptr == start + 2) {
      plain += static_cast<char>(value);
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

/// Fields of the colon listing, counted from 0.
enum Field : std::size_t { kKind = 0, kValidity = 1, kCreated = 5, kUserId = 9, kCapabilities = 11 };

struct Listing {
  std::vector<OpenPgpKey> keys;
  std::string validity;      ///< of the last of them
  std::string capabilities;  ///< likewise
};

bool has_gone(std::string_view validity) { return validity.find_first_of("erdi") != std::string_view::npos; }

void take(Listing& listing, std::span<const std::string_view> fields) {
  const std::string_view kind = fields[kKind];
  if (kind == "sec") {
    listing.keys.emplace_back();
    listing.validity = fields[kValidity];
    listing.capabilities = fields[kCapabilities];
  }
  if (listing.keys.empty()) return;
  OpenPgpKey& key = listing.keys.back();
  if ((kind == "sec" || kind == "ssb") && fields[kCapabilities].find('s') != std::string_view::npos &&
      !has_gone(fields[kValidity]))
    key.created = std::max(key.created, number(fields[kCreated]));
  if (kind == "fpr" && key.fingerprint.empty()) key.fingerprint = fields[kUserId];
  if (kind == "uid" && key.user_id.empty() && !has_gone(fields[kValidity])) key.user_id = unescaped(fields[kUserId]);
}

Listing listing_of(std::string_view text) {
  Listing listing;
  for (const std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> fields = split(line, ':');
    fields.resize(std::max<std::size_t>(fields.size(), kCapabilities + 1));
    take(listing, fields);
  }
  return listing;
}

std::string signing_options(const OpenPgpKey& key, std::int64_t time) {
  // Without the mark at the end gpg's clock would run on from there.
  return fmt::format("--batch --no-tty --pinentry-mode error --faked-system-time {}!", std::max(time, key.created));
}

std::string macro_text(std::string text) { return replaced(std::move(text), "%", "%%"); }

Command rpmsign(const OpenPgpKey& key, std::int64_t time) {
  const auto program = find_program("gpg");
  // rpm was built where there was no gpg, and has no path of one. Source: Debian 12, `rpm -E %__gpg`.
  return {
      .program = "rpmsign",
      .args = {kMacros, "--addsign", "--define", "__gpg " + macro_text(program ? program->string() : "/usr/bin/gpg"), "--define",
               "_gpg_name " + key.fingerprint, "--define", "_gpg_sign_cmd_extra_args " + signing_options(key, time)},
      .environment = gpg_environment(),
      .separate_errors = true};
}

void sign_as(const char* form, const OpenPgpKey& key, const fs::path& content, const fs::path& to, std::int64_t time,
             CommandRunner& runner, const std::stop_token& stop) {
  std::vector<std::string> args = words(signing_options(key, time));
  const std::vector<std::string> rest{
      "--yes", "--armor", "--no-emit-version", "--local-user", key.fingerprint, "--output", to.string(),
      form,    "--",      content.string()};
  args.insert(args.end(), rest.begin(), rest.end());
  const Completed completed = runner.run(gpg(std::move(args)), stop);
  if (!completed.ok() || !fs::exists(to)) refuse_signing(key, completed, completed.errors);
}

/// Reads packages back from disk, beside a key ring that has this key alone.
class Judge {
 public:
  Judge(const OpenPgpKey& key, CommandRunner& runner, const std::stop_token& stop) : runner_(runner), stop_(stop) {
    make_directories(home_.path() / "db");
    const fs::path ring = home_.path() / "key.asc";
    write_file(ring, export_openpgp_key(key, runner, stop));
    run_checked(runner, command({"--import", ring.string()}), stop);
  }

  /// rpmkeys says one line for each; what it says nothing good of has no signature.
  [[nodiscard]] std::vector<fs::path> without_signature(std::span<const fs::path> files) const {
    std::vector<std::string> words{"--define", "_pkgverify_level all", "--checksig"};
    for (const fs::path& file : files) words.push_back(file.string());
    const fs::path output = home_.path() / "answer";
    Command asking = command(std::move(words));
    asking.output = output;
    runner_.run(asking, stop_);
    const std::string text = "\n" + read_file(output);
    std::vector<fs::path> bare;
    std::ranges::copy_if(files, std::back_inserter(bare), [&](const fs::path& file) {
      return text.find("\n" + file.string() + ": digests signatures OK\n") == std::string::npos;
    });
    return bare;
  }

 private:
  Command command(std::vector<std::string> words) const {
    words.insert(words.begin(), {kMacros, "--dbpath", (home_.path() / "db").string()});
    return {.program = "rpmkeys", .args = std::move(words), .environment = gpg_environment(), .separate_errors = true};
  }

  CommandRunner& runner_;
  const std::stop_token& stop_;
  TempDir home_;
};

}  // namespace

std::map<std::string, std::string> gpg_environment() {
  std::map<std::string, std::string> all{{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}, {"PATH", "/usr/bin:/bin"}};
  for (const char* const name : {"PATH", "HOME", "GNUPGHOME", "TMPDIR"}) {
    if (const char* const value = std::getenv(name); value != nullptr) all[name] = value;
  }
  return all;
}

OpenPgpKey find_openpgp_key(const std::string& id, CommandRunner& runner, const std::stop_token& stop) {
  const Completed completed = runner.run(gpg({"--with-colons", "--fixed-list-mode", "--list-secret-keys", "--", id}), stop);
  const Listing listing = listing_of(completed.tail);
  if (!completed.ok() || listing.keys.empty()) {
    refuse("openpgp-key-unknown", fmt::format("gpg has no secret key '{}'", id), words_of(completed.errors),
           "'gpg --list-secret-keys' shows those it has; GNUPGHOME says where it looks");
  }
  if (listing.keys.size() > 1) {
    std::vector<std::string> notes;
    for (const OpenPgpKey& key : listing.keys) notes.push_back(fmt::format("{} {}", key.fingerprint, key.user_id));
    refuse("openpgp-key-ambiguous", fmt::format("'{}' fits several secret keys", id), std::move(notes),
           "name the key by its fingerprint");
  }
  // S: some part of the key can sign now. D: disabled. Source: doc/DETAILS, field 12.
  const bool can_sign =
      listing.capabilities.find('S') != std::string::npos && listing.capabilities.find('D') == std::string::npos;
  if (!can_sign || has_gone(listing.validity)) {
    refuse("openpgp-key-unusable",
           fmt::format("the key '{}' cannot sign: it is expired, revoked, disabled or not for signing", id), {},
           "choose another key, or prolong this one with 'gpg --quick-set-expire'");
  }
  return listing.keys.front();
}

std::string export_openpgp_key(const OpenPgpKey& key, CommandRunner& runner, const std::stop_token& stop) {
  // No version, no comment: the text depends on the key alone.
  const TempDir home;
  const fs::path file = home.path() / "key.asc";
  const Completed completed = runner.run(gpg({"--armor", "--no-emit-version", "--export-options", "export-minimal", "--output",
                                              file.string(), "--export", key.fingerprint}),
                                         stop);
  if (!completed.ok() || !fs::exists(file)) {
    refuse("openpgp-export-failed", fmt::format("gpg gives no public key of '{}'", key.user_id), words_of(completed.errors),
           "see what 'gpg --export' says");
  }
  return read_file(file);
}

void sign_detached(const OpenPgpKey& key, const fs::path& content, const fs::path& signature, std::int64_t time,
                   CommandRunner& runner, const std::stop_token& stop) {
  sign_as("--detach-sign", key, content, signature, time, runner, stop);
}

void sign_inline(const OpenPgpKey& key, const fs::path& content, const fs::path& signed_text, std::int64_t time,
                 CommandRunner& runner, const std::stop_token& stop) {
  sign_as("--clearsign", key, content, signed_text, time, runner, stop);
}

std::vector<fs::path> rpms_without_signature(const OpenPgpKey& key, std::span<const fs::path> files, CommandRunner& runner,
                                             const std::stop_token& stop) {
  const Judge judge(key, runner, stop);
  std::vector<fs::path> bare;
  for (std::size_t from = 0; from < files.size(); from += kFilesAtOnce) {
    std::ranges::move(judge.without_signature(files.subspan(from, std::min(kFilesAtOnce, files.size() - from))),
                      std::back_inserter(bare));
  }
  return bare;
}

void sign_rpms(const OpenPgpKey& key, std::span<const fs::path> files, std::int64_t time, CommandRunner& runner,
               const std::stop_token& stop) {
  if (files.empty()) return;
  for (std::size_t from = 0; from < files.size(); from += kFilesAtOnce) {
    const auto some = files.subspan(from, std::min(kFilesAtOnce, files.size() - from));
    Command command = rpmsign(key, time);
    for (const fs::path& file : some) command.args.push_back(fs::absolute(file).string());
    const Completed completed = runner.run(command, stop);
    if (!completed.ok()) refuse_signing(key, completed, completed.errors);
  }
  const std::vector<fs::path> bare = rpms_without_signature(key, files, runner, stop);
  if (bare.empty()) return;
  std::vector<std::string> notes;
  for (const fs::path& file : bare) notes.push_back(file.string());
  refuse("openpgp-signature-missing", fmt::format("rpmkeys finds no good signature of '{}' after rpmsign ran", key.user_id),
         std::move(notes), "see whether this rpm can check signatures of this kind of key: rpmkeys --import and --checksig");
}

}  // namespace kmpack
