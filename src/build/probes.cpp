#include "build/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sys/data.hpp"
#include "sys/files.hpp"
#include "sys/lock.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Of one build; what is more is asked next time.
constexpr std::size_t kMostQuestions = 256;
constexpr std::uintmax_t kMostBytes = std::uintmax_t{4} << 20;
/// A kernel has some thirty of them. Beyond this, a table is begun anew.
constexpr std::size_t kMostAnswers = 4096;

constexpr unsigned kRunsBetweenChecks = 16;
constexpr std::size_t kCheckedAtOnce = 3;
constexpr auto kPatience = std::chrono::seconds(10);
/// What a note can make an assembler do is bounded: blocks of 512 bytes, seconds of processor, KiB of memory.
constexpr const char* kBounded = "ulimit -f 4096; ulimit -t 10; ulimit -v 2097152; exec \"$@\"";

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

bool is_locale(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  });
}

/// Only what a build of kmpack's gives a compiler, in any language: a PATH of the build's own could lead to its own programs.
bool is_ours(const std::vector<std::string>& environment) {
  const std::string path = "PATH=" + scrubbed_environment(0).at("PATH");
  return std::ranges::find(environment, path) != environment.end() &&
         std::ranges::all_of(environment, [&](const std::string& entry) {
           return entry == path ||
                  ((entry.starts_with("LC_") || entry.starts_with("LANG=")) && is_locale(entry.substr(entry.find('=') + 1)));
         });
}

/// Of a script nobody knows what it answers by.
bool is_program(const fs::path& path) {
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) ==
         "\x7f"
         "ELF";
}

/// As the build's PATH has it.
std::optional<fs::path> program_of_builds(const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos) return std::nullopt;
  const std::string path = scrubbed_environment(0).at("PATH");
  for (const std::string_view directory : split(path, ':')) {
    std::error_code absent;
    fs::path file = fs::path(directory) / name;
    if (fs::is_regular_file(file, absent)) return file;
  }
  return std::nullopt;
}

/// Of the same binutils as the compiler's: aarch64-linux-gnu-nm.
std::string nm_of(const std::string& compiler) {
  const std::size_t at = compiler.rfind("gcc");
  return at == std::string::npos ? "nm" : compiler.substr(0, at) + "nm";
}

std::string read_if_there(const fs::path& file) {
  std::error_code absent;
  if (!fs::is_regular_file(fs::symlink_status(file, absent)) || fs::file_size(file, absent) > kMostBytes) return {};
  try {
    return read_file(file);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

fs::path probe_program() {
  const fs::path installed = executable_path().parent_path().parent_path() / KMPACK_INSTALLED_PROGRAMS / "kmpack-probe";
  std::error_code absent;
  return fs::exists(installed, absent) ? installed : fs::path(KMPACK_BUILT_PROBE);
}

Probes::Probes(ProbePlaces places, IdentityOf identity_of, CommandRunner& runner, std::stop_token stop)
    : places_(std::move(places)), identity_of_(std::move(identity_of)), runner_(runner), stop_(std::move(stop)), worker_([this] {
        work();
      }) {}

Probes::~Probes() { static_cast<void>(finish()); }

/// nm's libraries are the assembler's and the linker's.
std::string Probes::identity_with_nm(const std::string& compiler) {
  const std::string identity = identity_of_(compiler);
  const auto nm = program_of_builds(nm_of(compiler));
  if (identity.empty() || !nm) return identity;
  const std::scoped_lock lock(mutex_);
  std::string& digest = digests_of_nm_[*nm];
  if (digest.empty()) digest = sha256_of_file(*nm);
  return sha256_of(identity + digest);
}

fs::path Probes::table_of(const std::string& identity) const { return places_.tables / identity / "table"; }

std::optional<ProbeDesk> Probes::open(const std::string& compiler, const fs::path& place) {
  try {
    const auto program = program_of_builds(compiler);
    if (!program || !is_program(*program) || !is_program(places_.program)) return std::nullopt;
    const std::string identity = identity_with_nm(compiler);
    if (identity.empty()) return std::nullopt;
    make_directories(table_of(identity).parent_path());
    // A confined build sees what it is shown where it really lies.
    const fs::path table = fs::canonical(table_of(identity).parent_path()) / "table";
    const fs::path stand_in = fs::canonical(places_.program);
    ProbeDesk desk{.programs = place / "bin", .readable = {stand_in, table.parent_path()}};
    make_directories(desk.programs);
    fs::create_symlink(stand_in, desk.programs / compiler);
    for (const std::string& name : {std::string("mkdir"), std::string("rm"), nm_of(compiler)}) {
      if (program_of_builds(name)) fs::create_symlink(stand_in, desk.programs / name);
    }
    fs::create_symlink(table, place / "table");
    std::ofstream(place / "unanswered").close();
    const std::scoped_lock lock(mutex_);
    used_.insert(identity);
    return desk;
  } catch (const Error&) {
  } catch (const fs::filesystem_error&) {}
  return std::nullopt;
}

void Probes::learn(const std::string& compiler, const fs::path& place) {
  const std::string notes = read_if_there(place / "unanswered");
  if (notes.empty()) return;
  Errand errand{.identity = identity_with_nm(compiler), .questions = {}};
  for (Question& question : questions_in(notes)) {
    if (errand.questions.size() == kMostQuestions) break;
    if (question.argv.empty() || question.argv[0] != compiler || !is_ours(question.environment)) continue;
    errand.questions.push_back(std::move(question));
  }
  if (errand.questions.empty() || errand.identity.empty()) return;
  const std::scoped_lock lock(mutex_);
  errands_.push_back(std::move(errand));
  changed_.notify_one();
}

void Probes::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return done_ || !errands_.empty(); });
    if (errands_.empty()) return;
    const Errand errand = std::move(errands_.front());
    errands_.pop_front();
    lock.unlock();
    answer(errand);
    lock.lock();
  }
}

void Probes::answer(const Errand& errand) {
  try {
    ProbeAnswerMap answers = answers_in(read_if_there(table_of(errand.identity)));
    const std::size_t known = answers.size();
    for (const Question& question : errand.questions) {
      const auto asked = read_question(views(question.argv));
      if (!asked || asked->reads == Asked::Reads::object) continue;
      if (question.input.has_value() != asked->reads_input() || !is_plain_input(asked->reads, question.input.value_or("")))
        continue;
      const ProbeAnswer* const given = find_out(errand.identity, question, *asked, answers);
      if (given == nullptr || asked->reads != Asked::Reads::coverage || !given->output) continue;
      // What kbuild asks next.
      const Question symbols{.argv = {nm_of(question.argv[0]), question.argv[*asked->place]},
                             .input = given->output,
                             .environment = question.environment};
      const auto about = read_question(views(symbols.argv));
      if (about && is_plain_input(about->reads, *symbols.input)) find_out(errand.identity, symbols, *about, answers);
    }
    if (answers.size() > known) keep(errand.identity, std::move(answers));
  } catch (const Error&) {
  } catch (const Cancelled&) {
  } catch (const fs::filesystem_error&) {}
}

const ProbeAnswer* Probes::find_out(const std::string& identity, const Question& question, const Asked& asked,
                                    ProbeAnswerMap& answers) {
  std::string key = key_of(question, asked);
  if (const auto known = answers.find(key); known != answers.end()) return &known->second;
  if (!asked_.insert(identity + key).second) return nullptr;
  auto given = ask(question, asked);
  if (!given) return nullptr;
  return &answers.emplace(std::move(key), *std::move(given)).first->second;
}

std::optional<ProbeAnswer> Probes::ask(Question question, const Asked& asked) {
  const TempDir place(places_.scratch);
  fs::path output = place.path() / ".tmp_1" / "tmp";
  make_directories(output.parent_path());
  if (asked.place) {
    output.replace_filename(fs::path(question.argv[*asked.place]).filename());
    question.argv[*asked.place] = output.string();
  }
  if (asked.reads == Asked::Reads::object) write_file(output, *question.input);
  Command command{
      .program = "sh", .args = {"-c", kBounded, "sh"}, .directory = place.path(), .limit = kPatience, .separate_errors = true};
  command.args.insert(command.args.end(), question.argv.begin(), question.argv.end());
  for (const std::string& entry : question.environment)
    command.environment[entry.substr(0, entry.find('='))] = entry.substr(entry.find('=') + 1);
  if (asked.reads_input()) command.input = question.input;
  const Completed completed = runner_.run(command, stop_);
  if (!completed.exit_code || completed.timed_out || *completed.exit_code > 125) return std::nullopt;
  ProbeAnswer answer{.status = *completed.exit_code, .out = completed.tail, .errors = completed.errors, .output = {}};
  std::error_code absent;
  if (asked.writes() && fs::is_regular_file(fs::symlink_status(output, absent))) answer.output = read_file(output);
  // Which of the two came first is not known; and an answer that says where it was made is none for another place.
  if (!answer.out.empty() && !answer.errors.empty()) return std::nullopt;
  const std::string here = place.path().string();
  for (const std::string* text : {&answer.out, &answer.errors}) {
    if (text->size() >= command.tail_bytes || text->find(here) != std::string::npos) return std::nullopt;
  }
  // An object with coverage in it always says that. kbuild asks nm of its symbols, and then removes it.
  if (asked.reads != Asked::Reads::coverage && answer.output && answer.output->find(here) != std::string::npos)
    return std::nullopt;
  return answer;
}

void Probes::keep(const std::string& identity, ProbeAnswerMap answers) {
  const fs::path table = table_of(identity);
  const FileLock lock = FileLock::wait(table.parent_path() / "lock");
  // What another run has asked meanwhile.
  ProbeAnswerMap all = answers_in(read_if_there(table));
  if (all.size() + answers.size() > kMostAnswers) all.clear();
  all.merge(answers);
  write_file(table, render_table(all));
}

std::vector<Diagnostic> Probes::finish() {
  {
    const std::scoped_lock lock(mutex_);
    done_ = true;
    changed_.notify_one();
  }
  if (worker_.joinable()) worker_.join();
  std::vector<Diagnostic> warnings;
  for (const std::string& identity : std::exchange(used_, {})) {
    try {
      if (auto warning = check(identity)) warnings.push_back(*std::move(warning));
    } catch (const Error&) {
    } catch (const Cancelled&) {
    } catch (const fs::filesystem_error&) {}
  }
  return warnings;
}

std::optional<Diagnostic> Probes::check(const std::string& identity) {
  const fs::path table = table_of(identity);
  const fs::path counter = table.parent_path() / "runs";
  const std::string text = read_if_there(counter);
  std::size_t runs = 0;
  std::from_chars(text.data(), text.data() + text.size(), runs);
  ++runs;
  write_file(counter, fmt::format("{}\n", runs));
  if (runs % kRunsBetweenChecks != 0) return std::nullopt;
  const ProbeAnswerMap answers = answers_in(read_if_there(table));
  if (answers.empty()) return std::nullopt;
  for (std::size_t i = 0; i < std::min(kCheckedAtOnce, answers.size()); ++i) {
    const std::size_t turn = (runs / kRunsBetweenChecks * kCheckedAtOnce + i) % answers.size();
    const auto& [key, known] = *std::next(answers.begin(), static_cast<std::ptrdiff_t>(turn));
    const auto question = question_of(key);
    const auto asked = question ? read_question(views(question->argv)) : std::nullopt;
    auto answer = asked && is_ours(question->environment) ? ask(*question, *asked) : std::nullopt;
    // The time stands in such an object as well.
    if (answer && asked->reads == Asked::Reads::coverage && answer->output && known.output) answer->output = known.output;
    if (!answer || *answer == known) continue;
    const FileLock lock = FileLock::wait(table.parent_path() / "lock");
    fs::remove(table);
    return Diagnostic{
        .severity = Severity::warning,
        .code = "probe-answer-changed",
        .message = fmt::format("'{}' no longer answers as it did before, so what it answered is forgotten", question->argv[0]),
        .where = {},
        .notes = {"asked: " + joined(question->argv, " ")},
        .hint = "build again with --no-probe-cache what was built since it changed"};
  }
  return std::nullopt;
}

}  // namespace kmpack
