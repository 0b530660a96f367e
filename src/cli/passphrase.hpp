#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "sign/key.hpp"

namespace kmpack {

/// Where a passphrase comes from: the first line of a file descriptor, else the terminal, asked without echo.
///
/// Errors:  key-passphrase-missing when there is neither, passphrase-unreadable. Throws Cancelled on stop, with the terminal as
/// it was. Threads: the answer is called once, from one thread.
PassphraseSource passphrase_source(std::optional<int> descriptor, std::stop_token stop);

/// A new passphrase, asked twice. Errors: as above; passphrase-differs.
std::string new_passphrase(const std::string& prompt, std::stop_token stop);

}  // namespace kmpack
