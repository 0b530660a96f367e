// What kmpack makes of a dkms.conf, for the judge to compare with what dkms makes of it.
//
//   case_main 3.0|3.4 CASE                       a case's decisions
//   case_main 3.0|3.4 DIRECTORY RELEASE HEADERS  name, version and decisions for a driver on a kernel of x86_64
#include <cstdio>
#include <optional>
#include <string>

#include "dkms/case.hpp"

namespace {

using namespace kmpack;

std::string answer(DkmsSemantics semantics, const std::filesystem::path& directory, char** rest, int count) {
  if (count == 0) return test::DkmsCase(directory).decisions(semantics);
  DkmsKernel kernel;
  kernel.release = KernelRelease(rest[0]);
  kernel.arch = "x86_64";
  kernel.source_dir = rest[1];
  kernel.config = kernel.source_dir / "include/config/auto.conf";
  kernel.distribution = "debian12";
  const test::DkmsCase subject(directory, kernel);
  return subject.identity() + subject.decisions(semantics);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 5) return 2;
  const auto semantics = std::string(arguments[1]) == "3.0" ? DkmsSemantics::v3_0 : DkmsSemantics::v3_4;
  std::fputs(answer(semantics, std::filesystem::absolute(arguments[2]), arguments + 3, count - 3).c_str(), stdout);
  return 0;
}
