#include "publish/publish.hpp"

#include <fmt/format.h>

#include "kmpack/diagnostic.hpp"
#include "publish/apt_stock.hpp"
#include "publish/apt_suite.hpp"
#include "publish/rpm_repository.hpp"
#include "publish/rpm_stock.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// A directory counts when it has some; a file that is no deb is left to the reader of rpms to judge.
std::vector<fs::path> for_rpm_md(const std::vector<fs::path>& given) {
  std::vector<fs::path> chosen;
  for (const fs::path& path : given) {
    if (fs::is_directory(path) ? has_rpms(path) : debs_of(std::vector{path}).empty()) chosen.push_back(path);
  }
  return chosen;
}

}  // namespace

Published publish_packages(const DebRequest& request, CommandRunner& runner, const std::stop_token& stop) {
  const fs::path& directory = request.common.directory;
  const bool is_named = !request.common.packages.empty();
  DebRequest debs = request;
  debs.common.packages = debs_of(request.common.packages);
  RepositoryRequest rpms = request.common;
  rpms.packages = for_rpm_md(request.common.packages);
  Published published;
  const bool for_apt = is_named ? !debs.common.packages.empty() : !suites_of(directory).empty();
  const bool for_rpm = is_named ? !rpms.packages.empty() : fs::is_directory(directory) && has_rpms(directory);
  if (!for_apt && !for_rpm) {
    throw Error({.code = "repository-empty",
                 .message = fmt::format("there is no package to put into {}", directory.string()),
                 .where = {},
                 .notes = {},
                 .hint = "name packages or directories that have some: kmpack repo DIR dist"});
  }
  if (for_apt) published.apt = publish_debs(debs, runner, stop);
  if (for_rpm) published.rpm_md = publish_rpms(rpms, runner, stop);
  return published;
}

}  // namespace kmpack
