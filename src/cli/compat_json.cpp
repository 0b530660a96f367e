#include <cstddef>
#include <string>
#include <utility>

#include "cli/compat_text.hpp"
#include "cli/json.hpp"
#include "cli/json_values.hpp"

namespace kmpack {
namespace {

Json pair(const CompatReport& report, std::size_t module, std::size_t kernel) {
  const AskedKernel& asked = report.kernels[kernel];
  const CompatAnswer& answer = report.answer(module, kernel);
  const bool known = asked.unknown.empty();
  // The answer of a kernel that nothing is known of is empty, and the rest of it is null by itself.
  return {{"kernel", asked.name},
          {"loads", known ? Json(word_of(answer.loads)) : Json(nullptr)},
          {"rule", text_or_null(answer.rule)},
          {"reason", text_or_null(answer.reason)},
          {"symbol", text_or_null(answer.symbol)},
          {"needed_crc", crc_or_null(answer.needed_crc)},
          {"found_crc", crc_or_null(answer.found_crc)},
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
  return rendered(answer);
}

}  // namespace kmpack
