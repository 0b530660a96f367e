#include "headers/rpm_md_child.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "headers/rpm_repository.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

/// stderr of this process is read by kmpack itself, which shows it.
void tell(std::string_view text) {
  std::string line(text);
  line += '\n';
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

RpmMdAnswer index(const RpmMdRequest& request) {
  ProcessRunner runner;
  std::vector<RpmFailure> failures;
  if (request.update) failures = update_rpm_repository(request, runner, {});
  RpmMdAnswer answer = list_rpm_repository(request, runner, {});
  // Why nothing new came is the better reason where both failed.
  if (!failures.empty()) answer.failures = std::move(failures);
  return answer;
}

int answer_request(std::span<const std::string> args) {
  if (args.size() != 2 || (args[0] != "rpm-md-index" && args[0] != "rpm-md-fetch")) {
    tell("usage: kmpack internal rpm-md-index|rpm-md-fetch REQUEST");
    return 4;
  }
  // When kmpack is killed nobody wants the answer any more.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const RpmMdRequest request = read_rpm_md_request(args[1]);
  RpmMdAnswer answer;
  if (args[0] == "rpm-md-index")
    answer = index(request);
  else
    answer.failures = download_rpms(request.downloads);
  write_rpm_md_answer(request.answer, answer);
  return 0;
}

}  // namespace

int run_rpm_md_child(std::span<const std::string> args) {
  try {
    return answer_request(args);
  } catch (const Error& error) {
    tell(error.diagnostic().message);
  } catch (const std::exception& error) {
    tell(error.what());
  }
  return 4;
}

}  // namespace kmpack
