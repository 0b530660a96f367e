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
constexpr int kSchema = 4;

constexpr std::array<std::pair<PackageKind, std::string_view>, 6> kKinds{{
    {PackageKind::modules, "modules"},
    {PackageKind::flavor_meta, "flavor-meta"},
    {PackageKind::common, "common"},
    {PackageKind::certificate, "certificate"},
    {PackageKind::debug_info, "debuginfo"},
    {PackageKind::debug_source, "debugsource"},
}};

constexpr std::array<std::pair<InputPart, std::string_view>, 12> kParts{{
    {InputPart::sources, "sources"},
    {InputPart::manifest, "manifest"},
    {InputPart::headers, "headers"},
    {InputPart::compiler, "compiler"},
    {InputPart::machine, "machine"},
    {InputPart::dependencies, "dependencies"},
    {InputPart::certificate, "certificate"},
    {InputPart::package_key, "package-key"},
    {InputPart::formats, "formats"},
    {InputPart::packing, "packing"},
    {InputPart::followed, "followed"},
    {InputPart::package_format, "package-format"},
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

InputParts parts_from(const Json& json) {
  InputParts parts;
  for (const auto& [part, word] : kParts) {
    if (const auto found = json.find(word); found != json.end()) parts[part] = found->get<std::string>();
  }
  return parts;
}

bool is_as_recorded(const fs::path& file, const std::string& sha256) {
  return fs::is_regular_file(file) && sha256_of_file(file) == sha256;
}

}  // namespace

void write_record(const fs::path& file, const CellRecord& record) {
  const fs::path home = file.parent_path();
  Json json{{"schema", kSchema},        {"package", record.package},
            {"flavor", record.flavor},  {"release", record.release.str()},
            {"result", record.result},  {"reused_from", record.reused_from.empty() ? Json() : Json(record.reused_from.str())},
            {"inputs", Json::object()}, {"modules", Json::array()},
            {"packages", Json::array()}};
  for (const auto& [part, word] : kParts) {
    if (const auto found = record.parts.find(part); found != record.parts.end())
      json["inputs"][std::string(word)] = found->second;
  }
  for (const FinishedModule& module : record.modules) json["modules"].push_back(module_json(module, home));
  for (const PackageFile& package : record.packages) json["packages"].push_back(package_json(package, home));
  json["symvers"] = {{"path", record.symvers.lexically_relative(home).string()}, {"sha256", record.symvers_sha256}};
  write_file(file, json.dump(2) + "\n");
}

std::optional<CellRecord> find_record(const fs::path& file) {
  if (!fs::is_regular_file(file)) return std::nullopt;
  const fs::path home = file.parent_path();
  CellRecord record;
  try {
    const Json json = Json::parse(read_file(file));
    if (json.at("schema") != kSchema) return std::nullopt;
    record.package = json.at("package");
    record.flavor = json.at("flavor");
    record.release = KernelRelease(json.at("release").get<std::string>());
    record.result = json.at("result");
    if (!json.at("reused_from").is_null()) record.reused_from = KernelRelease(json.at("reused_from").get<std::string>());
    record.parts = parts_from(json.at("inputs"));
    for (const Json& module : json.at("modules")) record.modules.push_back(module_from(module, home));
    for (const Json& package : json.at("packages")) record.packages.push_back(package_from(package, home));
    record.symvers = home / json.at("symvers").at("path").get<std::string>();
    record.symvers_sha256 = json.at("symvers").at("sha256");
  } catch (const Json::exception&) {
    return std::nullopt;  // damaged: as good as absent
  }
  return record;
}

bool is_whole(const CellRecord& record) {
  const auto lies = [](const auto& artifact) { return is_as_recorded(artifact.path, artifact.sha256); };
  return std::ranges::all_of(record.modules, lies) && std::ranges::all_of(record.packages, lies) &&
         is_as_recorded(record.symvers, record.symvers_sha256);
}

std::optional<CellRecord> read_record(const fs::path& file, const std::string& inputs) {
  auto record = find_record(file);
  // Who did not ask for modules of another kernel does not get them because an earlier run took some.
  if (!record || !record->reused_from.empty() || digest_of(record->parts) != inputs || !is_whole(*record)) return std::nullopt;
  return record;
}

}  // namespace kmpack
