#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cli/compat_text.hpp"
#include "cli/json.hpp"

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json crc(const std::optional<std::uint32_t>& of) { return of ? Json(fmt::format("0x{:08x}", *of)) : Json(nullptr); }

Json list(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const std::string& text : texts) all.push_back(text);
  return all;
}

Json pair(const CompatReport& report, std::size_t module, std::size_t kernel) {
  const AskedKernel& asked = report.kernels[kernel];
  if (!asked.unknown.empty()) return {{"kernel", asked.name}, {"loads", nullptr}};
  const CompatAnswer& answer = report.answer(module, kernel);
  return {{"kernel", asked.name},
          {"loads", word_of(answer.loads)},
          {"rule", text_or_null(answer.rule)},
          {"reason", text_or_null(answer.reason)},
          {"symbol", text_or_null(answer.symbol)},
          {"needed_crc", crc(answer.needed_crc)},
          {"found_crc", crc(answer.found_crc)},
          {"kernel_modules", list(report.kernel_modules[module * report.kernels.size() + kernel])}};
}

Json module_json(const CompatReport& report, std::size_t index) {
  const AskedModule& module = report.modules[index];
  Json kernels = Json::array();
  for (std::size_t kernel = 0; kernel < report.kernels.size(); ++kernel) kernels.push_back(pair(report, index, kernel));
  return {{"name", module.facts.name.str()},
          {"file", module.facts.file.native()},
          {"package", module.package},
          {"vermagic", module.facts.vermagic},
          {"signed_by", module.facts.signature ? Json(module.facts.signature->signer) : Json(nullptr)},
          {"symbols", module.facts.needed.size()},
          {"unlisted", list(module.unlisted)},
          {"kernels", std::move(kernels)}};
}

}  // namespace

std::string to_json(const CompatReport& report) {
  Json answer{{"schema", 1}, {"kernels", Json::array()}, {"modules", Json::array()}, {"packages", Json::array()}};
  for (const AskedKernel& kernel : report.kernels)
    answer["kernels"].push_back(
        {{"name", kernel.name}, {"release", text_or_null(kernel.release)}, {"unknown", text_or_null(kernel.unknown)}});
  for (std::size_t module = 0; module < report.modules.size(); ++module) answer["modules"].push_back(module_json(report, module));
  for (const CompatTotals& totals : totals_of(report))
    answer["packages"].push_back({{"name", totals.package},
                                  {"modules", totals.modules},
                                  {"yes", totals.yes},
                                  {"if", totals.conditionally},
                                  {"no", totals.no}});
  answer["problems"] = Json::parse(to_json(report.problems)).at("errors");
  return answer.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmpack
