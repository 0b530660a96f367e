#include "cache/cache_entry.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/diagnostic_codes.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack::detail {
namespace {

using Json = nlohmann::ordered_json;

/// Raised when entries of before cannot be read any more; they are then no results.
constexpr int kSchema = 1;
constexpr std::size_t kDigits = 64;

Json file_json(const CachedFile& file) {
  return {{"place", file.place.generic_string()}, {"sha256", file.sha256}, {"size", file.size}, {"program", file.program}};
}

Json module_json(const CachedModule& module) {
  return {{"name", module.name.str()}, {"installed", module.installed}, {"strip", module.strip == Strip::yes},
          {"debug", module.debug},     {"vermagic", module.vermagic},   {"struct_module_size", module.struct_module_size}};
}

Json warning_json(const Diagnostic& warning) {
  return {{"code", warning.code},
          {"message", warning.message},
          {"placed", warning.where.has_value()},
          {"notes", warning.notes},
          {"hint", warning.hint ? Json(*warning.hint) : Json()}};
}

CachedFile file_from(const Json& json) {
  return {.place = json.at("place").get<std::string>(),
          .sha256 = json.at("sha256"),
          .size = json.at("size"),
          .program = json.at("program")};
}

CachedModule module_from(const Json& json) {
  return {.name = ModuleName(json.at("name").get<std::string>()),
          .installed = json.at("installed"),
          .strip = json.at("strip").get<bool>() ? Strip::yes : Strip::no,
          .debug = json.at("debug"),
          .vermagic = json.at("vermagic"),
          .struct_module_size = json.at("struct_module_size")};
}

/// The code's own text, which lives as long as the program; empty: no code of ours.
std::string_view known_code(const std::string& text) {
  const auto codes = diagnostic_codes();
  const auto found = std::ranges::find(codes, text, &DiagnosticCode::code);
  return found == codes.end() ? std::string_view() : found->code;
}

Diagnostic warning_from(const Json& json) {
  Diagnostic warning{.severity = Severity::warning,
                     .code = known_code(json.at("code").get<std::string>()),
                     .message = json.at("message"),
                     .where = {},
                     .notes = json.at("notes").get<std::vector<std::string>>(),
                     .hint = {}};
  if (json.at("placed").get<bool>()) warning.where.emplace();
  if (!json.at("hint").is_null()) warning.hint = json.at("hint").get<std::string>();
  return warning;
}

/// Every file has a place of its own, and none lies where another needs a directory.
bool have_room(const std::set<fs::path>& places) {
  return std::ranges::none_of(places, [&](const fs::path& place) {
    for (fs::path above = place.parent_path(); !above.empty(); above = above.parent_path()) {
      if (places.contains(above)) return true;
    }
    return false;
  });
}

bool is_file_name(const fs::path& name) { return is_safe_relative(name) && !name.has_parent_path(); }

/// Those of a result's directory itself are taken: the sources' one is there in any case.
bool is_place(const fs::path& place) {
  return is_safe_relative(place) && place != kSources && place.native().size() <= kLongestPlace &&
         std::ranges::all_of(place, [](const fs::path& part) { return part.native().size() <= kLongestName; });
}

}  // namespace

fs::path CachedModule::file() const { return fs::path("modules") / ((installed.empty() ? name.str() : installed) + ".ko"); }
fs::path CachedModule::debug_file() const { return fs::path("modules/debug") / (file().filename().string() + ".debug"); }

bool is_sha256(std::string_view text) noexcept {
  return text.size() == kDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_sound(const CacheEntry& entry) {
  std::set<fs::path> places;
  std::uint64_t total = 0;
  if (entry.files.size() > kMostFiles) return false;
  for (const CachedFile& file : entry.files) {
    const bool fits = is_place(file.place) && is_sha256(file.sha256) && file.size <= kLargestObject;
    if (!fits || !places.insert(file.place).second) return false;
    total += file.size;
  }
  if (total > kLargestResult) return false;
  if (!have_room(places) || !places.contains(kSymvers) || !places.contains(kLog)) return false;
  for (const CachedModule& module : entry.modules) {
    if (!is_file_name(module.name.str()) || (!module.installed.empty() && !is_file_name(module.installed))) return false;
    if (!places.contains(module.file()) || (module.debug && !places.contains(module.debug_file()))) return false;
  }
  return std::ranges::none_of(entry.warnings, [](const Diagnostic& warning) { return warning.code.empty(); });
}

std::string render_entry(const std::string& key, const CacheEntry& entry) {
  Json json{{"schema", kSchema}, {"key", key}, {"wall_ms", entry.wall.count()}};
  for (const char* list : {"files", "modules", "warnings"}) json[list] = Json::array();
  for (const CachedFile& file : entry.files) json["files"].push_back(file_json(file));
  for (const CachedModule& module : entry.modules) json["modules"].push_back(module_json(module));
  for (const Diagnostic& warning : entry.warnings) json["warnings"].push_back(warning_json(warning));
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  return sha256_of(text) + "\n" + text;
}

std::optional<CacheEntry> parse_entry(std::string_view text, const std::string& key) {
  if (text.size() <= kDigits || text[kDigits] != '\n') return std::nullopt;
  const std::string_view body = text.substr(kDigits + 1);
  if (sha256_of(body) != text.substr(0, kDigits)) return std::nullopt;
  try {
    const Json json = Json::parse(body);
    if (json.at("schema") != kSchema || json.at("key") != key) return std::nullopt;
    CacheEntry entry{.wall = std::chrono::milliseconds(json.at("wall_ms").get<std::int64_t>())};
    for (const Json& file : json.at("files")) entry.files.push_back(file_from(file));
    for (const Json& module : json.at("modules")) entry.modules.push_back(module_from(module));
    for (const Json& warning : json.at("warnings")) entry.warnings.push_back(warning_from(warning));
    return is_sound(entry) ? std::optional(std::move(entry)) : std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace kmpack::detail
