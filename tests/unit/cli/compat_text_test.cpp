#include "cli/compat_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kmpack {
namespace {

CompatReport one_module_in(const std::string& kernel) {
  CompatReport report;
  report.modules.resize(1);
  report.modules[0].facts.name = ModuleName("hello");
  report.kernels.push_back({.name = kernel, .release = {}, .unknown = {}});
  report.answers.resize(1);
  report.kernel_modules.resize(1);
  return report;
}

TEST(CompatText, IsOneLineWhateverTheNamesHold) {
  EXPECT_EQ(compat_text(one_module_in("new\nline"), false), "hello loads in new?line\n");
}

TEST(CompatJson, HasTheSameMembersForAKernelThatNothingIsKnownOf) {
  CompatReport report = one_module_in("a");
  const auto entry = [&] { return nlohmann::json::parse(to_json(report)).at("modules").at(0).at("kernels").at(0); };
  const nlohmann::json known = entry();
  EXPECT_EQ(known.at("loads"), "yes");
  report.kernels[0].unknown = "its headers are not on this disk";
  const nlohmann::json unknown = entry();
  EXPECT_TRUE(unknown.at("loads").is_null());
  for (const auto& [name, value] : known.items()) EXPECT_TRUE(unknown.contains(name)) << name;
  EXPECT_TRUE(unknown.at("rule").is_null());
  EXPECT_TRUE(unknown.at("reason").is_null());
}

}  // namespace
}  // namespace kmpack
