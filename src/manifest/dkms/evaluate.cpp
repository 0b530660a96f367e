#include "manifest/dkms/evaluate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <map>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "manifest/dkms/program.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr auto kLimit = std::chrono::seconds(10);
/// As the program's ulimit.
constexpr std::size_t kLargestOutput = 1024 * 1024;
constexpr std::size_t kKeptMessages = 8 * 1024;
/// Of each directory in which a conf may leave something while it is read.
constexpr std::uint64_t kRoom = std::uint64_t{16} << 20;
/// Confs may say where they are read; that is not to differ from time to time.
constexpr const char* kStart = "/var/empty";
/// Processes at once; kernels count those of a namespace apart, but never root's.
constexpr const char* kProcesses = "2048";
/// Exit statuses of shells for children ended by a signal. Source: signal(7): 24 SIGXCPU, 25 SIGXFSZ.
constexpr int kOutOfTime = 128 + 24;
constexpr int kTooMuch = 128 + 25;

enum class Confining { no, yes };

/// What a conf finds as dkms's own directories. Where nothing confines it they are not the machine's: a conf that removes its
/// $dkms_tree would remove those of all drivers.
class Places {
 public:
  Places(Confining confining, const fs::path& scratch) {
    if (confining == Confining::yes) return;
    private_.emplace(scratch);
    for (std::string* place : {&dkms_tree, &source_tree, &install_tree, &temporary}) {
      *place = private_->path().string() + *place;
      make_directories(*place);
    }
    start_ = private_->path().string() + kStart;
    make_directories(start_);
  }

  /// As a machine with dkms has it.
  [[nodiscard]] std::string mapped_back(std::string text) const {
    return private_ ? replaced(std::move(text), private_->path().string() + "/", "/") : text;
  }
  void map_back(std::map<std::string, DkmsValues>& values) const {
    for (auto& [directive, elements] : values) {
      for (auto& [index, value] : elements) value = mapped_back(std::move(value));
    }
  }
  [[nodiscard]] bool are_private() const noexcept { return private_.has_value(); }
  [[nodiscard]] const fs::path& start() const noexcept { return start_; }

  std::string dkms_tree = "/var/lib/dkms";
  std::string source_tree = "/usr/src";
  std::string install_tree = "/lib/modules";
  std::string temporary = "/tmp";

 private:
  std::optional<TempDir> private_;
  fs::path start_ = "/";
};

class Evaluation {
 public:
  Evaluation(const DkmsOrigin& origin, const DkmsKernel& kernel, CommandRunner& runner, std::stop_token stop,
             Diagnostics& problems, const Places& places)
      : origin_(origin), kernel_(kernel), runner_(runner), stop_(std::move(stop)), problems_(problems), places_(places) {}

  std::optional<DkmsDump> run(const std::string& name, const std::string& version) {
    const std::string token = fresh_token();
    Command command{.program = "bash",
                    .args = arguments(name, version),
                    .environment = scrubbed_environment(0),
                    .directory = places_.start(),
                    .log = {},
                    .output = {},
                    .input = token + "\n",
                    .limit = kLimit,
                    .descriptors = {},
                    .separate_errors = true,
                    .tail_bytes = kLargestOutput};
    if (places_.are_private()) lay_where_confs_look(name, version);
    const Completed completed = runner_.run(confined(std::move(command), confinement(name, version), runner_, stop_), stop_);
    return read(completed, token);
  }

 private:
  [[nodiscard]] Confinement confinement(const std::string& name, const std::string& version) const {
    Confinement confinement{.writable = {}, .readable = {}, .emptied = {"/usr/src"}, .shown = {}, .start = kStart, .room = kRoom};
    std::vector<fs::path>& readable = confinement.readable;
    readable.push_back(origin_.conf.parent_path());
    // Where a link leads, too.
    std::error_code unseen;
    readable.push_back(fs::weakly_canonical(origin_.conf, unseen).parent_path());
    if (!kernel_.source_dir.empty()) readable.push_back(kernel_.source_dir);
    if (!kernel_.config.empty()) readable.push_back(kernel_.config);
    if (!origin_.overrides.empty()) readable.push_back(origin_.overrides);
    show_rest_of_headers(readable);
    show_where_confs_look(name, version, confinement);
    return confinement;
  }

  /// Header packages are in several parts, with links from one to the other.
  void show_rest_of_headers(std::vector<fs::path>& readable) const {
    const fs::path sources = kernel_.source_dir.filename() == "kernels" ? fs::path() : kernel_.source_dir.parent_path();
    if (sources.filename() != "src" || sources.parent_path().filename() != "usr") return;
    std::error_code unseen;
    for (const fs::directory_entry& entry : fs::directory_iterator(sources, unseen)) {
      if (entry.path().filename().string().starts_with("linux-") && entry.is_directory(unseen)) readable.push_back(entry.path());
    }
    const fs::path tools = sources.parent_path() / "lib";
    for (const fs::directory_entry& entry : fs::directory_iterator(tools, unseen)) {
      if (entry.path().filename().string().starts_with("linux-kbuild-")) readable.push_back(entry.path());
    }
  }

  /// Confs spell out where dkms would have the headers and the source.
  void show_where_confs_look(const std::string& name, const std::string& version, Confinement& confinement) const {
    // Mounts cost more than all of bash's work; few confs read there.
    if (looks_for_headers()) {
      confinement.shown.push_back({kernel_.source_dir, fs::path("/lib/modules") / kernel_.release.str() / "build"});
    }
    if (looks_for_source(name, version))
      confinement.shown.push_back({origin_.conf.parent_path(), fs::path("/usr/src") / (name + "-" + version)});
  }

  /// The same by links, among directories that are removed again.
  void lay_where_confs_look(const std::string& name, const std::string& version) const {
    std::error_code there;
    if (looks_for_headers()) {
      const fs::path release = fs::path(places_.install_tree) / kernel_.release.str();
      make_directories(release);
      fs::create_directory_symlink(kernel_.source_dir, release / "build", there);
    }
    if (looks_for_source(name, version)) {
      fs::create_directory_symlink(fs::absolute(origin_.conf.parent_path()),
                                   fs::path(places_.source_tree) / (name + "-" + version), there);
    }
  }

  [[nodiscard]] bool says(std::initializer_list<std::string_view> words) const {
    const std::string text = text_of_conf();
    return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
  }
  [[nodiscard]] bool looks_for_headers() const {
    return !kernel_.release.empty() && is_safe_relative(kernel_.release.str()) && !kernel_.source_dir.empty() &&
           says({"/lib/modules", "install_tree"});
  }
  [[nodiscard]] bool looks_for_source(const std::string& name, const std::string& version) const {
    return !name.empty() && !version.empty() && is_safe_relative(name + "-" + version) && says({"/usr/src", "source_tree"});
  }

  [[nodiscard]] std::vector<std::string> arguments(const std::string& name, const std::string& version) const {
    const std::string release = kernel_.release.str();
    std::vector<std::string> all{"--norc", "--noprofile", "-O", "extglob", "-c", dkms_program(), "dkms"};
    const std::pair<const char*, std::string> variables[] = {
        {"dkms_tree", places_.dkms_tree},
        {"source_tree", places_.source_tree},
        {"install_tree", places_.install_tree},
        {"tmp_location", places_.temporary},
        {"current_os", "Linux"},
        {"parallel_jobs", "1"},
        {"running_distribution", kernel_.distribution},
        {"module", name},
        {"module_version", version},
        {"kernelver", release},
        {"arch", kernel_.arch},
        {"kernel_source_dir", kernel_.source_dir.string()},
        {"kernel_config", kernel_.config.string()},
    };
    for (const auto& [variable, value] : variables) all.push_back(fmt::format("{}={}", variable, value));
    if (!places_.are_private()) all.push_back(fmt::format("_kmpack_processes={}", kProcesses));
    all.emplace_back("--");
    all.push_back(fs::absolute(origin_.conf));
    for (const std::string& file : override_files(name, version)) all.push_back(file);
    return all;
  }

  /// Source: facts debian.md section 1.1 item 2.
  [[nodiscard]] std::vector<std::string> override_files(const std::string& name, const std::string& version) const {
    if (origin_.overrides.empty() || name.empty()) return {};
    const std::string release = kernel_.release.str();
    std::vector<std::string> names{name, name + "-" + version};
    if (!release.empty()) {
      names.push_back(fmt::format("{}-{}-{}", name, version, release));
      names.push_back(fmt::format("{}-{}-{}-{}", name, version, release, kernel_.arch));
      if (origin_.semantics == DkmsSemantics::v3_4) {
        names.push_back(fmt::format("{}--{}", name, release));
        names.push_back(fmt::format("{}--{}-{}", name, release, kernel_.arch));
      }
    }
    std::vector<std::string> files;
    for (const std::string& stem : names) {
      std::error_code unseen;
      const fs::path file = origin_.overrides / (stem + ".conf");
      if (is_safe_relative(stem) && fs::exists(file, unseen)) files.push_back(file);
    }
    return files;
  }

  static std::string fresh_token() {
    std::random_device device;
    std::string token;
    for (int i = 0; i < 4; ++i) token += fmt::format("{:08x}", device());
    return token;
  }

  std::optional<DkmsDump> read(const Completed& completed, const std::string& token) {
    if (completed.timed_out || completed.exit_code == kOutOfTime) {
      report("dkms-conf-timeout", fmt::format("bash is not done with the file after {} s", kLimit.count()),
             "look for a loop in it that does not end, or a program that waits", {});
      return std::nullopt;
    }
    if (completed.exit_code == kTooMuch || completed.signal == kTooMuch - 128 || completed.tail.size() >= kLargestOutput ||
        completed.errors.size() >= kLargestOutput) {
      report("dkms-conf-too-much", "the file makes bash say more than 1 MiB", "look for a loop in it that prints", {});
      return std::nullopt;
    }
    const std::string messages = completed.errors.substr(0, kKeptMessages);
    const std::string end = std::string("E\0", 2) + token + '\0';
    if (!completed.tail.ends_with(end)) {
      std::vector<std::string> notes{"bash ended with " + completed.how()};
      if (!messages.empty()) notes.push_back("it said: " + std::string(trimmed(messages.substr(0, 500))));
      report("dkms-dump-broken", "bash ended before it had said what came of the file",
             "look for values with quotes in them: dkms reads each value a second time", std::move(notes));
      return std::nullopt;
    }
    Diagnostics found;
    auto dump =
        read_dkms_dump(std::string_view(completed.tail).substr(0, completed.tail.size() - end.size()), origin_.conf, found);
    if (dump) {
      dump->messages = places_.mapped_back(messages);
      places_.map_back(dump->written);
      places_.map_back(dump->seen);
    }
    for (Diagnostic problem : found.all()) {
      // bash does not say where it was ended.
      if (problem.code == "dkms-conf-failed" && problem.where && problem.where->line == 0) problem.where->line = line_of_exit();
      problems_.report(std::move(problem));
    }
    return dump;
  }

  [[nodiscard]] std::string text_of_conf() const {
    std::error_code failed;
    const auto size = fs::file_size(origin_.conf, failed);
    return failed || size > kLargestOutput ? std::string() : read_file(origin_.conf);
  }

  /// The first line that ends a shell; 0 where none plainly does.
  [[nodiscard]] std::uint32_t line_of_exit() const {
    const std::string text = text_of_conf();
    std::uint32_t number = 0;
    for (const std::string_view line : split(text, '\n')) {
      ++number;
      if (trimmed(line).starts_with('#')) continue;
      for (const std::string& word : words(line)) {
        if (word == "exit" || word == "exit;" || word == "exec") return number;
      }
    }
    return 0;
  }

  void report(std::string_view code, std::string message, std::string hint, std::vector<std::string> notes) {
    problems_.report({.code = code,
                      .message = std::move(message),
                      .where = SourceSpan{origin_.conf, 0, 0},
                      .notes = std::move(notes),
                      .hint = std::move(hint)});
  }

  const DkmsOrigin& origin_;
  const DkmsKernel& kernel_;
  CommandRunner& runner_;
  std::stop_token stop_;
  Diagnostics& problems_;
  const Places& places_;
};

/// What may go wrong where nothing confines a conf; named once, so that whoever reads it can decide.
void warn_not_confined(const DkmsOrigin& origin, Diagnostics& problems) {
  std::vector<std::string> notes{"it could read and write your files, use the network and leave programs running"};
  if (::geteuid() == 0)
    notes.emplace_back("you are root: those are all files of this machine; set KMPACK_CONFINE=must to refuse such text");
  problems.report({.severity = Severity::warning,
                   .code = "dkms-not-confined",
                   .message = "this file is shell code and runs with all that you may do: this machine cannot confine it",
                   .where = SourceSpan{origin.conf, 0, 0},
                   .notes = std::move(notes),
                   .hint = "install bubblewrap, and let users have namespaces (`kmpack doctor` says what is missing)"});
}

std::string value_of(const DkmsDump& dump, const std::string& name) {
  const auto found = dump.seen.find(name);
  if (found == dump.seen.end()) return {};
  const auto value = found->second.find(0);
  return value == found->second.end() ? std::string() : value->second;
}

bool is_readable(const fs::path& conf, Diagnostics& problems) {
  std::error_code failed;
  if (fs::is_regular_file(conf, failed) && ::access(conf.c_str(), R_OK) == 0) {
    if (fs::file_size(conf, failed) <= kLargestOutput) return true;
    problems.report({.code = "dkms-conf-too-much",
                     .message = "the file has more than 1 MiB",
                     .where = SourceSpan{conf, 0, 0},
                     .notes = {},
                     .hint = "no dkms.conf is so long; look at what it is"});
    return false;
  }
  problems.report({.code = "dkms-conf-unreadable",
                   .message = "there is no such file, or it may not be read",
                   .where = SourceSpan{conf, 0, 0},
                   .notes = {},
                   .hint = "name a directory that holds a dkms.conf"});
  return false;
}

}  // namespace

std::optional<DkmsDump> evaluate_dkms(const DkmsOrigin& origin, const DkmsKernel& kernel, CommandRunner& runner,
                                      std::stop_token stop, Diagnostics& problems, const fs::path& scratch) {
  if (!is_readable(origin.conf, problems)) return std::nullopt;
  if (!find_program("bash")) {
    problems.report({.code = "tool-missing",
                     .message = "a dkms.conf is bash, and the program 'bash' is not installed",
                     .where = SourceSpan{origin.conf, 0, 0},
                     .notes = {},
                     .hint = "apt-get install bash"});
    return std::nullopt;
  }
  const Confining confining = is_confining(runner, stop) ? Confining::yes : Confining::no;
  if (confining == Confining::no) warn_not_confined(origin, problems);
  const Places places(confining, scratch);
  Evaluation evaluation(origin, kernel, runner, std::move(stop), problems, places);
  if (!origin.name.empty()) return evaluation.run(origin.name, origin.version);
  // Its own name is what a conf sees as $module, and what its override files are called after: known after it was read once.
  const auto first = evaluation.run({}, {});
  if (!first || value_of(*first, "PACKAGE_NAME").empty()) return first;
  return evaluation.run(value_of(*first, "PACKAGE_NAME"), value_of(*first, "PACKAGE_VERSION"));
}

}  // namespace kmpack
