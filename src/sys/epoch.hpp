#pragma once

#include <cstdint>
#include <optional>

namespace kmpack {

/// The time that the user gives to all that is made: seconds in $SOURCE_DATE_EPOCH. Nothing when it is unset or no number.
///
/// Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification.
std::optional<std::int64_t> source_date_epoch() noexcept;

/// 1980-01-01, in seconds since 1970.
inline constexpr std::int64_t kStartOf1980 = 315532800;

/// source_date_epoch(), and without it 1980-01-01: for what depends on no kernel. No time of a file will do, since two checkouts
/// of one source differ in those, and archivers and lintian take what is much older for a mistake.
std::int64_t source_date_epoch_or_default() noexcept;

}  // namespace kmpack
