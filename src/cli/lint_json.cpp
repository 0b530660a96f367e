#include "cli/json.hpp"
#include "cli/json_values.hpp"

namespace kmpack {
namespace {

/// As they stand in every record.
Json diagnostics(const Diagnostics& of) { return Json::parse(to_json(of)).at("errors"); }

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
  return rendered(answer);
}

}  // namespace kmpack
