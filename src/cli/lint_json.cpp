#include <nlohmann/json.hpp>

#include "cli/json.hpp"

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;

/// As they stand in every record.
Json diagnostics(const Diagnostics& of) { return Json::parse(to_json(of)).at("errors"); }

Json list(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const std::string& text : texts) all.push_back(text);
  return all;
}

}  // namespace

std::string to_json(const LintReport& report) {
  const std::size_t errors = report.findings.error_count();
  const Json answer{{"schema", 1},
                    {"findings", diagnostics(report.findings)},
                    {"errors", errors},
                    {"warnings", report.findings.all().size() - errors},
                    {"kernels", list(report.kernels)},
                    {"not_looked_at", list(report.unseen)},
                    {"problems", diagnostics(report.problems)}};
  return answer.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmpack
