#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>

#include "base/owned.hpp"

// Private to wrap/archive*.cpp: the only files that see libarchive.
namespace kmpack::detail {

using ReadHandle = Owned<archive, archive_read_free>;
using WriteHandle = Owned<archive, archive_write_free>;
using EntryHandle = Owned<archive_entry, archive_entry_free>;

/// libarchive's last message, "unknown error" when it has none.
std::string message_of(archive* handle);
/// A member name without leading `./` and trailing `/`.
std::string_view plain_name(std::string_view name) noexcept;
[[noreturn]] void throw_hostile(const std::string& archive_text, std::string_view member, std::string_view why);

}  // namespace kmpack::detail
