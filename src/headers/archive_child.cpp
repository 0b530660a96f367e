#include "headers/archive_child.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <exception>
#include <string_view>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

void tell(std::string_view text) {
  std::string line(text);
  line += '\n';
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

}  // namespace

int run_archive_child(const std::string& archive, std::span<const std::string> args,
                      const std::function<void(ArchiveErrand, const std::filesystem::path& request)>& answer) {
  try {
    const std::string index = archive + "-index";
    const std::string fetch = archive + "-fetch";
    if (args.size() != 2 || (args[0] != index && args[0] != fetch)) {
      tell(fmt::format("usage: kmpack internal {}|{} REQUEST", index, fetch));
      return 4;
    }
    // When kmpack is killed nobody wants the answer any more, and the next kmpack should not have to wait for us.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    answer(args[0] == index ? ArchiveErrand::index : ArchiveErrand::fetch, args[1]);
    return 0;
  } catch (const Error& error) {
    tell(error.diagnostic().message);
  } catch (const std::exception& error) {
    tell(error.what());
  }
  return 4;
}

}  // namespace kmpack
