#include "verify/install.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "sys/files.hpp"
#include "verify/contents.hpp"
#include "verify/in_tree.hpp"
#include "verify/package_manager.hpp"
#include "verify/relations.hpp"
#include "verify/resolve.hpp"
#include "verify/scratch_root.hpp"
#include "verify/system_errors.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

/// One kernel's packages and the root they are tried in.
class Trial {
 public:
  Trial(std::vector<PackageContents> packages, std::vector<fs::path> modules, ScratchRoot& root, PackageManager& manager,
        const InstallSettings& settings, CommandRunner& runner, std::stop_token stop, VerifyReport& report)
      : packages_(std::move(packages)),
        modules_(std::move(modules)),
        root_(root),
        manager_(manager),
        settings_(settings),
        runner_(runner),
        stop_(std::move(stop)),
        report_(report) {}

  void needs();
  void with_kernel();
  void kernel_removed_first();
  void kernel_absent();

 private:
  bool succeeds(const string& step, const Completed& process);
  void leaves_nothing(const string& step, const std::vector<string>& left);
  void resolves(const string& step);
  void symbols();
  void initramfs(const string& step);

  std::vector<PackageContents> packages_;
  std::vector<fs::path> modules_;  ///< installed paths
  std::vector<string> assumed_;    ///< needs that no package here brings
  ScratchRoot& root_;
  PackageManager& manager_;
  const InstallSettings& settings_;
  CommandRunner& runner_;
  std::stop_token stop_;
  VerifyReport& report_;
};

bool Trial::succeeds(const string& step, const Completed& process) {
  // rpm goes on after a failed scriptlet and exits with 0.
  const bool scriptlet = process.ok() && process.tail.find("scriptlet failed") != string::npos;
  if (process.ok() && !scriptlet) {
    report_.pass(step, "");
    return true;
  }
  Diagnostic problem{.code = "install-failed",
                     .message = fmt::format("the step '{}' failed: {}", step, scriptlet ? "a scriptlet failed" : process.how()),
                     .notes = {"its output ends: " + string{trimmed(process.tail)}},
                     .hint = "look at the packages' scripts and relations"};
  if (!settings_.log.empty()) problem.notes.push_back(fmt::format("the whole output is in {}", settings_.log.string()));
  report_.fail(step, std::move(problem));
  return false;
}

void Trial::leaves_nothing(const string& step, const std::vector<string>& left) {
  if (left.empty()) return report_.pass(step, "nothing is left");
  report_.fail(step, Diagnostic{.code = "install-leftovers",
                                .message = fmt::format("the step '{}' does not restore what was there before", step),
                                .notes = left,
                                .hint = "the package's scripts must remove what they made"});
}

void Trial::needs() {
  for (const PackageContents& package : packages_) {
    for (const string& need : package.needs) {
      const auto alternatives = parse_alternatives(need);
      const bool known = std::ranges::any_of(alternatives, [&](const Alternative& one) {
        return is_expected_need(one, root_.release().str()) ||
               std::ranges::any_of(packages_, [&](const PackageContents& other) { return brings(other, one.name); });
      });
      if (known) continue;
      assumed_.push_back(need);
      report_.problems.report(
          Diagnostic{.severity = Severity::warning,
                     .code = "need-assumed",
                     .message = fmt::format("{} needs '{}', which was taken to be installable", package.name, need),
                     .hint = "make sure that the distribution has it"});
    }
  }
  report_.pass("needs", "");
}

void Trial::resolves(const string& step) {
  for (const fs::path& installed : modules_) {
    const string module = module_key(installed.filename().string());
    const fs::path ours = root_.path() / installed.relative_path();
    const Resolution found = resolve_module(root_, module, runner_, stop_);
    const auto is_ours = [&](const fs::path& file) {
      std::error_code absent;
      return fs::equivalent(file, ours, absent);
    };
    const string name = fmt::format("{}:{}", step, module);
    if (std::ranges::any_of(found.files, is_ours)) {
      report_.pass(name, installed.string());
      continue;
    }
    string instead = found.error.empty() ? string{"nothing"} : found.error;
    for (const fs::path& file : found.files) {
      if (module_key(file.filename().string()) == module) instead = "/" + file.lexically_relative(root_.path()).string();
    }
    report_.fail(name, Diagnostic{.code = "module-not-resolved",
                                  .message = fmt::format("modprobe does not find {} for the module {}, but {}",
                                                         installed.string(), module, instead),
                                  .hint = "the package must run depmod, and its directory must come before the kernel's own"});
  }
}

void Trial::symbols() {
  const auto unresolved = unresolved_symbols(root_, settings_.symvers, runner_, stop_);
  if (!unresolved) {
    return report_.problems.report(Diagnostic{.severity = Severity::warning,
                                              .code = "symbols-unchecked",
                                              .message = "symbols were not checked: there is no Module.symvers of this kernel",
                                              .hint = "fetch the kernel's headers: kmpack flavors fetch"});
  }
  if (unresolved->empty()) return report_.pass("symbols", "every symbol is known, with its version");
  report_.fail("symbols",
               Diagnostic{.code = "symbols-unresolved",
                          .message = fmt::format("depmod finds {} symbols that the kernel {} does not have", unresolved->size(),
                                                 root_.release().str()),
                          .notes = *unresolved,
                          .hint = assumed_.empty() ? "build the module against this kernel's headers"
                                                   : "verify it together with what it needs: " + joined(assumed_, ", ")});
}

void Trial::initramfs(const string& step) {
  std::vector<string> others;
  const std::vector<string> calls = root_.take_initramfs_calls();
  for (const string& call : calls) {
    const auto arguments = words(call);
    if (std::ranges::find(arguments, root_.release().str()) == arguments.end()) others.push_back("update-initramfs " + call);
  }
  if (others.empty()) return report_.pass(step, calls.empty() ? "left alone" : "refreshed for this kernel");
  report_.fail(step, Diagnostic{.code = "initramfs-of-another-kernel",
                                .message = fmt::format("the package's scripts do not name the kernel {} to update-initramfs",
                                                       root_.release().str()),
                                .notes = others,
                                .hint = "call update-initramfs -u -k with the kernel's release"});
}

void Trial::with_kernel() {
  const TreeState before = root_.state();
  if (!succeeds("install", manager_.install(packages_))) return;
  resolves("resolve");
  symbols();
  initramfs("initramfs");
  manager_.age(packages_);
  if (!succeeds("upgrade", manager_.install(packages_))) return;
  resolves("resolve-after-upgrade");
  if (!succeeds("remove", manager_.remove(packages_))) return;
  leaves_nothing("removed", differences(before, root_.state()));
  initramfs("initramfs-after-removal");
}

void Trial::kernel_removed_first() {
  const TreeState before = root_.state();
  if (!succeeds("install-again", manager_.install(packages_))) return;
  root_.remove_kernel();
  if (!succeeds("remove-after-kernel", manager_.remove(packages_))) return;
  // The kernel itself is gone by now, and nothing else may be.
  std::vector<string> left = differences(before, root_.state());
  std::erase_if(
      left, [](const string& line) { return line.starts_with("lost: /usr/lib/modules") || line.starts_with("lost: /boot/"); });
  leaves_nothing("removed-after-kernel", left);
}

void Trial::kernel_absent() {
  const TreeState before = root_.state();
  if (!succeeds("install-without-kernel", manager_.install(packages_))) return;
  std::vector<string> lists;
  for (const string& line : differences(before, root_.state())) {
    if (line.find("/modules/" + root_.release().str() + "/modules.") != string::npos) lists.push_back(line);
  }
  leaves_nothing("lists-without-kernel", lists);
  if (!succeeds("remove-without-kernel", manager_.remove(packages_))) return;
  leaves_nothing("removed-without-kernel", differences(before, root_.state()));
}

VerifyReport try_installation(std::span<const fs::path> packages, const KernelRelease& release, const ImageTree& image,
                              const InstallSettings& settings, CommandRunner& runner, const std::stop_token& stop) {
  VerifyReport report;
  report.release = release;
  report.packages.assign(packages.begin(), packages.end());
  const TempDir scratch{settings.scratch.empty() ? fs::path{} : fs::absolute(settings.scratch)};
  std::vector<PackageContents> contents;
  std::vector<fs::path> installed;
  std::vector<ModuleFacts> facts;
  for (const fs::path& package : packages) {
    contents.push_back(read_contents(package, stop));
    const TempDir unpacked{scratch.path()};
    for (const UnpackedModule& module : unpack_package(package, unpacked.path(), stop)) {
      if (release_of(module.installed) != release) continue;
      facts.push_back(read_module_facts(module.file));
      installed.push_back(module.installed);
    }
  }
  if (contents.empty()) return report;

  const RootMeans means = settings.means ? *settings.means : probe_root_means(runner, stop);
  ScratchRoot root{scratch.path() / "root", release, runner, stop};
  root.add_kernel(image, facts);
  const PackageFamily family = contents.front().family;
  if (family == PackageFamily::deb) root.add_dpkg_database(contents);
  PackageManager manager{family, root.path(), means, settings.log, runner, stop};
  Trial trial{std::move(contents), std::move(installed), root, manager, settings, runner, stop, report};
  // The packages' relations, then installation, upgrade and removal beside their kernel, then in other orders.
  trial.needs();
  trial.with_kernel();
  if (report.ok()) trial.kernel_removed_first();
  if (report.ok()) trial.kernel_absent();
  return report;
}

}  // namespace

VerifyReport verify_installation(std::span<const fs::path> packages, const KernelRelease& release, const ImageTree& image,
                                 const InstallSettings& settings, CommandRunner& runner, std::stop_token stop) {
  return with_system_errors([&] { return try_installation(packages, release, image, settings, runner, stop); });
}

}  // namespace kmpack
