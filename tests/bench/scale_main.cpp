#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "pipeline/run.hpp"
#include "sys/files.hpp"

// bench_scale CACHE WORKSPACE OUTPUT PATTERNS MANIFEST…: what `kmpack build --offline` leaves behind for these manifests and
// kernels, without compiling each cell: kbuild runs for the first cell of a kernel, and every later one gets a copy of what came
// of it. All else is the pipeline's own work, so that a real `kmpack build` finds its records. Prints the number of cells.
namespace kmpack {
namespace {

namespace fs = std::filesystem;

class CopyingRunner final : public CommandRunner {
 public:
  explicit CopyingRunner(fs::path kept) : kept_(std::move(kept)) {}

  Completed run(const Command& command, std::stop_token stop) override {
    fs::path tree;
    fs::path source;
    for (std::size_t i = 0; i < command.args.size(); ++i) {
      if (command.args[i] == "-C" && i + 1 < command.args.size()) tree = command.args[i + 1];
      if (command.args[i].starts_with("M=")) source = command.args[i].substr(2);
    }
    if (command.program != "make" || source.empty()) return real_.run(command, stop);
    const fs::path kept = kept_ / tree.filename();
    const auto is_kept = [&] {
      const std::scoped_lock lock(mutex_);
      return done_.contains(kept);
    };
    if (is_kept()) {
      for (const TreeEntry& entry : walk(kept)) clone_file(kept / entry.relative, source / entry.relative);
      return {.exit_code = 0};
    }
    Completed completed = real_.run(command, stop);
    const std::scoped_lock lock(mutex_);
    if (!completed.ok() || done_.contains(kept)) return completed;
    make_directories(kept);
    for (const TreeEntry& entry : walk(source)) {
      const std::string name = entry.relative.filename().string();
      if (name.ends_with(".ko") || name == "Module.symvers" || name == "modules.order")
        clone_file(source / entry.relative, kept / name);
    }
    done_.insert(kept);
    return completed;
  }

 private:
  ProcessRunner real_;
  fs::path kept_;
  std::mutex mutex_;
  std::set<fs::path> done_;
};

class Silent final : public Progress {
 public:
  void planned(const std::vector<Cell>&) override {}
  void message(const std::string& line) override { std::fprintf(stderr, "%s\n", line.c_str()); }
  void step(std::size_t, Step) override {}
  void finished(std::size_t, const Outcome&) override {}
};

int fill(const std::vector<std::string>& words) {
  const TempDir kept;
  CopyingRunner runner(kept.path());
  Context context{runner, {}};
  Request request{.network = Network::offline};
  request.places.cache = words[0];
  request.places.workspace = words[1];
  request.places.lock_file.clear();
  request.output = words[2];
  std::istringstream patterns(words[3]);  // divided by blanks
  for (std::string pattern; patterns >> pattern;) request.flavors.push_back(pattern);
  request.manifests.assign(words.begin() + 4, words.end());
  Silent silent;
  const Report report = build(request, context, silent);
  std::map<Status, std::size_t> counts;
  for (const Outcome& outcome : report.cells) {
    ++counts[outcome.status];
    if (outcome.status == Status::failed)
      std::fprintf(stderr, "%s: %s\n", outcome.cell.kernel->id().c_str(), outcome.reason.c_str());
  }
  for (const Diagnostic& problem : report.problems.all()) std::fprintf(stderr, "%s\n", to_text(problem).c_str());
  std::printf("%zu\n", report.cells.size());
  return !report.cells.empty() && counts[Status::built] + counts[Status::cached] == report.cells.size() ? 0 : 1;
}

}  // namespace
}  // namespace kmpack

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 5) return 2;
  try {
    return kmpack::fill(words);
  } catch (const kmpack::Error& error) {
    std::fprintf(stderr, "bench_scale: %s\n", kmpack::to_text(error.diagnostic()).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_scale: %s\n", error.what());
  }
  return 1;
}
