#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Private to the files that write answers of --json.
namespace kmpack {

using Json = nlohmann::ordered_json;

/// A whole answer. Names of files and modules are bytes; an answer must be JSON whatever they are.
inline std::string rendered(const Json& record) { return record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

inline Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

inline Json crc_or_null(const std::optional<std::uint32_t>& crc) {
  return crc ? Json(fmt::format("0x{:08x}", *crc)) : Json(nullptr);
}

inline Json list(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const std::string& text : texts) all.push_back(text);
  return all;
}

template <class Items, class Make>
Json list(const Items& items, const Make& make) {
  Json all = Json::array();
  for (const auto& item : items) all.push_back(make(item));
  return all;
}

}  // namespace kmpack
