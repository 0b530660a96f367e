#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// `*` any run, `?` one character, everything else itself.
bool glob_matches(std::string_view pattern, std::string_view text) noexcept;
bool is_glob(std::string_view text) noexcept;

std::string_view trimmed(std::string_view text) noexcept;
std::vector<std::string_view> split(std::string_view text, char separator);
/// Words between blanks, none empty.
std::vector<std::string> words(std::string_view text);
std::string joined(std::span<const std::string> parts, std::string_view separator);
std::string replaced(std::string text, std::string_view what, std::string_view with);

/// The candidate that a misspelt word most likely meant, when one is near enough to be a good guess.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// Orders version texts as people read them: runs of digits as numbers, the rest as text ("6.1.9" before "6.1.10").
int compare_versions(std::string_view left, std::string_view right) noexcept;

std::string to_hex(std::span<const unsigned char> bytes);

/// Text as a JSON-free, shell-safe word for messages: 'it'\''s'. Used where printed commands must be pastable.
std::string shell_quoted(std::string_view text);

}  // namespace kmpack
