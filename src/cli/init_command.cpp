#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/summary.hpp"
#include "manifest/kbuild.hpp"
#include "manifest/writer.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

int run_init(const Work& work) {
  const fs::path directory = work.options.files.empty() ? fs::path{"."} : work.options.files.front();
  const fs::path file = directory / "kmpack.xml";
  if (fs::exists(fs::symlink_status(file))) {
    throw Error{Diagnostic{.code = "manifest-exists",
                           .message = file.string() + " exists already",
                           .where = {},
                           .notes = {},
                           .hint = "edit it, or move it away and run 'kmpack init' again"}};
  }
  Diagnostics problems;
  auto manifest = manifest_from_kbuild(fs::absolute(directory).lexically_normal(), problems);
  work.console.complain(problems);
  if (!manifest) {
    if (work.console.json()) work.console.answer(to_json(problems));
    return exit_status(problems);
  }
  manifest->file = fs::absolute(file).lexically_normal();
  write_file(file, render_manifest(*manifest));
  if (work.console.json()) {
    work.console.answer(init_to_json(file, problems));
    return 0;
  }
  work.console.answer(file.string() + "\n");
  work.console.say("look through it, then: kmpack plan " + directory.string());
  return 0;
}

}  // namespace kmpack
