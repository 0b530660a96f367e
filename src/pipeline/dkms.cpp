#include "pipeline/dkms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <thread>
#include <tuple>

#include "base/text.hpp"
#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/dkms/conf.hpp"
#include "manifest/dkms/evaluate.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/reading.hpp"
#include "sys/pool.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Directives that mean nothing to a package: dkms's own housekeeping, or overruled by every distribution. Those that dkms itself
/// ignores are not among them: interpret_dkms() warns of them.
constexpr auto kNoMatterHere =
    std::to_array<std::string_view>({"AUTOINSTALL", "BUILD_DEPENDS_REBUILD", "CLEAN", "DEST_MODULE_LOCATION", "NO_WEAK_MODULES"});

/// As dkms has it from /etc/os-release: ID and VERSION_ID in one word.
std::string running_distribution(std::string name) {
  const std::size_t dash = name.rfind('-');
  if (dash != std::string::npos) name.erase(dash, 1);
  return name;
}

/// One question to one conf.
struct Question {
  std::shared_ptr<const Manifest> manifest;
  std::shared_ptr<const Kernel> kernel;
  std::optional<DkmsConf> conf;
  std::set<std::string> ignored;
  Diagnostics problems;
};

DkmsKernel dkms_kernel(const Kernel& kernel, const HeaderTree& headers) {
  const Architecture* const arch = find_architecture(kernel.flavor.arch);
  const fs::path config = headers.tree / "include/config/auto.conf";
  std::error_code failed;
  return {.release = kernel.release,
          .arch = arch == nullptr ? kernel.flavor.arch : std::string(arch->machine),
          .source_dir = headers.tree,
          .config = fs::is_regular_file(config, failed) ? config : headers.tree / ".config",
          .distribution = running_distribution(kernel.flavor.distribution)};
}

/// What the conf names and this disk lacks is a mistake of the kernels that need it. Warnings come when all are put together.
void check(Question& question) {
  const DkmsAnswer alone{question.kernel, *question.conf};
  Diagnostics found;
  if (merged_dkms(*question.manifest, {&alone, 1}, found)) return;
  question.conf.reset();
  for (const Diagnostic& problem : found.all()) {
    if (problem.severity == Severity::error) question.problems.report(problem);
  }
}

/// The package has one name and version, whatever the conf makes of them for a kernel.
void check_identity(Question& question) {
  const DkmsOrigin& origin = *question.manifest->dkms;
  for (const auto& [directive, here, taken] : {std::tuple{"PACKAGE_NAME", &question.conf->name, &origin.name},
                                               std::tuple{"PACKAGE_VERSION", &question.conf->version, &origin.version}}) {
    if (trimmed(*here) == *taken) continue;
    question.problems.report({.severity = Severity::warning,
                              .code = "dkms-identity-varies",
                              .message = fmt::format("{} depends on the kernel: it is {} here, and the package keeps {}",
                                                     directive, shown(*here), shown(*taken)),
                              .where = SourceSpan{origin.conf, 0, 0},
                              .notes = {},
                              .hint = "give all kernels one name and version"});
  }
}

void ask(Question& question, const HeaderSources& sources, Context& context) {
  try {
    const DkmsKernel kernel = dkms_kernel(*question.kernel, open_headers(sources, *question.kernel));
    const DkmsOrigin& origin = *question.manifest->dkms;
    const auto dump = evaluate_dkms(origin, kernel, context.runner, context.stop, question.problems);
    if (!dump) return;
    question.conf = interpret_dkms(*dump, origin, kernel, question.problems);
    if (question.conf) check_identity(question);
    if (question.conf) check(question);
    for (const std::string_view name : kNoMatterHere) {
      if (dump->seen.contains(std::string(name))) question.ignored.emplace(name);
    }
  } catch (const Error& error) {
    question.problems.report(error.diagnostic());
  } catch (const std::filesystem::filesystem_error& error) {
    question.problems.report({.code = "file-unreadable", .message = error.what()});
  }
}

std::string identity_of(const Diagnostic& problem) {
  return fmt::format("{}\n{}", static_cast<int>(problem.severity), to_text(problem));
}

/// What several kernels have in common is said once; a warning of some kernels only says of which.
class Saying {
 public:
  explicit Saying(std::size_t kernels) : kernels_(kernels) {}

  void add(const Diagnostic& problem, const Kernel& kernel) {
    auto& entry = entries_.try_emplace(identity_of(problem), Entry{problem, {}, entries_.size()}).first->second;
    entry.kernels.insert(kernel.id());
  }

  void say(Diagnostics& problems) {
    std::vector<Entry*> ordered;
    for (auto& [text, entry] : entries_) ordered.push_back(&entry);
    std::ranges::sort(ordered, {}, &Entry::place);
    for (Entry* entry : ordered) {
      if (entry->kernels.size() < kernels_) {
        const std::vector<std::string> names(entry->kernels.begin(), entry->kernels.end());
        entry->problem.notes.push_back("for " + joined(names, ", "));
      }
      // What stopped nobody when the identity was read is not news.
      const auto said = [&](const Diagnostic& earlier) { return identity_of(earlier) == identity_of(entry->problem); };
      if (std::ranges::none_of(problems.all(), said)) problems.report(std::move(entry->problem));
    }
  }

 private:
  struct Entry {
    Diagnostic problem;
    std::set<std::string> kernels;
    std::size_t place;
  };
  std::size_t kernels_;
  std::map<std::string, Entry> entries_;
};

/// The answers of one conf.
class Conf {
 public:
  Conf(Wanted& wanted, std::span<const Question> questions, DkmsUnread& unread, Diagnostics& problems)
      : wanted_(wanted), questions_(questions), unread_(unread), problems_(problems) {}

  void take() {
    sort_out();
    if (answers_.empty()) return;
    Diagnostics found;
    auto manifest = merged_dkms(*wanted_.manifest, answers_, found);
    problems_.append(std::move(found));
    unread_.of_these_kernels[wanted_.manifest->name] = rules_of_these_kernels(*wanted_.manifest, answers_);
    if (manifest) wanted_.manifest = std::make_shared<const Manifest>(std::move(*manifest));
  }

 private:
  /// What is wrong for every kernel is wrong with the file.
  [[nodiscard]] bool all_fail_alike() const {
    return std::ranges::all_of(questions_, [&](const Question& question) {
      return !question.conf && errors_of(question) == errors_of(questions_.front());
    });
  }

  static std::vector<std::string> errors_of(const Question& question) {
    std::vector<std::string> errors;
    for (const Diagnostic& problem : question.problems.all()) {
      if (problem.severity == Severity::error) errors.push_back(identity_of(problem));
    }
    return errors;
  }

  void sort_out() {
    const bool alike = all_fail_alike();
    Saying saying(questions_.size());
    for (const Question& question : questions_) {
      const PackageName& name = question.manifest->name;
      if (!question.conf && !alike) {
        unread_.failed[{name, question.kernel.get()}] = question.problems.all();
        continue;
      }
      for (const Diagnostic& problem : question.problems.all()) saying.add(problem, *question.kernel);
      unread_.ignored[name].insert(question.ignored.begin(), question.ignored.end());
      if (question.conf) answers_.push_back({question.kernel, *question.conf});
    }
    saying.say(problems_);
  }

  Wanted& wanted_;
  std::span<const Question> questions_;
  DkmsUnread& unread_;
  Diagnostics& problems_;
  std::vector<DkmsAnswer> answers_;
};

/// A cell that fails is the newest of its series all the same: an older one must not take its place in the meta package.
void mark_newest_again(std::vector<Cell>& cells) {
  std::map<std::tuple<PackageName, FlavorId, std::string>, Cell*> newest;
  // The oldest kernel of a flavor comes first.
  for (Cell& cell : cells) {
    cell.newest_of_series = false;
    if (cell.verdict != Verdict::excluded) newest[{cell.manifest->name, cell.kernel->flavor, cell.kernel->series}] = &cell;
  }
  for (const auto& [of, cell] : newest) cell->newest_of_series = true;
}

std::vector<Question> questions_of(const Wanted& wanted, const HeaderSources& sources, DkmsUnread& unread) {
  std::vector<Question> questions;
  for (const auto& kernel : wanted.kernels) {
    if (has_headers(sources, *kernel)) {
      questions.push_back({.manifest = wanted.manifest, .kernel = kernel, .conf = {}, .ignored = {}, .problems = {}});
    } else {
      unread.later.insert({wanted.manifest->name, kernel.get()});
    }
  }
  return questions;
}

}  // namespace

DkmsUnread read_dkms(std::vector<Wanted>& wanted, const HeaderSources& sources, std::size_t jobs, Context& context,
                     Diagnostics& problems) {
  DkmsUnread unread;
  for (Wanted& of : wanted) {
    if (!of.manifest->dkms || !of.manifest->modules.empty()) continue;
    std::vector<Question> questions = questions_of(of, sources, unread);
    if (questions.empty()) continue;
    // Jobs must not throw; a stop is seen below.
    const std::size_t width = jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
    run_jobs(questions.size(), width, context.stop, [&](std::size_t index) {
      try {
        ask(questions[index], sources, context);
      } catch (const Cancelled&) {
        return;
      }
    });
    if (context.stop.stop_requested()) throw Cancelled{};
    Conf(of, questions, unread, problems).take();
  }
  return unread;
}

std::optional<Outcome> unread_outcome(const Cell& cell, const DkmsUnread& unread) {
  const auto found = unread.failed.find({cell.manifest->name, cell.kernel.get()});
  if (found == unread.failed.end()) return std::nullopt;
  Outcome outcome{.cell = cell, .status = Status::failed, .reason = {}, .problems = found->second};
  const auto first = std::ranges::find(outcome.problems, Severity::error, &Diagnostic::severity);
  if (first != outcome.problems.end()) outcome.reason = first->message;
  outcome.failure = Failure{.kind = FailureClass::other, .message = outcome.reason};
  return outcome;
}

bool has_dkms(const Inputs& inputs) {
  return std::ranges::any_of(inputs.manifests, [](const auto& manifest) { return manifest->dkms.has_value(); });
}

void keep_unread(std::vector<Cell>& cells, const DkmsUnread& unread) {
  if (unread.later.empty() && unread.failed.empty()) return;
  bool changed = false;
  for (Cell& cell : cells) {
    const PackageKernel key{cell.manifest->name, cell.kernel.get()};
    const bool later = unread.later.contains(key);
    if (!later && !unread.failed.contains(key)) continue;
    cell.verdict = Verdict::build;
    cell.reason = later ? "its dkms.conf is read when the headers are there" : "";
    changed = true;
  }
  if (changed) mark_newest_again(cells);
}

}  // namespace kmpack
