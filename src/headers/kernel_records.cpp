#include "headers/kernel_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "headers/store_layout.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

namespace kmpack {
namespace {

constexpr int kSchema = 1;

std::uint32_t line_at(std::string_view text, std::size_t offset) {
  return static_cast<std::uint32_t>(std::ranges::count(text.substr(0, offset), '\n') + 1);
}

/// Where the record number `index` begins: each has one "id".
std::uint32_t line_of_record(std::string_view text, std::size_t index) {
  std::size_t at = text.find("\"id\"");
  for (; index > 0 && at != std::string_view::npos; --index) at = text.find("\"id\"", at + 1);
  return at == std::string_view::npos ? 0 : line_at(text, at);
}

[[noreturn]] void invalid(const fs::path& file, std::uint32_t line, std::string reason) {
  throw Error({.code = "lock-invalid",
               .message = std::move(reason),
               .where = SourceSpan{file, line, 0},
               .notes = {},
               .hint = "kmpack flavors lock writes it anew"});
}

/// Thrown by the checks below and given its place by kernels_from_text.
struct Unfit {
  std::string reason;
};

std::string checked(const json& record, const char* name, bool (*fits)(const std::string&)) {
  std::string value = record.at(name).get<std::string>();
  if (!fits(value))
    throw Unfit{fmt::format("'{}' cannot be {}", name, json(value).dump(-1, ' ', true, json::error_handler_t::replace))};
  return value;
}

/// One part of a path or an id.
bool is_word(const std::string& text) {
  return is_safe_relative(text) && text.find('/') == std::string::npos && text.find_first_of(" \t@*?\\") == std::string::npos;
}
bool is_word_or_empty(const std::string& text) { return text.empty() || is_word(text); }
bool is_version(const std::string& text) { return !text.empty() && text.find_first_of("/ \t\n\\") == std::string::npos; }
/// Of SHA-256; of SHA-512 where an rpm repository has no other.
bool is_digest(const std::string& text) {
  return (text.size() == 64 || text.size() == 128) && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}
bool is_url(const std::string& text) {
  const bool known = std::ranges::any_of(std::initializer_list<const char*>{"http://", "https://", "file:/", "copy:/"},
                                         [&](const char* scheme) { return text.starts_with(scheme); });
  return known && text.find_first_of(" \t\n\"") == std::string::npos;
}

std::string_view role_text(ArchiveRole role) { return role == ArchiveRole::image ? "image" : "headers"; }

json to_json(const ArchivePackage& package) {
  return {{"role", role_text(package.role)},
          {"name", package.name},
          {"version", package.version},
          {"arch", package.arch},
          {"url", package.url},
          {"sha256", package.sha256},
          {"size", package.size}};
}

json to_json(const Kernel& kernel) {
  json packages = json::array();
  for (const ArchivePackage& package : kernel.packages) packages.push_back(to_json(package));
  return {{"id", kernel.id()},
          {"distribution", kernel.flavor.distribution},
          {"flavor", kernel.flavor.flavor},
          {"arch", kernel.flavor.arch},
          {"series", kernel.series},
          {"release", kernel.release.str()},
          {"package_version", kernel.package_version},
          {"packages", std::move(packages)}};
}

ArchivePackage package_from(const json& record) {
  ArchivePackage package{.name = checked(record, "name", is_word),
                         .version = checked(record, "version", is_version),
                         .arch = checked(record, "arch", is_word),
                         .url = checked(record, "url", is_url),
                         .sha256 = checked(record, "sha256", is_digest),
                         .size = record.at("size")};
  const std::string role = record.at("role");
  if (role != "headers" && role != "image") throw Unfit{fmt::format("'role' is headers or image, not '{}'", role)};
  package.role = role == "image" ? ArchiveRole::image : ArchiveRole::headers;
  return package;
}

Kernel kernel_from(const json& record) {
  Kernel kernel{
      .flavor = {checked(record, "distribution", is_word), checked(record, "flavor", is_word), checked(record, "arch", is_word)},
      .series = checked(record, "series", is_word_or_empty),
      .release = KernelRelease(checked(record, "release", is_word)),
      .package_version = record.at("package_version"),
      .origin = HeadersOrigin::apt};
  for (const json& package : record.at("packages")) kernel.packages.push_back(package_from(package));
  const bool has_headers =
      std::ranges::any_of(kernel.packages, [](const ArchivePackage& p) { return p.role == ArchiveRole::headers; });
  if (!has_headers) throw Unfit{"no package of role headers"};
  if (std::ranges::any_of(kernel.packages, is_rpm)) kernel.origin = HeadersOrigin::rpm_md;
  return kernel;
}

}  // namespace

std::string kernels_to_text(std::span<const std::shared_ptr<const Kernel>> kernels) {
  json records = json::array();
  for (const auto& kernel : kernels) records.push_back(to_json(*kernel));
  const json root = {{"schema", kSchema}, {"kernels", std::move(records)}};
  return root.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<Kernel> kernels_from_text(std::string_view text, const fs::path& file) {
  json root;
  try {
    root = json::parse(text);
  } catch (const json::parse_error& error) {
    const std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    invalid(file, line_at(text, std::min(offset, text.size())), "the lock is not JSON");
  }
  std::vector<Kernel> kernels;
  try {
    if (root.at("schema") != kSchema)
      invalid(file, 1, fmt::format("the lock has schema {}, and this kmpack reads {}", root["schema"].dump(), kSchema));
    for (const json& record : root.at("kernels")) kernels.push_back(kernel_from(record));
  } catch (const json::exception& error) {
    // "[json.exception.…] key 'release' not found": what follows the bracket is for people.
    const std::string_view all = error.what();
    invalid(file, line_of_record(text, kernels.size()),
            fmt::format("the lock does not fit its schema: {}", all.substr(all.find(']') + 2)));
  } catch (const Unfit& unfit) {
    invalid(file, line_of_record(text, kernels.size()), fmt::format("the lock does not fit its schema: {}", unfit.reason));
  }
  return kernels;
}

bool complete_rules(Kernel& kernel, std::span<const Catalogue> catalogues) {
  if (kernel.flavor.distribution == kGivenDistribution) {
    kernel.rules = {};
    return true;
  }
  const auto catalogue = std::ranges::find(catalogues, kernel.flavor.distribution, &Catalogue::id);
  if (catalogue == catalogues.end()) return false;
  const CatalogueSeries* const series = catalogue->find_series(kernel.series);
  const auto flavor = std::ranges::find_if(catalogue->flavors, [&](const CatalogueFlavor& candidate) {
    return candidate.name == kernel.flavor.flavor && same_architecture(candidate.arch, kernel.flavor.arch);
  });
  if (series == nullptr || flavor == catalogue->flavors.end()) return false;
  kernel.rules = catalogue->rules_for(*flavor, *series);
  return true;
}

}  // namespace kmpack
