#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "manifest/lint/license.hpp"
#include "manifest/lint/lint.hpp"
#include "manifest/lint/makefile.hpp"
#include "manifest/lint/shell.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using detail::MakefileReader;
using detail::MakefileUse;

constexpr std::size_t kLargest = 1024 * 1024;
constexpr std::string_view kBuildDir = "${build_dir}";

/// One `make` of a command, understood.
struct MakeCall {
  fs::path directory;  ///< relative to the source root
  fs::path kbuild;     ///< M=, where that can be told
  MakefileUse use;
  bool placed = true;  ///< the directory could be told
};

/// A directory as a command names it, below the source root; empty when it is elsewhere or cannot be told.
fs::path below_root(std::string_view word, const fs::path& from) {
  std::string text = detail::unquoted(word);
  bool rooted = false;
  for (const std::string_view root :
       {kBuildDir, std::string_view("$(pwd)"), std::string_view("$PWD"), std::string_view("`pwd`")}) {
    if (!text.starts_with(root)) continue;
    text = text.substr(root.size());
    rooted = true;
    break;
  }
  while (rooted && text.starts_with('/')) text.erase(0, 1);
  if (text.find_first_of("$`*?") != std::string::npos || text.starts_with('/')) return {};
  const fs::path path = ((rooted ? fs::path(".") : from) / (text.empty() ? "." : text)).lexically_normal();
  if (path.native().starts_with("..")) return {};
  return path;
}

std::string_view assigned_name(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  const std::string_view name = word.substr(0, equals);
  return name.find_first_of("/-$\"'{") == std::string_view::npos ? name : std::string_view{};
}

class SourcesLint {
 public:
  SourcesLint(const LintedSources& sources, Diagnostics& problems) : sources_(sources), problems_(problems) {}

  void run() {
    used_by_kbuild_.given = sources_.given;
    for (const std::string& command : sources_.commands) shell(command);
    // What kbuild reads it reads whoever calls it, with the same variables on the command line.
    MakefileUse kbuild = used_by_kbuild_;
    kbuild.reader = MakefileReader::kbuild;
    kbuild.goals.clear();
    kbuild.called_by_kbuild = sources_.commands.empty();
    for (const LintedModule& module : sources_.modules) {
      read(module.directory, kbuild, 0);
      if (own_calls_) modules_own(module.directory);
    }
    detail::lint_licenses(sources_, problems_);
  }

 private:
  void shell(const std::string& text) {
    fs::path directory = ".";
    std::set<std::string> exported;
    for (const detail::ShellCommand& command : detail::shell_commands(text)) {
      if (command.words.front().text == "cd" && command.words.size() > 1) {
        directory = below_root(command.words[1].text, directory);
        continue;
      }
      if (command.words.front().text == "export") {
        for (const detail::ShellWord& word : command.words) exported.emplace(assigned_name(word.text));
      }
      const auto call = call_in(command, directory, exported);
      if (!call) {
        script(command, directory);
        continue;
      }
      if (call->use.reader == MakefileReader::own && call->placed) {
        own_calls_ = true;
        own_use_ = call->use;
        read(call->directory, call->use, 0);
      }
      if (call->use.reader == MakefileReader::kbuild && !call->kbuild.empty()) read(call->kbuild, call->use, 0);
      used_by_kbuild_.given.insert(call->use.given.begin(), call->use.given.end());
    }
  }

  /// A script of the package that a command runs: `./build.sh`, `bash tools/prepare`.
  void script(const detail::ShellCommand& command, const fs::path& from) {
    constexpr auto kShells = std::to_array<std::string_view>({"sh", "bash", "dash", "/bin/sh", "/bin/bash", ".", "source"});
    auto word = command.words.begin();
    while (word != command.words.end() && !assigned_name(word->text).empty()) ++word;
    if (word == command.words.end()) return;
    const bool named = std::ranges::find(kShells, detail::unquoted(word->text)) != kShells.end();
    if (named) ++word;
    while (named && word != command.words.end() && word->text.starts_with('-')) ++word;
    if (word == command.words.end() || (!named && word->text.find('/') == std::string::npos)) return;
    const fs::path file = (sources_.root / below_root(word->text, from)).lexically_normal();
    std::error_code failed;
    if (!fs::is_regular_file(file, failed) || fs::file_size(file, failed) > kLargest || failed) return;
    const std::string text = read_file(file);
    const std::string first = text.substr(0, text.find('\n'));
    const bool is_shell = named || (first.starts_with("#!") && (first.ends_with("sh") || first.find("sh ") != std::string::npos));
    if (is_shell && read_scripts_.insert(file).second) running_kernel_in(text, file);
  }

  void running_kernel_in(const std::string& text, const fs::path& file) {
    const std::vector<std::string_view> lines = split(text, '\n');
    for (const detail::ShellCommand& command : detail::shell_commands(text)) {
      const bool asks = command.words.size() > 1 && command.words[0].text == "uname" &&
                        (command.words[1].text == "-r" || command.words[1].text == "--kernel-release");
      if (!asks) continue;
      // `${KVER:-$(uname -r)}`: the caller may say another.
      const std::uint32_t line = command.words[0].line;
      const std::string_view here = line <= lines.size() ? lines[line - 1] : std::string_view{};
      if (here.find("-$(uname") != std::string_view::npos || here.find("-`uname") != std::string_view::npos) continue;
      problems_.report(
          {.severity = Severity::warning,
           .code = "lint-running-kernel",
           .message = "the build goes by the release of the running kernel",
           .where = SourceSpan{file, line, 0},
           .notes = {"the kernel that modules are for is seldom the one that runs: in a chroot, in CI, before a reboot"},
           .hint = "take it as an argument, and pass $kernelver with the call"});
      return;
    }
  }

  static std::optional<MakeCall> call_in(const detail::ShellCommand& command, const fs::path& from,
                                         const std::set<std::string>& exported) {
    MakeCall call{.directory = from,
                  .kbuild = {},
                  .use = {.reader = MakefileReader::own, .given = {}, .environment = exported, .goals = {}}};
    auto word = command.words.begin();
    while (word != command.words.end() && !assigned_name(word->text).empty())
      call.use.environment.emplace(assigned_name((word++)->text));
    if (word == command.words.end()) return std::nullopt;
    const std::string program = detail::unquoted(word->text);
    if (program != "make" && program != "gmake" && !program.ends_with("/make")) return std::nullopt;
    bool elsewhere = false;
    while (++word != command.words.end()) {
      const std::string& text = word->text;
      const std::string_view name = assigned_name(text);
      if (text == "-C" || text.starts_with("-C") || text.starts_with("--directory=")) {
        const std::string_view value =
            text.starts_with("--") ? std::string_view(text).substr(12) : std::string_view(text).substr(2);
        if (value.empty() && word + 1 == command.words.end()) break;
        call.directory = below_root(value.empty() ? (++word)->text : value, from);
        elsewhere = call.directory.empty();
      } else if (!name.empty()) {
        call.use.given.emplace(name);
        if (name == "M" || name == "KBUILD_EXTMOD" || name == "SUBDIRS")
          call.kbuild = below_root(text.substr(name.size() + 1), from);
      } else if (!text.starts_with('-')) {
        call.use.goals.push_back(detail::unquoted(text));
      }
    }
    // In a tree that is not the package's it is the kernel's makefiles that read M.
    if (elsewhere) call.use.reader = MakefileReader::kbuild;
    if (elsewhere) call.use.goals.clear();
    call.placed = !call.directory.empty();
    return call;
  }

  /// A module's directory whose Makefile the package's own makes may be started in.
  void modules_own(const fs::path& directory) {
    MakefileUse use = own_use_;
    use.goals.clear();
    if (!read_by_own_.contains(directory) && directory != fs::path(".")) read(directory, use, 0);
  }

  void read(const fs::path& directory, const MakefileUse& use, int depth) {
    constexpr int kDeepest = 4;
    std::set<fs::path>& read_already = use.reader == MakefileReader::own ? read_by_own_ : read_by_kbuild_;
    if (depth > kDeepest || (use.goals.empty() && !read_already.insert(directory).second)) return;
    const fs::path file = makefile(sources_.root / directory, use.reader);
    if (file.empty()) return;
    Diagnostics found;
    const auto below = detail::lint_makefile(read_file(file), file, use, found);
    for (const Diagnostic& problem : found.all()) {
      // Several calls read one file.
      if (told_.insert({file, problem.where->line}).second) problems_.report(problem);
    }
    for (const detail::SubMake& sub : below) read((directory / sub.directory).lexically_normal(), sub.use, depth + 1);
  }

  /// Source:  linux scripts/Makefile.build: Kbuild is preferred to Makefile; GNU make manual 3.2.
  static fs::path makefile(const fs::path& directory, MakefileReader reader) {
    const auto names = reader == MakefileReader::kbuild ? std::to_array<const char*>({"Kbuild", "Makefile", "Makefile"})
                                                        : std::to_array<const char*>({"GNUmakefile", "makefile", "Makefile"});
    for (const char* name : names) {
      std::error_code failed;
      if (fs::is_regular_file(directory / name, failed) && fs::file_size(directory / name, failed) <= kLargest)
        return (directory / name).lexically_normal();
    }
    return {};
  }

  const LintedSources& sources_;
  Diagnostics& problems_;
  MakefileUse used_by_kbuild_;
  MakefileUse own_use_;
  bool own_calls_ = false;
  std::set<fs::path> read_by_own_;
  std::set<fs::path> read_by_kbuild_;
  std::set<fs::path> read_scripts_;
  std::set<std::pair<fs::path, std::uint32_t>> told_;
};

}  // namespace

void lint_sources(const LintedSources& sources, Diagnostics& problems) { SourcesLint(sources, problems).run(); }

}  // namespace kmpack
