#include "headers/apt_child.hpp"

#include "headers/apt_messages.hpp"
#include "headers/archive_child.hpp"
#include "wrap/apt.hpp"

namespace kmpack {
namespace {

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

}  // namespace

int run_apt_child(std::span<const std::string> args) {
  return run_archive_child("apt", args, [](ArchiveErrand errand, const std::filesystem::path& file) {
    const AptRequest request = read_apt_request(file);
    start_apt(request.places);
    write_apt_answer(request.answer, errand == ArchiveErrand::index ? index(request) : fetch(request));
  });
}

}  // namespace kmpack
