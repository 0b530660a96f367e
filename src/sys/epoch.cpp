#include "sys/epoch.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace kmpack {
std::optional<std::int64_t> source_date_epoch() noexcept {
  const char* const given = std::getenv("SOURCE_DATE_EPOCH");
  if (given == nullptr) return std::nullopt;
  const std::string_view text = given;
  std::int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return seconds;
}

std::int64_t source_date_epoch_or_default() noexcept { return source_date_epoch().value_or(kStartOf1980); }

}  // namespace kmpack
