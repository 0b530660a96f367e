#include "headers/apt_child.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "headers/apt_messages.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/apt.hpp"

namespace kmpack {
namespace {

/// stderr of this process is read by kmpack itself, which shows it.
void tell(std::string_view text) {
  std::string line(text);
  line += '\n';
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

AptAnswer index(const AptRequest& request) {
  AptAnswer answer;
  if (request.update) answer.failures = update_apt();
  answer.packages = list_apt(request.prefixes, answer.failures);
  // Debug symbols are ten times the kernels' number and never wanted.
  std::erase_if(answer.packages, [](const AptPackage& package) { return package.name.ends_with("-dbg"); });
  return answer;
}

AptAnswer fetch(const AptRequest& request) {
  AptAnswer answer;
  answer.failures = download_apt(request.downloads);
  return answer;
}

int answer_request(std::span<const std::string> args) {
  if (args.size() != 2 || (args[0] != "apt-index" && args[0] != "apt-fetch")) {
    tell("usage: kmpack internal apt-index|apt-fetch REQUEST");
    return 4;
  }
  // When kmpack is killed nobody wants the answer any more, and the next kmpack should not have to wait for us.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const AptRequest request = read_apt_request(args[1]);
  start_apt(request.places);
  const AptAnswer answer = args[0] == "apt-index" ? index(request) : fetch(request);
  write_apt_answer(request.answer, answer);
  return 0;
}

}  // namespace

int run_apt_child(std::span<const std::string> args) {
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
