#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "sys/process.hpp"

namespace kmpack {

/// A key pair in the user's GnuPG home that signs packages and repositories. The secret part stays with gpg-agent.
struct OpenPgpKey {
  std::string fingerprint;   ///< of the primary key, hex
  std::string user_id;       ///< as gpg shows it: Example Packages <packages@example.org>
  std::int64_t created = 0;  ///< of its youngest part that signs, in seconds since 1970: a signature cannot be older
};

/// What gpg gets of the environment: it needs the user's home to find its keys and its agent.
std::map<std::string, std::string> gpg_environment();

/// Look up a secret key by what gpg takes for one: fingerprint, key id, mail address.
///
/// Errors:  openpgp-key-unknown, openpgp-key-ambiguous, openpgp-key-unusable (expired, revoked, cannot sign), tool-missing (gpg).
///          Throws Cancelled.
/// Source:  GnuPG doc/DETAILS, "Format of the colon listings".
OpenPgpKey find_openpgp_key(const std::string& id, CommandRunner& runner, const std::stop_token& stop);

/// The public key as armored text, for those who check. Errors: openpgp-export-failed.
std::string export_openpgp_key(const OpenPgpKey& key, CommandRunner& runner, const std::stop_token& stop);

/// Write an armored detached signature of a file.
///
/// Shape:   nobody is asked for a passphrase: gpg-agent has it, or this fails.
/// Units:   `time` is when it says it was made; the key's own birth when that is later. With RSA and Ed25519, same time, same
/// bytes. Errors:  openpgp-signing-failed with gpg's words, tool-missing.
void sign_detached(const OpenPgpKey& key, const std::filesystem::path& content, const std::filesystem::path& signature,
                   std::int64_t time, CommandRunner& runner, const std::stop_token& stop);

/// Write a copy of a text with the signature round it, as APT's InRelease. Otherwise as sign_detached.
///
/// Source:  RFC 9580 section 7, cleartext signature framework.
void sign_inline(const OpenPgpKey& key, const std::filesystem::path& content, const std::filesystem::path& signed_text,
                 std::int64_t time, CommandRunner& runner, const std::stop_token& stop);

/// Those of rpm packages that have no good signature of this key. Errors: tool-missing (gpg, rpmkeys). Throws Cancelled.
std::vector<std::filesystem::path> rpms_without_signature(const OpenPgpKey& key, std::span<const std::filesystem::path> files,
                                                          CommandRunner& runner, const std::stop_token& stop);

/// Sign rpm packages where they lie, with rpmsign, and read them back: every one must bear a good signature of this key.
///
/// Shape:   one that this key has signed before stays as it is; a signature of another key is replaced. A file is whole at any
/// moment.
///          Neither macros nor configuration of the user's rpm are read.
/// Units:   `time` as above.
/// Errors:  openpgp-signing-failed, openpgp-signature-missing, tool-missing (gpg, rpmsign, rpmkeys). Throws Cancelled.
/// Source:  rpmsign(8), rpmkeys(8); /usr/lib/rpm/macros, __gpg_sign_cmd.
void sign_rpms(const OpenPgpKey& key, std::span<const std::filesystem::path> files, std::int64_t time, CommandRunner& runner,
               const std::stop_token& stop);

}  // namespace kmpack
