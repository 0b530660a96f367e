#include <array>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "package/scripts.hpp"

namespace kmpack {
namespace {

constexpr const char* kYes = "yes";

struct Stage {
  const char* section;
  std::optional<ScriptPhase> phase;  ///< of the user's fragments
  bool indexes;                      ///< the module index changes here
  bool removal;
};
constexpr std::array kStages{
    Stage{"pre", ScriptPhase::pre_install, false, false}, Stage{"post", ScriptPhase::post_install, true, false},
    Stage{"preun", ScriptPhase::pre_remove, false, true}, Stage{"postun", ScriptPhase::post_remove, true, true},
    Stage{"posttrans", std::nullopt, false, false}};

/// One stage of one package.
struct Scriptlet {
  const PackageModel& model;
  const Stage& stage;
  const Templates& templates;

  [[nodiscard]] const ScriptPlan& plan() const { return model.scripts; }
  [[nodiscard]] bool is(std::string_view section) const { return section == stage.section; }
  [[nodiscard]] bool has_kernel() const { return !plan().release.empty(); }
  [[nodiscard]] bool has_initramfs() const { return has_kernel() && plan().initramfs == Initramfs::yes; }
  [[nodiscard]] std::string fragment() const {
    const auto found = stage.phase ? plan().fragments.find(*stage.phase) : plan().fragments.end();
    return found == plan().fragments.end() ? std::string() : found->second;
  }
};

std::string yes_if(bool what) { return what ? kYes : ""; }

std::string rendered(const Scriptlet& script, const char* name, const TemplateValues& values) {
  std::string text = script.templates.render(name, values);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string functions_of(const Scriptlet& script) {
  return script_functions(script.model, script.stage.removal ? Forgetting::yes : Forgetting::no, script.templates);
}

TemplateValues no_values() {
  TemplateValues values;
  for (const char* name : {"kernel", "functions", "refresh", "forget", "initramfs", "body"}) values.texts[name] = "";
  return values;
}

/// Each style says which functions a stage needs and what it does with them; nothing: the stage has none of its own.
std::optional<TemplateValues> index_values(const Scriptlet& script) {
  if (!script.stage.indexes || !script.has_kernel()) return std::nullopt;
  TemplateValues values = no_values();
  values.texts["kernel"] = kYes;
  values.texts["functions"] = functions_of(script);
  values.texts["refresh"] = yes_if(!script.stage.removal);
  values.texts["forget"] = yes_if(script.stage.removal);
  values.texts["initramfs"] = yes_if(script.has_initramfs());
  return values;
}

std::optional<TemplateValues> kmp_values(const Scriptlet& script) {
  const PackageModel& model = script.model;
  TemplateValues body;
  body.texts = {{"phase", script.stage.section},
                {"package", model.name},
                {"version", model.version},
                {"rpm_release", model.release},
                {"base_release", script.plan().base_release},
                {"flavor", shell_quoted(script.plan().flavor)},
                {"usrmerged", script.plan().release_root.native().starts_with("/usr/") ? "1" : "0"},
                {"initramfs", yes_if(script.has_initramfs())},
                {"refresh", yes_if(script.stage.indexes && !script.stage.removal)},
                {"forget", yes_if(script.stage.indexes && script.stage.removal)}};
  TemplateValues values = no_values();
  values.texts["kernel"] = yes_if(script.stage.indexes);
  values.texts["functions"] = script.stage.indexes ? functions_of(script) : std::string();
  values.texts["body"] = rendered(script, "rpm/kmp", body);
  return values;
}

std::optional<TemplateValues> weak_values(const Scriptlet& script) {
  const bool settled = script.is("posttrans");
  if (!script.stage.indexes && !settled) return std::nullopt;
  const ScriptPlan& plan = script.plan();
  TemplateValues body;
  body.texts = {{"package", script.model.name},
                {"release", shell_quoted(plan.release)},
                {"release_root", shell_quoted(plan.release_root.native())},
                {"image", script.has_initramfs() ? "initramfs" : "plain"},
                {"option", script.has_initramfs() ? "''" : "--no-initramfs"},
                {"initramfs", yes_if(script.has_initramfs())},
                {"notes", yes_if(!settled)},
                {"calls", yes_if(!script.is("post"))},
                {"added", yes_if(script.is("post"))},
                {"removed", yes_if(script.is("postun"))},
                {"successor", yes_if(script.is("postun"))},
                {"settled", yes_if(settled)}};
  std::vector<TemplateValues>& modules = body.lists["modules"];
  for (const PackedFile& file : script.model.files) {
    if (file.kind == FileKind::module) modules.push_back({.texts = {{"module", shell_quoted(file.path.native())}}});
  }
  TemplateValues values = no_values();
  const std::string functions = rendered(script, "scripts/weak.sh", body);
  const std::string work = rendered(script, "rpm/weak", body);
  if (script.is("post") && script.fragment().empty()) {
    // Only notes; functions that nobody calls would make a reader look for who does.
    values.texts["body"] = "modules=" + body.texts["release_root"] + "\n" + functions + "\n\n" + work;
    return values;
  }
  values.texts["kernel"] = kYes;
  const bool added = script.is("post");
  values.texts["functions"] =
      script_functions(script.model, added ? Forgetting::no : Forgetting::yes, script.templates) + "\n" + functions;
  values.texts["body"] = work;
  // What the user does with the modules needs an index that has them; that of other kernels can wait.
  values.texts["refresh"] = yes_if(added);
  return values;
}

std::optional<TemplateValues> certificate_values(const Scriptlet& script) {
  TemplateValues body;
  body.texts = {{"phase", script.stage.section},
                {"package", script.model.name},
                {"certificates", shell_quoted(script.plan().certificates)}};
  TemplateValues values = no_values();
  values.texts["body"] = rendered(script, "rpm/certificate", body);
  return values;
}

std::optional<TemplateValues> values_of(const Scriptlet& script) {
  switch (script.plan().rpm) {
    case RpmScripts::index:
      return index_values(script);
    case RpmScripts::kmp:
      return kmp_values(script);
    case RpmScripts::weak:
      return weak_values(script);
    case RpmScripts::certificate:
      return certificate_values(script);
  }
  return std::nullopt;
}

}  // namespace

std::map<std::string, std::string> render_rpm_scripts(const PackageModel& model, const Templates& templates) {
  std::map<std::string, std::string> scripts;
  for (const Stage& stage : kStages) {
    const Scriptlet script{model, stage, templates};
    const std::string fragment = script.fragment();
    std::optional<TemplateValues> values = values_of(script);
    if (!values && fragment.empty()) continue;
    if (!values) values = no_values();
    values->texts["package"] = model.name;
    values->texts["fragment"] = fragment;
    values->texts["last_only"] = yes_if(stage.removal);
    scripts.emplace(stage.section, rendered(script, "rpm/script", *values));
  }
  return scripts;
}

}  // namespace kmpack
