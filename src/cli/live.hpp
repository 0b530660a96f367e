#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cli/console.hpp"
#include "pipeline/report.hpp"

namespace kmpack {

using MonotonicTime = std::chrono::steady_clock::time_point;

/// What a terminal shows of a run: a state and a picture of it, without clock and without terminal.
class LivePicture {
 public:
  explicit LivePicture(MonotonicTime start) : start_(start) {}
  void planned(const std::vector<Cell>& cells, MonotonicTime now);
  void step(std::size_t cell, Step step, MonotonicTime now);
  void finished(std::size_t cell, const Outcome& outcome);

  /// The lines that are redrawn: a head with counts and elapsed time, then the running cells as far as the screen has room.
  [[nodiscard]] std::vector<std::string> lines(MonotonicTime now, TerminalSize size, bool coloured) const;
  /// The line that stays when a cell has ended.
  [[nodiscard]] static std::string finished_line(const Outcome& outcome, bool coloured);
  [[nodiscard]] std::string name(std::size_t cell) const;

 private:
  struct State {
    std::string name;
    Step step = Step::waiting;
    MonotonicTime since;
    bool ended = false;
  };
  MonotonicTime start_;
  std::vector<State> cells_;
  std::set<std::size_t> running_;  ///< of cells_: looking through all for each picture would take long
  std::size_t total_ = 0;          ///< of cells that are not excluded
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
};

/// Redraws in place with plain ANSI sequences: at once when a line comes that stays, else ten times in a second at most.
///
/// Threads: as Progress; a thread of its own keeps the clock moving.
class LiveProgress final : public Progress {
 public:
  LiveProgress(std::function<void(const std::string&)> write, bool coloured);
  /// Takes the moving lines away.
  ~LiveProgress() override;
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;
  void planned(const std::vector<Cell>& cells) override;
  void message(const std::string& line) override;
  void step(std::size_t cell, Step step) override;
  void finished(std::size_t cell, const Outcome& outcome) override;

 private:
  void draw(const std::string& lasting);
  void draw_now_and_then();
  void tick(const std::stop_token& stop);

  std::function<void(const std::string&)> write_;
  bool coloured_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  LivePicture picture_;
  std::size_t drawn_ = 0;  ///< lines on the screen that are redrawn
  MonotonicTime drawn_at_;
  std::jthread ticker_;  // last: ended first
};

/// One line for each thing that ends; with -v also for each step.
class PlainProgress final : public Progress {
 public:
  PlainProgress(std::function<void(const std::string&)> write, Verbosity verbosity, bool coloured);
  void planned(const std::vector<Cell>& cells) override;
  void message(const std::string& line) override;
  void step(std::size_t cell, Step step) override;
  void finished(std::size_t cell, const Outcome& outcome) override;

 private:
  std::function<void(const std::string&)> write_;
  Verbosity verbosity_;
  bool coloured_;
  std::vector<std::string> names_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
};

}  // namespace kmpack
