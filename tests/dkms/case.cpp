#include "dkms/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "manifest/dkms/evaluate.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;

namespace kmpack::test {
namespace {

constexpr const char* kConfig = "CONFIG_MODULES=y\nCONFIG_PCI=y\nCONFIG_USB=m\nCONFIG_LOG_BUF_SHIFT=17\n";

std::string content(const fs::path& file, const std::string& otherwise) { return fs::exists(file) ? read_file(file) : otherwise; }

}  // namespace

DkmsCase::DkmsCase(const fs::path& directory) {
  origin_.conf = directory / "dkms.conf";
  // Known to a pipeline by then; saves asking bash a second time.
  origin_.name = "sample";
  origin_.version = "1.0";
  if (fs::exists(directory / "overrides")) origin_.overrides = directory / "overrides";
  const auto kernel = words(content(directory / "kernel", "6.1.0-56-amd64 x86_64"));
  kernel_.release = KernelRelease(kernel.at(0));
  kernel_.arch = kernel.at(1);
  kernel_.source_dir = here_.path() / "headers";
  kernel_.config = kernel_.source_dir / "include/config/auto.conf";
  kernel_.distribution = "debian12";
  fs::permissions(here_.path(), fs::perms{0755});
  make_directories(kernel_.source_dir / "include/config");
  if (const std::string config = content(directory / "config", kConfig); trimmed(config) != "absent") {
    write_file(kernel_.source_dir / ".config", config);
    write_file(kernel_.source_dir / "include/config/auto.conf", config);
  }
  newest_ = read(DkmsSemantics::v3_4);
}

DkmsCase::DkmsCase(const fs::path& directory, DkmsKernel kernel) : kernel_(std::move(kernel)) {
  origin_.conf = directory / "dkms.conf";
  newest_ = read(DkmsSemantics::v3_4);
}

std::string DkmsCase::identity() const {
  return newest_.conf ? newest_.conf->name + "\n" + newest_.conf->version + "\n" : "-\n-\n";
}

DkmsCase::Reading DkmsCase::read(DkmsSemantics semantics) const {
  Reading reading;
  DkmsOrigin origin = origin_;
  origin.semantics = semantics;
  // Which override files there are is all that the semantics change in an evaluation.
  if (semantics == DkmsSemantics::v3_0 && origin.overrides.empty() && newest_.dump) {
    reading.dump = newest_.dump;
  } else {
    ProcessRunner runner;
    reading.dump = evaluate_dkms(origin, kernel_, runner, {}, reading.problems);
  }
  if (reading.dump) reading.conf = interpret_dkms(*reading.dump, origin, kernel_, reading.problems);
  return reading;
}

namespace {

std::string decisions_of(const std::optional<DkmsConf>& conf) {
  if (!conf) return "refused\n";
  std::string text = fmt::format("excluded {}\nmake {}\n", conf->excluded ? "yes" : "no", conf->make);
  for (const DkmsModule& module : conf->modules) {
    text += fmt::format("module {} in {} as {}{}\n", module.built_name, module.built_directory.string(), module.installed_name,
                        module.strip == Strip::yes ? "" : ", not stripped");
  }
  for (const fs::path& patch : conf->patches) text += fmt::format("patch {}\n", patch.string());
  if (!conf->pre_build.empty()) text += fmt::format("PRE_BUILD {}\n", conf->pre_build);
  if (!conf->post_build.empty()) text += fmt::format("POST_BUILD {}\n", conf->post_build);
  for (const auto& [name, script] : conf->target_scripts) text += fmt::format("{} {}\n", name, script);
  for (const std::string& name : conf->build_depends) text += fmt::format("after {}\n", name);
  return text;
}

}  // namespace

std::string DkmsCase::decisions(DkmsSemantics semantics) const {
  return decisions_of(semantics == DkmsSemantics::v3_4 ? newest_.conf : read(semantics).conf);
}

std::string DkmsCase::all(DkmsSemantics semantics) const {
  const Reading old = semantics == DkmsSemantics::v3_0 ? read(semantics) : Reading();
  const Reading& reading = semantics == DkmsSemantics::v3_0 ? old : newest_;
  std::string text;
  if (reading.conf) {
    text += fmt::format("name {}\nversion {}\n", reading.conf->name, reading.conf->version) + decisions_of(reading.conf);
    for (const DkmsModule& module : reading.conf->modules) {
      if (module.excluded) text += fmt::format("without {}: {}\n", module.built_name, *module.excluded);
    }
    if (reading.conf->excluded) text += fmt::format("because {}\n", *reading.conf->excluded);
  }
  if (reading.dump && !reading.dump->others.empty()) text += fmt::format("others {}\n", joined(reading.dump->others, " "));
  for (const Diagnostic& problem : reading.problems.all()) {
    // Whether this machine confines is no part of a case.
    const bool of_confinement =
        problem.code == "dkms-not-confined" || problem.message.find("Read-only file system") != std::string::npos;
    if (!of_confinement) text += to_text(problem) + "\n";
  }
  text = replaced(text, origin_.conf.parent_path().string() + "/", "");
  return replaced(text, here_.path().string(), "HERE");
}

std::vector<std::string> dkms_cases(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (fs::exists(entry.path() / "dkms.conf")) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kmpack::test
