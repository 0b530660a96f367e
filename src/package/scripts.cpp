#include "package/scripts.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kYes = "yes";

struct Stage {
  ScriptPhase phase;
  const char* deb;
  bool indexes;  ///< the module index changes here
};
constexpr std::array kStages{Stage{ScriptPhase::pre_install, "preinst", false},
                             Stage{ScriptPhase::post_install, "postinst", true}, Stage{ScriptPhase::pre_remove, "prerm", false},
                             Stage{ScriptPhase::post_remove, "postrm", true}};

bool is_removal(const Stage& stage) { return stage.phase == ScriptPhase::pre_remove || stage.phase == ScriptPhase::post_remove; }

std::string_view fragment_of(const ScriptPlan& plan, ScriptPhase phase) {
  const auto found = plan.fragments.find(phase);
  return found == plan.fragments.end() ? std::string_view{} : std::string_view(found->second);
}

/// What both formats' templates may name; empty texts leave their sections out.
TemplateValues values_for(const PackageModel& model, const Stage& stage, const Templates& templates) {
  const bool kernel = stage.indexes && !model.scripts.release.empty();
  const bool initramfs = kernel && model.scripts.initramfs == Initramfs::yes;
  TemplateValues values;
  values.texts = {{"package", model.name},
                  {"kernel", std::string(kernel ? kYes : "")},
                  {"functions", kernel ? script_functions(model, is_removal(stage) ? Forgetting::yes : Forgetting::no, templates)
                                       : std::string()},
                  {"initramfs", std::string(initramfs ? kYes : "")},
                  {"fragment", std::string(fragment_of(model.scripts, stage.phase))}};
  return values;
}

bool does_something(const PackageModel& model, const Stage& stage) {
  return (stage.indexes && !model.scripts.release.empty()) || !fragment_of(model.scripts, stage.phase).empty();
}

}  // namespace

std::string script_functions(const PackageModel& model, Forgetting forgetting, const Templates& templates) {
  TemplateValues values;
  values.texts = {{"package", model.name},
                  {"release", shell_quoted(model.scripts.release)},
                  {"release_root", shell_quoted(model.scripts.release_root.native())},
                  {"removal", std::string(forgetting == Forgetting::yes ? kYes : "")},
                  {"initramfs", std::string(model.scripts.initramfs == Initramfs::yes ? kYes : "")}};
  std::string text = templates.render("scripts/functions.sh", values);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::map<std::string, std::string> render_deb_scripts(const PackageModel& model, const Templates& templates) {
  std::map<std::string, std::string> scripts;
  for (const Stage& stage : kStages) {
    if (!does_something(model, stage)) continue;
    const std::filesystem::path name = std::filesystem::path("deb") / stage.deb;
    scripts.emplace(stage.deb, templates.render(name, values_for(model, stage, templates)));
  }
  return scripts;
}

void check_scripts(const PackageModel& model, const std::map<std::string, std::string>& scripts, CommandRunner& runner,
                   std::stop_token stop) {
  // What comes from our templates alone is checked by our tests.
  if (model.scripts.fragments.empty()) return;
  for (const auto& [name, text] : scripts) {
    const Command command{.program = "sh", .args = {"-n"}, .environment = scrubbed_environment(model.epoch), .input = text};
    const Completed completed = runner.run(command, stop);
    if (completed.ok()) continue;
    throw Error({.code = "script-invalid",
                 .message = fmt::format("with the manifest's script fragments, the {} script of {} is not shell that can be read",
                                        name, model.name),
                 .notes = {std::string(trimmed(completed.tail))},
                 .hint = "correct the <script> in the manifest; it is POSIX shell"});
  }
}

}  // namespace kmpack
