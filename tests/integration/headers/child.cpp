#include <unistd.h>

#include <span>
#include <string>
#include <vector>

#include "headers/apt_child.hpp"
#include "headers/rpm_md_child.hpp"
#include "headers/store.hpp"

namespace {

void tell(std::string text) {
  text += '\n';
  static_cast<void>(!::write(STDOUT_FILENO, text.data(), text.size()));
}

/// fetch CACHE ETC FLAVORS_DIR PATTERN: what `kmpack flavors fetch` does. ETC may be `-`: the system's.
int fetch(const std::vector<std::string>& args) {
  using namespace kmpack;
  Diagnostics problems;
  const std::vector<std::filesystem::path> directories{args.at(2)};
  const auto catalogues = read_catalogues(directories, problems);
  const std::vector<FlavorPattern> patterns{parse_flavor_pattern(args.at(3), {}, problems).value()};
  HeaderSources sources{.root = "/nonexistent", .cache = args.at(0), .metadata = Metadata::recent};
  if (args.at(1) != "-") sources.apt_etc = args.at(1);
  ProcessRunner runner;
  const Errands errands{.runner = runner, .stop = {}, .say = tell};
  const Kernels kernels =
      select_kernels(patterns, catalogues, find_kernels(sources, catalogues, patterns, errands, problems), problems);
  for (const Diagnostic& problem : problems.all()) tell(to_text(problem));
  if (!problems.ok()) return 1;
  fetch_headers(sources, kernels, errands);
  for (const auto& kernel : kernels) {
    const HeaderTree headers = open_headers(sources, *kernel);
    tell("kernel " + kernel->id() + " " + headers.tree.string() + " " + headers.makefile.string());
  }
  return 0;
}

}  // namespace

/// `internal apt-…|rpm-md-… FILE` as kmpack answers it, and `fetch …` for tests that end such a process or start two.
int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    const std::span<const std::string> rest(args.data() + 1, args.size() - 1);
    if (args.at(0) == "internal" && args.at(1).starts_with("rpm-md")) return kmpack::run_rpm_md_child(rest);
    if (args.at(0) == "internal") return kmpack::run_apt_child(rest);
    return fetch({args.begin() + 1, args.end()});
  } catch (const std::exception& error) {
    tell(error.what());
  }
  return 1;
}
