// case_main CASE 3.0|3.4: what kmpack makes of a case, for the judge to compare with what dkms makes of it.
#include <cstdio>
#include <string>

#include "dkms/case.hpp"

int main(int count, char** arguments) {
  using namespace kmpack;
  if (count != 3) return 2;
  const auto semantics = std::string(arguments[2]) == "3.0" ? DkmsSemantics::v3_0 : DkmsSemantics::v3_4;
  const test::DkmsCase subject(std::filesystem::absolute(arguments[1]));
  std::fputs(subject.decisions(semantics).c_str(), stdout);
  return 0;
}
