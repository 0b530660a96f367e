#include "build/compiler_identity.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "build/compiler.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Raised when what is looked at changes.
constexpr std::string_view kHead = "kmpack compiler 3\n";

/// The environment that compilers are run with.
const std::string& search_path() {
  static const std::string path = scrubbed_environment(0).at("PATH");
  return path;
}

/// The program that a child of ours would run.
fs::path found(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string_view directory : split(search_path(), ':')) {
    fs::path program = fs::path(directory) / name;
    std::error_code absent;
    if (fs::is_regular_file(program, absent)) return program;
  }
  return {};
}

/// What changes whenever a path leads to another file, or the file, or what lies in the directory, is another.
std::string stamp_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "-";
  return fmt::format("{}:{}:{}:{}.{}:{}.{}", status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

bool holds(const std::pair<const fs::path, std::string>& seen) { return stamp_of(seen.first) == seen.second; }

}  // namespace

/// One look at a compiler, or at a program beside it: what it is by content, and which paths say that nothing has changed.
class CompilerIdentities::Look {
 public:
  Look(CommandRunner& runner, std::stop_token stop) : runner_(runner), stop_(std::move(stop)) {
    for (const std::string_view directory : split(search_path(), ':')) see(fs::path(directory));
    // Where the loader looks for libraries.
    for (const char* file : {"/etc/ld.so.cache", "/etc/ld.so.preload"}) see(file);
    digest_.add(kHead);
  }

  void add_compiler(const fs::path& driver) {
    see_search_directories(driver);
    add_program("driver", driver);
    const fs::path specs = std::string(trimmed(output_of(driver.string(), {"-print-file-name=specs"}, {})));
    if (specs.is_absolute() && fs::is_regular_file(specs)) add_file("specs", specs);
    // clang is its own compiler and assembler, and says "" or its own name.
    for (const char* part : {"cc1", "as", "ld"}) {
      const std::string answer(trimmed(output_of(driver.string(), {fmt::format("-print-prog-name={}", part)}, {})));
      const fs::path program = answer.empty() ? fs::path() : found(answer);
      if (!program.empty() && program != driver) add_program(part, program);
    }
  }

  void add_program(std::string_view part, const fs::path& program) {
    add_file(part, program);
    // The loader's own answer: RUNPATH, ld.so.conf and the cache have their say in it.
    const std::string loaded = output_of(program.string(), {}, {{"LD_TRACE_LOADED_OBJECTS", "1"}});
    for (const std::string_view line : split(loaded, '\n')) {
      const std::size_t arrow = line.find(" => /");
      if (arrow == std::string_view::npos) continue;
      const std::string_view path = line.substr(arrow + 4);
      const fs::path library = std::string(path.substr(0, path.find(" (")));
      if (!is_of_libc(library)) add_file("library", library);
    }
  }

  std::string finish() { return digest_.finish(); }
  /// Paths with their stamps.
  [[nodiscard]] const Stamps& seen() const noexcept { return seen_; }

 private:
  /// It computes nothing of what comes out, and is renewed often.
  static bool is_of_libc(const fs::path& library) {
    static constexpr auto kNames =
        std::to_array<std::string_view>({"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"});
    return std::ranges::find(kNames, library.filename().native()) != kNames.end();
  }

  /// The stamp of before it is read: what changes meanwhile is then seen to have changed.
  void see(const fs::path& path) {
    if (!seen_.contains(path)) seen_.emplace(path, stamp_of(path));
  }

  /// A part that comes to lie in one of them may be found first; of most there are none.
  void see_search_directories(const fs::path& driver) {
    constexpr std::string_view kPrograms = "programs: =";
    const std::string answer = output_of(driver.string(), {"-print-search-dirs"}, {});
    for (const std::string_view line : split(answer, '\n')) {
      if (!line.starts_with(kPrograms)) continue;
      for (const std::string_view directory : split(line.substr(kPrograms.size()), ':')) see(fs::path(directory));
    }
  }

  void add_file(std::string_view part, const fs::path& file) {
    // Another one may come to lie beside it, and any link on the way, of however many, be changed: of the name itself it is seen
    // where it leads.
    see(file);
    const fs::path real = fs::canonical(file);
    for (const fs::path& path : {file.parent_path(), real.parent_path(), real}) see(path);
    digest_.add(fmt::format("{} {}\n", part, sha256_of_file(real)));
  }

  std::string output_of(const std::string& program, std::vector<std::string> args,
                        const std::map<std::string, std::string>& more) {
    Command command{.program = program, .args = std::move(args), .environment = scrubbed_environment(0)};
    for (const auto& [name, value] : more) command.environment[name] = value;
    command.separate_errors = true;
    // A program that is not for this machine, or statically linked, has nothing to say.
    const Completed completed = runner_.run(command, stop_);
    return completed.ok() ? completed.tail : std::string();
  }

  CommandRunner& runner_;
  std::stop_token stop_;
  Sha256 digest_;
  Stamps seen_;
};

/// First line the answer, then stamps and paths. A file that another kmpack wrote, or that is damaged, does not have its digest
/// before it.
CompilerIdentities::Known CompilerIdentities::remembered(const fs::path& file) {
  std::error_code absent;
  if (!fs::is_regular_file(file, absent)) return {};
  const std::string text = read_file(file);
  constexpr std::size_t kDigits = 64;
  if (text.size() <= kDigits || sha256_of(std::string_view(text).substr(kDigits + 1)) != text.substr(0, kDigits)) return {};
  const std::vector<std::string_view> lines = split(std::string_view(text).substr(kDigits + 1), '\n');
  Known known{.identity = std::string(lines.front()), .seen = {}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t blank = lines[i].find(' ');
    if (blank != std::string_view::npos) known.seen.emplace(lines[i].substr(blank + 1), lines[i].substr(0, blank));
  }
  return std::ranges::all_of(known.seen, holds) ? known : Known{};
}

namespace {

void remember(const fs::path& file, const std::string& identity, const std::map<fs::path, std::string>& seen) {
  std::string text = identity + "\n";
  for (const auto& [path, stamp] : seen) text += stamp + " " + path.string() + "\n";
  try {
    write_file(file, sha256_of(text) + "\n" + text);
  } catch (const Error&) {
    return;  // asked again next time
  }
}

}  // namespace

std::string CompilerIdentities::of(const std::string& compiler, const std::stop_token& stop) {
  const fs::path driver = found(compiler);
  if (driver.empty()) return {};
  return recalled("compiler " + driver.string(), Trust::nobody, stop, [&](Look& look) { look.add_compiler(driver); });
}

std::string CompilerIdentities::of(const HeaderTree& headers, MismatchedCompiler mismatch, const std::stop_token& stop) {
  return of(headers, mismatch, Trust::this_run, stop);
}

bool CompilerIdentities::still(const std::string& identity, const HeaderTree& headers, MismatchedCompiler mismatch,
                               const std::stop_token& stop) {
  return of(headers, mismatch, Trust::nobody, stop) == identity;
}

std::string CompilerIdentities::of(const HeaderTree& headers, MismatchedCompiler mismatch, Trust trust,
                                   const std::stop_token& stop) {
  const KernelConfig& config = headers.config;
  const std::string prefix = binutils_prefix(headers);
  const bool btf = config.btf_modules;
  // All that the choice hangs on, so that what is remembered needs no program to be run.
  const std::string question = fmt::format("kernel {} {} {} {} {} {} {}", headers.compiler, headers.cross_prefix, config.clang,
                                           config.compiler_major, prefix, btf, mismatch == MismatchedCompiler::allow);
  try {
    return recalled(question, trust, stop, [&](Look& look) {
      look.add_compiler(found(choose_compiler(headers, mismatch, runner_, stop).name));
      // The prefix is a name, too: what it stands before is what counts.
      const std::vector<std::pair<std::string_view, std::string>> tools{{"strip", prefix + "strip"},
                                                                        {"objcopy", prefix + "objcopy"},
                                                                        {"kbuild's ld", prefix + "ld"},
                                                                        {"lld", config.clang ? "ld.lld" : ""},
                                                                        {"nm", prefix + "nm"},
                                                                        {"ar", prefix + "ar"},
                                                                        {"make", "make"},
                                                                        {"pahole", btf ? "pahole" : ""}};
      for (const auto& [part, name] : tools) {
        if (const fs::path program = found(name); !program.empty()) look.add_program(part, program);
      }
    });
  } catch (const Error&) {
    return {};
  }
}

std::string CompilerIdentities::recalled(const std::string& question, Trust trust, const std::stop_token& stop,
                                         const std::function<void(Look&)>& add) {
  const std::scoped_lock lock(mutex_);
  const auto [place, is_new] = known_.try_emplace(question);
  Known& known = place->second;
  if (!is_new && (trust == Trust::this_run || std::ranges::all_of(known.seen, holds))) return known.identity;
  const fs::path file = memory_.empty() ? fs::path() : memory_ / sha256_of(std::string(kHead) + question);
  known = file.empty() ? Known{} : remembered(file);
  if (!known.identity.empty()) return known.identity;
  try {
    Look look(runner_, stop);
    add(look);
    known = {.identity = look.finish(), .seen = look.seen()};
    if (!file.empty()) remember(file, known.identity, known.seen);
  } catch (...) {
    known_.erase(place);
    throw;
  }
  return known.identity;
}

}  // namespace kmpack
