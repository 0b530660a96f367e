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

/// Functions of one deb alone; nothing when the script has no use for them.
std::string rendered(const Templates& templates, const char* name, const PackageModel& model, bool wanted) {
  if (!wanted) return {};
  TemplateValues values;
  values.texts = {{"package", model.name},
                  {"trigger", shell_quoted(model.scripts.trigger)},
                  {"certificate", shell_quoted(model.scripts.enrol.native())}};
  std::string text = templates.render(name, values);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// What a script of a deb does. Empty texts leave their sections out.
TemplateValues values_for(const PackageModel& model, const Stage& stage, const Templates& templates) {
  const ScriptPlan& plan = model.scripts;
  const bool kernel = stage.indexes && !plan.release.empty();
  const bool initramfs = kernel && plan.initramfs == Initramfs::yes;
  // Only what comes is left to the kernel's package: on removal it may go as well, and would leave the note it was to read.
  const bool trigger = initramfs && !plan.trigger.empty();
  const bool post_install = stage.phase == ScriptPhase::post_install;
  const bool enrol = post_install && !plan.enrol.empty();
  TemplateValues values;
  values.texts = {
      {"package", model.name},
      {"kernel", std::string(kernel ? kYes : "")},
      {"functions", kernel ? script_functions(model, is_removal(stage) ? Forgetting::yes : Forgetting::no, templates) : ""},
      {"initramfs", std::string(initramfs && !(trigger && post_install) ? kYes : "")},
      {"trigger", trigger && !post_install ? std::string(kYes) : rendered(templates, "deb/trigger.sh", model, trigger)},
      {"enrol", rendered(templates, "deb/enrol.sh", model, enrol)},
      {"fragment", std::string(fragment_of(plan, stage.phase))}};
  return values;
}

bool does_something(const PackageModel& model, const Stage& stage) {
  return (stage.indexes && !model.scripts.release.empty()) || !fragment_of(model.scripts, stage.phase).empty() ||
         (stage.phase == ScriptPhase::post_install && !model.scripts.enrol.empty());
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
