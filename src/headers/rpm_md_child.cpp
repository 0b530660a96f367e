#include "headers/rpm_md_child.hpp"

#include "headers/archive_child.hpp"
#include "headers/rpm_repository.hpp"

namespace kmpack {
namespace {

RpmMdAnswer index(const RpmMdRequest& request) {
  ProcessRunner runner;
  std::vector<RpmFailure> failures;
  if (request.update) failures = update_rpm_repository(request, runner, {});
  RpmMdAnswer answer = list_rpm_repository(request, runner, {});
  // Why nothing new came is the better reason where both failed.
  if (!failures.empty()) answer.failures = std::move(failures);
  return answer;
}

}  // namespace

int run_rpm_md_child(std::span<const std::string> args) {
  return run_archive_child("rpm-md", args, [](ArchiveErrand errand, const std::filesystem::path& file) {
    const RpmMdRequest request = read_rpm_md_request(file);
    RpmMdAnswer answer;
    if (errand == ArchiveErrand::index)
      answer = index(request);
    else
      answer.failures = download_rpms(request.downloads);
    write_rpm_md_answer(request.answer, answer);
  });
}

}  // namespace kmpack
