#include "pipeline/record.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchema = 3;

constexpr std::array<std::pair<PackageKind, std::string_view>, 6> kKinds{{
    {PackageKind::modules, "modules"},
    {PackageKind::flavor_meta, "flavor-meta"},
    {PackageKind::common, "common"},
    {PackageKind::certificate, "certificate"},
    {PackageKind::debug_info, "debuginfo"},
    {PackageKind::debug_source, "debugsource"},
}};

std::string_view word_for(PackageKind kind) {
  return std::ranges::find(kKinds, kind, &std::pair<PackageKind, std::string_view>::first)->second;
}

/// A word that no version of ours wrote comes out as modules; the digests tell whether the rest holds.
PackageKind kind_named(std::string_view word) {
  const auto* const found = std::ranges::find(kKinds, word, &std::pair<PackageKind, std::string_view>::second);
  return found == kKinds.end() ? PackageKind::modules : found->first;
}

Json module_json(const FinishedModule& module, const fs::path& home) {
  return {{"name", module.name.str()},
          {"path", module.path.lexically_relative(home).string()},
          {"sha256", module.sha256},
          {"signed_by", module.signed_by}};
}

Json package_json(const PackageFile& package, const fs::path& home) {
  return {{"format", package.format == Format::rpm ? "rpm" : "deb"},
          {"kind", word_for(package.kind)},
          {"path", package.path.lexically_relative(home).string()},
          {"sha256", package.sha256},
          {"name", package.name},
          {"version", package.version},
          {"arch", package.arch}};
}

FinishedModule module_from(const Json& json, const fs::path& home) {
  return {.name = ModuleName(json.at("name").get<std::string>()),
          .path = home / json.at("path").get<std::string>(),
          .sha256 = json.at("sha256"),
          .signed_by = json.at("signed_by")};
}

PackageFile package_from(const Json& json, const fs::path& home) {
  return {.format = json.at("format") == "rpm" ? Format::rpm : Format::deb,
          .kind = kind_named(json.at("kind").get<std::string>()),
          .path = home / json.at("path").get<std::string>(),
          .sha256 = json.at("sha256"),
          .name = json.at("name"),
          .version = json.at("version"),
          .arch = json.at("arch")};
}

bool is_as_recorded(const fs::path& file, const std::string& sha256) {
  return fs::is_regular_file(file) && sha256_of_file(file) == sha256;
}

}  // namespace

void write_record(const fs::path& file, const CellRecord& record) {
  const fs::path home = file.parent_path();
  Json json{{"schema", kSchema}, {"inputs", record.inputs}, {"modules", Json::array()}, {"packages", Json::array()}};
  for (const FinishedModule& module : record.modules) json["modules"].push_back(module_json(module, home));
  for (const PackageFile& package : record.packages) json["packages"].push_back(package_json(package, home));
  json["symvers"] = {{"path", record.symvers.lexically_relative(home).string()}, {"sha256", record.symvers_sha256}};
  write_file(file, json.dump(2) + "\n");
}

std::optional<CellRecord> read_record(const fs::path& file, const std::string& inputs) {
  if (!fs::is_regular_file(file)) return std::nullopt;
  CellRecord record;
  try {
    const Json json = Json::parse(read_file(file));
    if (json.at("schema") != kSchema || json.at("inputs") != inputs) return std::nullopt;
    record.inputs = inputs;
    for (const Json& module : json.at("modules")) record.modules.push_back(module_from(module, file.parent_path()));
    for (const Json& package : json.at("packages")) record.packages.push_back(package_from(package, file.parent_path()));
    record.symvers = file.parent_path() / json.at("symvers").at("path").get<std::string>();
    record.symvers_sha256 = json.at("symvers").at("sha256");
  } catch (const Json::exception&) {
    return std::nullopt;  // damaged: as good as absent
  }
  for (const FinishedModule& module : record.modules) {
    if (!is_as_recorded(module.path, module.sha256)) return std::nullopt;
  }
  for (const PackageFile& package : record.packages) {
    if (!is_as_recorded(package.path, package.sha256)) return std::nullopt;
  }
  if (!is_as_recorded(record.symvers, record.symvers_sha256)) return std::nullopt;
  return record;
}

}  // namespace kmpack
