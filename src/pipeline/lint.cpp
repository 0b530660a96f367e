#include "pipeline/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/dkms/conf.hpp"
#include "manifest/dkms/evaluate.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/lint/lint.hpp"
#include "manifest/place.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/dkms.hpp"
#include "pipeline/lint_in_tree.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What packages need and sources do not say is `init`'s to ask for; it is no fault of theirs.
constexpr auto kNoFaults = std::to_array<std::string_view>(
    {"dkms-guess", "dkms-name-changed", "dkms-script-left-out", "dkms-version-changed", "kbuild-guess", "kbuild-subdirectory"});
/// Only a kernel's configuration can tell.
constexpr auto kOfKernels = std::to_array<std::string_view>({"dkms-config-unknown"});

void append_without(std::span<const std::string_view> codes, const Diagnostics& from, Diagnostics& to) {
  for (const Diagnostic& problem : from.all()) {
    if (std::ranges::find(codes, problem.code) == codes.end()) to.report(problem);
  }
}

/// Each once, by file and line.
Diagnostics sorted(const Diagnostics& findings) {
  std::vector<Diagnostic> all = findings.all();
  const auto place = [](const Diagnostic& of) {
    return of.where ? std::pair{of.where->file.native(), of.where->line} : std::pair{std::string(), 0U};
  };
  std::ranges::stable_sort(all, {}, place);
  std::set<std::string> told;
  Diagnostics once;
  for (Diagnostic& problem : all) {
    if (told.insert(to_text(problem)).second) once.report(std::move(problem));
  }
  return once;
}

class Lint {
 public:
  Lint(const Request& request, Context& context)
      : request_(request), context_(context), sources_(header_sources(request, Metadata::none)) {}

  LintReport run() {
    texts_of_confs();
    const Inputs inputs = read(report_.findings);
    const Errands errands{.runner = context_.runner, .stop = context_.stop, .say = {}};
    const Kernels available = kernels_for(inputs, errands);
    std::vector<Wanted> wanted = wanted_kernels(request_, inputs, available, report_.problems);
    if (!report_.problems.ok()) return finish();
    evaluate(wanted);
    for (const Wanted& of : wanted) {
      if (context_.stop.stop_requested()) throw Cancelled{};
      sources_of(*of.manifest);
      in_tree(*of.manifest, of.kernels.empty() ? available : of.kernels, errands);
    }
    return finish();
  }

 private:
  LintReport finish() {
    report_.findings = sorted(report_.findings);
    return std::move(report_);
  }

  void texts_of_confs() {
    std::vector<fs::path> arguments = request_.manifests;
    if (arguments.empty()) arguments.emplace_back(".");
    for (const fs::path& argument : arguments) {
      try {
        const fs::path file = fs::absolute(find_manifest(argument)).lexically_normal();
        // One that is larger is none; reading it as a manifest says so.
        constexpr std::uintmax_t kLargest = 1024 * 1024;
        if (file.filename() == "dkms.conf" && fs::file_size(file) <= kLargest)
          lint_dkms_text(read_file(file), file, report_.findings);
      } catch (const std::exception&) {
        // Said where manifests are read.
        continue;
      }
    }
  }

  /// A mistake of what is looked at is a finding; all else keeps from looking.
  Inputs read(Diagnostics& findings) {
    Diagnostics problems;
    Inputs inputs = read_inputs(request_, Manifests::needed, context_, problems);
    for (const Diagnostic& problem : problems.all()) {
      const bool of_input = problem.where && !problem.where->file.empty() && !problem.code.starts_with("catalogue-");
      if (std::ranges::find(kNoFaults, problem.code) != kNoFaults.end()) continue;
      (of_input ? findings : report_.problems).report(problem);
    }
    return inputs;
  }

  /// Archives are asked only when somebody names kernels, that a name can be told from a mistake; headers are for other commands
  /// to fetch.
  Kernels kernels_for(const Inputs& inputs, const Errands& errands) {
    const bool named = !inputs.flavors.empty() || std::ranges::any_of(inputs.manifests, [](const auto& manifest) {
      return !manifest->kernels.include.empty();
    });
    const HeaderSources known = named ? header_sources(request_, Metadata::stored) : sources_;
    return available_kernels(request_, inputs, known, errands, report_.problems);
  }

  void evaluate(std::vector<Wanted>& wanted) {
    Diagnostics found;
    const std::size_t jobs = request_.jobs != 0 ? request_.jobs : std::max(1U, std::thread::hardware_concurrency());
    const DkmsUnread unread = read_dkms(wanted, sources_, jobs, context_, found);
    for (const auto& [cell, problems] : unread.failed) {
      for (Diagnostic problem : problems) {
        problem.notes.push_back("for " + cell.second->id());
        found.report(std::move(problem));
      }
    }
    append_without(kNoFaults, found, report_.findings);
    std::set<std::string> looked_at;
    for (Wanted& of : wanted) {
      if (!of.manifest->dkms) continue;
      bool evaluated = false;
      for (const auto& kernel : of.kernels) {
        if (unread.later.contains({of.manifest->name, kernel.get()})) {
          report_.unseen.push_back(fmt::format("what {} says for {}: its headers are not on this disk (kmpack flavors fetch)",
                                               of.manifest->dkms->conf.filename().string(), kernel->id()));
          continue;
        }
        evaluated = true;
        looked_at.insert(kernel->id());
      }
      evaluate_for_none(of, evaluated ? Wish::scripts : Wish::all);
    }
    report_.kernels.assign(looked_at.begin(), looked_at.end());
  }

  enum class Wish { all, scripts };

  void evaluate_for_none(Wanted& wanted, Wish wish) {
    const DkmsOrigin& origin = *wanted.manifest->dkms;
    // Names that no machine has, so that nothing of this one is taken for a kernel's.
    const DkmsKernel none{.release = KernelRelease("0.0.0-none"),
                          .arch = std::string(host_architecture().machine),
                          .source_dir = "/nonexistent/kernel",
                          .config = "/nonexistent/kernel/.config",
                          .distribution = {}};
    Diagnostics found;
    const auto dump = evaluate_dkms(origin, none, context_.runner, context_.stop, found);
    const auto conf = dump ? interpret_dkms(*dump, origin, none, found) : std::nullopt;
    if (conf) lint_dkms_scripts(conf->target_scripts, origin.conf, report_.findings);
    if (wish == Wish::scripts) return;
    if (conf) take(wanted, *conf, found);
    Diagnostics faults;
    append_without(kNoFaults, found, faults);
    append_without(kOfKernels, faults, report_.findings);
  }

  static void take(Wanted& wanted, const DkmsConf& conf, Diagnostics& problems) {
    DkmsAnswer answer{std::make_shared<Kernel>(), conf};
    // Whether it is for this kernel is no question where there is none.
    answer.conf.excluded.reset();
    for (DkmsModule& module : answer.conf.modules) module.excluded.reset();
    if (auto manifest = merged_dkms(*wanted.manifest, {&answer, 1}, problems))
      wanted.manifest = std::make_shared<const Manifest>(std::move(*manifest));
  }

  void sources_of(const Manifest& manifest) {
    if (manifest.source.directory.empty()) {
      report_.unseen.push_back(fmt::format("sources of {}: they are in an archive", manifest.name.str()));
      return;
    }
    LintedSources sources{
        .root = manifest.source.directory / manifest.source.subdirectory, .modules = {}, .given = {}, .commands = {}};
    std::set<std::pair<std::string, fs::path>> seen;
    for (const ModuleSpec& module : manifest.modules) {
      if (seen.emplace(module.name.str(), module.directory).second)
        sources.modules.push_back({module.name.str(), module.directory});
    }
    for (const MakeVariable& variable : manifest.make.variables) sources.given.insert(variable.name);
    for (const auto* commands : {&manifest.make.before, &manifest.make.commands, &manifest.make.after}) {
      for (const BuildCommand& command : *commands) sources.commands.push_back(command.text);
    }
    lint_sources(sources, report_.findings);
  }

  void in_tree(const Manifest& manifest, const Kernels& kernels, const Errands& errands) {
    std::vector<SeenKernel> seen;
    for (const auto& kernel : kernels) {
      if (auto image = image_of(*kernel, errands)) seen.push_back({kernel->id(), std::move(*image)});
    }
    if (seen.empty()) {
      report_.unseen.push_back(
          fmt::format("whether kernels have modules of {} themselves: no image of such a kernel is on this disk "
                      "(kmpack verify fetches them)",
                      manifest.name.str()));
    }
    lint_in_tree(manifest, seen, report_.findings);
  }

  /// The kernel's own modules, unpacked in the store or installed.
  std::optional<ImageTree> image_of(const Kernel& kernel, const Errands& errands) const {
    try {
      return open_image(sources_, kernel, errands);
    } catch (const Error&) {
      for (const char* root : {"/usr/lib/modules", "/lib/modules"}) {
        const fs::path modules = fs::path(root) / kernel.release.str();
        std::error_code absent;
        if (fs::is_directory(modules / "kernel", absent))
          return ImageTree{.root = "/", .vmlinuz = {}, .modules = modules, .system_map = {}};
      }
    }
    return std::nullopt;
  }

  const Request& request_;
  Context& context_;
  HeaderSources sources_;  ///< this disk
  LintReport report_;
};

}  // namespace

LintReport lint(const Request& request, Context& context) { return Lint(request, context).run(); }

}  // namespace kmpack
