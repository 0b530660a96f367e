#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "probe/question.hpp"
#include "probe/table.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Where Probes keeps things, and what it asks with.
struct ProbePlaces {
  std::filesystem::path tables;   ///< `probes` of the cache; need not exist, nor be writable
  std::filesystem::path scratch;  ///< of this run
  std::filesystem::path program;  ///< kmpack-probe
};

/// The stand-ins of one build.
struct ProbeDesk {
  std::filesystem::path programs;               ///< goes first in PATH
  std::vector<std::filesystem::path> readable;  ///< what a confined build must see besides its own tree
};

/// kmpack-probe, as installed beside this program or as built with it.
std::filesystem::path probe_program();

/// Answers of compilers to kbuild's questions about their options, kept from build to build.
///
/// Shape:   a build gets a directory with stand-ins for its compiler that answer from a table and hand everything else to the
///          compiler. What they could not answer they note in the build's own tree. A build may be foreign, so its notes are not
///          believed: each is read as a question again, asked by kmpack itself, and only then has a place in the table.
///          There is a table for each compiler by its identity, so that a changed one is asked anew.
/// Errors:  none leave: without tables, stand-ins or room on the disk, compilers are asked as ever.
/// Threads: safe from many; asks in a thread of its own.
class Probes {
 public:
  /// A compiler's identity by its name, as CompilerIdentities tells it; empty: nothing is kept of that one.
  using IdentityOf = std::function<std::string(const std::string& compiler)>;

  Probes(ProbePlaces places, IdentityOf identity_of, CommandRunner& runner, std::stop_token stop);
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  /// Set up the stand-ins for a compiler in `place`, which is made; nothing when that cannot be done.
  std::optional<ProbeDesk> open(const std::string& compiler, const std::filesystem::path& place);

  /// The build at `place` is over: ask what could not be answered, in the background.
  void learn(const std::string& compiler, const std::filesystem::path& place);

  /// Wait for what is being asked. Every sixteenth run, some answers are asked for again; a table with one that no longer holds
  /// is dropped, and a warning says so (probe-answer-changed).
  std::vector<Diagnostic> finish();

 private:
  struct Errand {
    std::string identity;
    std::vector<Question> questions;
  };
  std::string identity_with_nm(const std::string& compiler);
  [[nodiscard]] std::filesystem::path table_of(const std::string& identity) const;
  void work();
  void answer(const Errand& errand);
  const ProbeAnswer* find_out(const std::string& identity, const Question& question, const Asked& asked, ProbeAnswerMap& answers);
  std::optional<ProbeAnswer> ask(Question question, const Asked& asked);
  void keep(const std::string& identity, ProbeAnswerMap answers);
  std::optional<Diagnostic> check(const std::string& identity);

  ProbePlaces places_;
  IdentityOf identity_of_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Errand> errands_;
  std::set<std::string> asked_;  ///< in this run; the worker's own
  std::set<std::string> used_;   ///< identities that a build was given a table of
  std::map<std::filesystem::path, std::string> digests_of_nm_;
  bool done_ = false;
  std::thread worker_;  ///< last: it uses all of the above
};

}  // namespace kmpack
