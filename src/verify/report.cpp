#include "verify/report.hpp"

#include <utility>

namespace kmpack {

void VerifyReport::pass(std::string name, std::string detail) {
  checks.push_back(Check{.name = std::move(name), .ok = true, .detail = std::move(detail)});
}

void VerifyReport::fail(std::string name, Diagnostic problem) {
  checks.push_back(Check{.name = std::move(name), .ok = false, .detail = problem.message});
  problems.report(std::move(problem));
}

}  // namespace kmpack
