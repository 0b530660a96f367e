#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/summary.hpp"
#include "manifest/kbuild.hpp"
#include "manifest/writer.hpp"
#include "pipeline/dkms_init.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::optional<std::string> text_from_kbuild(const fs::path& directory, const fs::path& file, Diagnostics& problems) {
  auto manifest = manifest_from_kbuild(directory, problems);
  if (!manifest) return std::nullopt;
  manifest->file = file;
  return render_manifest(*manifest);
}

std::optional<std::string> text_from_dkms(const fs::path& directory, const Work& work, Diagnostics& problems) {
  Context context{work.runner, work.stop};
  const auto say = [&](const std::string& line) { work.console.say(printable(line)); };
  return manifest_text_of_dkms(directory, request_of(work), context, say, problems);
}

}  // namespace

int run_init(const Work& work) {
  fs::path directory = work.options.files.empty() ? fs::path{"."} : work.options.files.front();
  // Whoever names the file means its directory.
  if (directory.filename() == "dkms.conf") directory = directory.has_parent_path() ? directory.parent_path() : fs::path{"."};
  const fs::path file = directory / "kmpack.xml";
  if (fs::exists(fs::symlink_status(file))) {
    throw Error{Diagnostic{.code = "manifest-exists",
                           .message = file.string() + " exists already",
                           .where = {},
                           .notes = {},
                           .hint = "edit it, or move it away and run 'kmpack init' again"}};
  }
  Diagnostics problems;
  const fs::path root = fs::absolute(directory / ".").lexically_normal().parent_path();
  const auto text = fs::exists(root / "dkms.conf") ? text_from_dkms(root, work, problems)
                                                   : text_from_kbuild(root, root / "kmpack.xml", problems);
  work.console.complain(problems);
  if (!text) {
    if (work.console.json()) work.console.answer(to_json(problems));
    return exit_status(problems);
  }
  write_file(file, *text);
  if (work.console.json()) {
    work.console.answer(init_to_json(file, problems));
    return 0;
  }
  work.console.answer(file.string() + "\n");
  work.console.say("look through it, then: kmpack plan " + directory.string());
  return 0;
}

}  // namespace kmpack
