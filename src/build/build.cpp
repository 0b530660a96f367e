#include "build/build.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "build/broken_build.hpp"
#include "build/compiler.hpp"
#include "build/log_watch.hpp"
#include "build/make_command.hpp"
#include "build/needed_sources.hpp"
#include "build/patches.hpp"
#include "build/private_tree.hpp"
#include "build/probes.hpp"
#include "build/products.hpp"
#include "build/shell_command.hpp"
#include "build/source_copy.hpp"
#include "kmpack/architecture.hpp"
#include "kmpack/diagnostic.hpp"
#include "manifest/build_order.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Of shell text that others wrote, when the user sets no limit: it may wait for what never comes.
constexpr auto kPatience = std::chrono::hours(2);

bool is_within(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

/// In the attempt: no package has a name that begins with a dot.
constexpr const char* kProbes = ".probes";

enum class Stage { before, instead, after };

/// One cell being built; the steps of build_modules in order.
class CellBuild {
 public:
  CellBuild(const Cell& cell, const HeaderTree& headers, const BuildSettings& settings, Jobserver& jobserver,
            CommandRunner& runner, std::stop_token stop)
      : cell_(cell), headers_(headers), settings_(settings), jobserver_(jobserver), runner_(runner), stop_(std::move(stop)) {}

  BuildRecord run() {
    const fs::path directory = fs::absolute(settings_.directory).lexically_normal();
    check_buildable_path(directory);
    compiler_ = choose_compiler(headers_, settings_.compiler, runner_, stop_);
    if (compiler_.mismatch) record_.warnings.push_back(*compiler_.mismatch);
    begin_log();
    prepare_source(directory);
    const std::vector<BuildStep> steps = build_order(*cell_.manifest);
    const MakeSpec& spec = cell_.manifest->make;
    run_commands(spec.before, Stage::before);
    if (spec.commands.empty()) {
      for (const BuildStep& step : steps) make(step);
    } else {
      run_commands(spec.commands, Stage::instead);
      find_symvers();
    }
    find_products(steps, directory);
    write_symvers(directory);
    run_commands(spec.after, Stage::after);
    if (desk_) settings_.probes->learn(compiler_.name, tree_.attempt / kProbes);
    return std::move(record_);
  }

 private:
  [[nodiscard]] std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  }

  void begin_log() {
    record_.log = settings_.log;
    write_file(settings_.log, "");
  }

  /// A new directory for every attempt: a make that outlived a killed kmpack may still be writing into the last one.
  void prepare_source(const fs::path& directory) {
    remove_tree(directory);
    make_directories(directory);
    std::string attempt = (directory / "XXXXXX").string();
    if (::mkdtemp(attempt.data()) == nullptr) throw_system_error(errno, "cannot create a directory like", attempt);
    if (settings_.probes != nullptr) desk_ = settings_.probes->open(compiler_.name, fs::path(attempt) / kProbes);
    copy_symbols(attempt);
    tree_ = private_tree(*cell_.manifest, attempt);
    std::vector<fs::path> skipped_links;
    record_.source = copy_source(cell_.manifest->source, tree_.copy, settings_.workspace, skipped_links, stop_);
    const SourceSpec& source = cell_.manifest->source;
    if (source.archive.empty()) record_.copied = shown_digest({.directory = tree_.copy, .subdirectory = source.subdirectory});
    show_needed_sources(tree_, settings_.symbols, settings_.workspace, stop_);
    real_copy_ = fs::canonical(tree_.copy);
    real_source_ = fs::canonical(record_.source);
    for (const fs::path& link : skipped_links) record_.warnings.push_back(link_skipped(cell_, link));
    for (Diagnostic& warning :
         apply_patches(*cell_.manifest, cell_.kernel->release, record_.source, settings_.log, runner_, stop_))
      record_.warnings.push_back(std::move(warning));
  }

  /// Private copies, as a make that runs confined sees nothing else of the workspace.
  ///
  /// Source:  dkms 3.1.3: <tree>/<name>/<version>/<kernel>/<arch>/module/Module.symvers.
  void copy_symbols(const fs::path& tree) {
    const Architecture* const architecture = find_architecture(cell_.kernel->flavor.arch);
    const std::string machine(architecture == nullptr ? cell_.kernel->flavor.arch : architecture->machine);
    for (const DependencySymbols& symbols : settings_.symbols) {
      const std::string text = read_file(symbols.file);
      const fs::path package = fs::path(symbols.name) / symbols.version;
      if (is_safe_relative(package)) {
        write_file(tree / package / cell_.kernel->release.str() / machine / "module/Module.symvers", text);
      }
      if (text.empty()) continue;
      foreign_symvers_.push_back(tree / "symbols" / fmt::format("{}.symvers", foreign_symvers_.size()));
      write_file(foreign_symvers_.back(), text);
    }
  }

  /// The symbols of other packages, then those of the directories built so far.
  [[nodiscard]] std::vector<fs::path> known_symvers() const {
    std::vector<fs::path> known = foreign_symvers_;
    known.insert(known.end(), symvers_.begin(), symvers_.end());
    return known;
  }

  /// For commands, whose makes heed what a Makefile adds to the variable.
  [[nodiscard]] std::vector<fs::path> symvers_of_commands(const std::vector<BuildCommand>& commands) const {
    return foreign_symvers_.empty() || !set_extra_symbols(record_.source, commands) ? known_symvers() : symvers_;
  }

  /// Is there shell text of others in this? Then it may have left something in the Makefiles, too. Who needs another package may
  /// look for its headers at a place that a confined child alone has.
  [[nodiscard]] bool is_foreign() const {
    const MakeSpec& spec = cell_.manifest->make;
    return cell_.manifest->dkms || !settings_.symbols.empty() || !spec.before.empty() || !spec.commands.empty() ||
           !spec.after.empty();
  }

  void furnish_once() {
    if (!places_) places_ = furnish(tree_, record_.source, cell_, headers_);
  }

  Command confined_here(Command command) {
    Confinement confinement = confinement_of(tree_, record_.source, headers_);
    if (const auto slots = parse_jobserver_auth(command.environment["MAKEFLAGS"]); slots && !slots->fifo.empty())
      confinement.readable.push_back(fs::path(slots->fifo).parent_path());
    if (desk_) std::ranges::copy(desk_->readable, std::back_inserter(confinement.readable));
    return confined(std::move(command), confinement, runner_, stop_);
  }

  /// Commands, and make itself, may put a link where the manifest names a directory.
  void check_inside(const fs::path& directory, const BuildStep& step) const {
    std::error_code absent;
    const fs::path real = fs::canonical(directory, absent);
    if (!absent && !is_within(real, real_copy_)) throw leads_away(cell_, step.directory, settings_.log);
  }

  void make(const BuildStep& step) {
    const fs::path directory = step_directory(step);
    check_inside(directory, step);
    if (!fs::exists(directory / "Kbuild") && !fs::exists(directory / "Makefile")) throw no_kbuild(cell_, step.directory);
    Command command = make_command({.cell = cell_,
                                    .headers = headers_,
                                    .copy = tree_.copy,
                                    .directory = directory,
                                    .extra_symbols = known_symvers(),
                                    .compiler = given_compiler(),
                                    .further_maps = maps_of_needed(tree_)});
    begin(command);
    equip(command);
    if (is_foreign()) {
      furnish_once();
      // bubblewrap sets PWD to where its child stands.
      command.directory = directory;
      command = confined_here(std::move(command));
    }
    run(command, {"make", {}});
    check_inside(directory, step);
    const fs::path symbols = directory / "Module.symvers";
    if (fs::is_regular_file(fs::symlink_status(symbols)) && fs::file_size(symbols) > 0) symvers_.push_back(symbols);
  }

  [[nodiscard]] std::string given_compiler() const { return compiler_.given_to_make ? compiler_.name : std::string(); }

  /// Into the log without the job slots, which are gone when someone pastes it.
  void begin(Command& command) const {
    std::ofstream(settings_.log, std::ios::app) << "$ " << to_shell(command) << "\n";
    command.log = settings_.log;
    if (!settings_.limit) {
      if (is_foreign()) command.limit = kPatience;
      return;
    }
    command.limit = std::max(*settings_.limit - elapsed(), std::chrono::milliseconds(1));
  }

  /// With what is gone when the build is: job slots, and stand-ins for the compiler.
  void equip(Command& command) {
    jobserver_.pass_to(command);
    if (desk_) command.environment["PATH"] = desk_->programs.string() + ":" + command.environment["PATH"];
  }

  void run(const Command& command, const RanStep& what) {
    const Jobserver::Token slot = jobserver_.acquire(stop_);
    Completed completed = run_watched(runner_, command, cell_, stop_);
    record_.wall += completed.wall;
    // The limit is one for all of the build.
    if (completed.timed_out) completed.wall = elapsed();
    std::error_code absent;
    if (fs::canonical(record_.source, absent) != real_source_) throw source_gone(cell_, settings_.log);
    if (!completed.ok()) throw failed_build(broken(), completed, what);
  }

  void warn_once(Diagnostic warning) {
    if (std::ranges::find(record_.warnings, warning.code, &Diagnostic::code) == record_.warnings.end())
      record_.warnings.push_back(std::move(warning));
  }

  /// What a manifest calls a command, and what the command is.
  [[nodiscard]] std::string name_of(const BuildCommand& command, Stage stage) const {
    constexpr std::size_t kShown = 60;
    const bool dkms = cell_.manifest->dkms.has_value();
    std::string name = dkms ? "MAKE" : "<command>";
    if (stage == Stage::before) name = dkms ? "PRE_BUILD" : "<before>";
    if (stage == Stage::after) name = dkms ? "POST_BUILD" : "<after>";
    std::string text = command.text.substr(0, command.text.find('\n'));
    if (text.size() > kShown) text.resize(kShown);
    return fmt::format("{} '{}{}'", name, text, text == command.text ? "" : "…");
  }

  void run_commands(const std::vector<BuildCommand>& commands, Stage stage) {
    if (commands.empty()) return;
    furnish_once();
    if (!is_confining(runner_, stop_)) warn_once(not_confined(cell_));
    const ShellCall call{.cell = cell_,
                         .headers = headers_,
                         .tree = tree_,
                         .places = *places_,
                         .extra_symbols = symvers_of_commands(commands),
                         .compiler = given_compiler(),
                         .compiler_name = compiler_.name};
    for (const BuildCommand& text : commands) {
      Command command = shell_command(call, text.text);
      begin(command);
      equip(command);
      command.environment["MAKEFLAGS"] += definitions_for_makes(call);
      run(confined_here(std::move(command)), {name_of(text, stage), text.where});
    }
  }

  [[nodiscard]] fs::path step_directory(const BuildStep& step) const {
    // `M=DIR/.` and `M=DIR/` would give kbuild's object names a second spelling.
    if (step.directory.empty() || step.directory == ".") return record_.source;
    fs::path directory = (record_.source / step.directory).lexically_normal();
    return directory.has_filename() ? directory : directory.parent_path();
  }

  [[nodiscard]] BrokenBuild broken() const {
    std::vector<std::string> roots{record_.source.string()};
    if (places_) std::ranges::copy(other_names(tree_), std::back_inserter(roots));
    return {.cell = cell_, .log = settings_.log, .source_roots = std::move(roots), .warnings = record_.warnings};
  }

  /// Commands may run kbuild anywhere in the copy.
  void find_symvers() {
    for (const TreeEntry& entry : walk(record_.source)) {
      const fs::path file = record_.source / entry.relative;
      if (entry.type == EntryType::file && file.filename() == "Module.symvers" && fs::file_size(file) > 0)
        symvers_.push_back(file);
    }
  }

  void find_products(const std::vector<BuildStep>& steps, const fs::path& directory) {
    try {
      record_.modules = find_modules(cell_, steps, record_.source, record_.warnings);
    } catch (Error& error) {
      // The last of several commands decides, as in dkms: a make before it may have failed.
      if (!cell_.manifest->make.commands.empty()) {
        if (auto failure = hidden_failure(broken())) {
          failure->add_note(error.diagnostic().message);
          throw BuildFailure(*failure);
        }
      }
      error.add_note("log: " + settings_.log.string());
      throw;
    }
    if (cell_.manifest->make.after.empty()) return;
    // As dkms has it: what runs last finds the modules taken already, and may clean up.
    for (BuiltModule& module : record_.modules) {
      const fs::path taken = directory / "modules" / module.file.lexically_relative(record_.source);
      make_directories(taken.parent_path());
      clone_file(module.file, taken);
      module.file = taken;
    }
  }

  void write_symvers(const fs::path& directory) {
    record_.symvers = directory / "Module.symvers";
    write_file(record_.symvers, merged_symvers(symvers_, record_.source));
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const Cell& cell_;
  const HeaderTree& headers_;
  const BuildSettings& settings_;
  Jobserver& jobserver_;
  CommandRunner& runner_;
  std::stop_token stop_;
  ChosenCompiler compiler_;
  std::optional<ProbeDesk> desk_;
  PrivateTree tree_;
  fs::path real_copy_;                   ///< without links
  fs::path real_source_;                 ///< the same of the source root in it
  std::optional<CommandPlaces> places_;  ///< once there is foreign text
  std::vector<fs::path> foreign_symvers_;
  std::vector<fs::path> symvers_;
  BuildRecord record_;
};

}  // namespace

BuildRecord build_modules(const Cell& cell, const HeaderTree& headers, const BuildSettings& settings, Jobserver& jobserver,
                          CommandRunner& runner, std::stop_token stop) {
  return CellBuild(cell, headers, settings, jobserver, runner, std::move(stop)).run();
}

}  // namespace kmpack
