#include "cli/live.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/words_of.hpp"

namespace kmpack {
namespace {

std::string cell_name(const Cell& cell) { return cell.manifest->name.str() + "  " + cell.kernel->id(); }

std::string elapsed(MonotonicTime since, MonotonicTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since);
  return seconds.count() < 60 ? fmt::format("{} s", seconds.count()) : duration_text(seconds);
}

}  // namespace

void LivePicture::planned(const std::vector<Cell>& cells, MonotonicTime now) {
  cells_.clear();
  running_.clear();
  done_ = failed_ = 0;
  total_ = 0;
  for (const Cell& cell : cells) {
    const bool excluded = cell.verdict == Verdict::excluded;
    cells_.push_back({cell_name(cell), Step::waiting, now, excluded});
    if (!excluded) ++total_;
  }
}

void LivePicture::step(std::size_t cell, Step step, MonotonicTime now) {
  if (cell >= cells_.size() || cells_[cell].ended) return;
  cells_[cell].step = step;
  cells_[cell].since = now;
  if (step == Step::waiting) {
    running_.erase(cell);
  } else {
    running_.insert(cell);
  }
}

void LivePicture::finished(std::size_t cell, const Outcome& outcome) {
  if (cell >= cells_.size() || cells_[cell].ended) return;
  cells_[cell].ended = true;
  running_.erase(cell);
  ++done_;
  if (outcome.status == Status::failed) ++failed_;
}

std::vector<std::string> LivePicture::lines(MonotonicTime now, TerminalSize size, bool coloured) const {
  if (total_ == 0) return {};
  // One column stays free: a full line would wrap on some terminals.
  const std::size_t width = std::max<std::size_t>(size.columns, 2) - 1;
  std::string head = fmt::format("[{}/{}] {} running", done_, total_, running_.size());
  if (failed_ > 0) head += fmt::format(", {} failed", failed_);
  std::vector<std::string> result{
      painted(cut(head + ", " + elapsed(start_, now), width), failed_ > 0 ? Paint::bad : Paint::bold, coloured)};
  const std::size_t room = size.rows > 3 ? size.rows - 3 : 0;
  for (const std::size_t cell : running_) {
    if (result.size() > room) {
      result.push_back(cut(fmt::format("  and {} more", running_.size() + 1 - result.size()), width));
      break;
    }
    const State& state = cells_[cell];
    result.push_back(cut(fmt::format("  {:<10}  {}  {}", word_of(state.step), state.name, elapsed(state.since, now)), width));
  }
  return result;
}

std::string LivePicture::finished_line(const Outcome& outcome, bool coloured) {
  std::string line = painted(fmt::format("{:<10}", word_of(outcome.status)), paint_of(outcome.status), coloured);
  line += "  " + cell_name(outcome.cell);
  if (outcome.status == Status::built || outcome.status == Status::failed) line += "  " + duration_text(outcome.wall);
  const bool tells = outcome.status == Status::excluded || outcome.status == Status::failed;
  if (tells && !outcome.reason.empty()) line += "  " + printable(outcome.reason);
  return line;
}

std::string LivePicture::name(std::size_t cell) const { return cell < cells_.size() ? cells_[cell].name : std::string{}; }

LiveProgress::LiveProgress(std::function<void(const std::string&)> write, bool coloured)
    : write_(std::move(write)),
      coloured_(coloured),
      picture_(std::chrono::steady_clock::now()),
      ticker_([this](const std::stop_token& stop) { tick(stop); }) {}

LiveProgress::~LiveProgress() {
  ticker_.request_stop();
  ticker_.join();
  const std::lock_guard lock(mutex_);
  if (drawn_ > 0) write_(fmt::format("\x1b[{}A\r\x1b[J", drawn_));
}

void LiveProgress::draw(const std::string& lasting) {
  std::string text;
  if (drawn_ > 0) text = fmt::format("\x1b[{}A\r\x1b[J", drawn_);
  text += lasting;
  const auto lines = picture_.lines(std::chrono::steady_clock::now(), terminal_size(), coloured_);
  for (const std::string& line : lines) text += line + "\n";
  drawn_ = lines.size();
  drawn_at_ = std::chrono::steady_clock::now();
  if (!text.empty()) write_(text);
}

void LiveProgress::draw_now_and_then() {
  using namespace std::chrono_literals;
  // What is left out, the next line or the ticker draws.
  if (drawn_ == 0 || std::chrono::steady_clock::now() - drawn_at_ >= 100ms) draw("");
}

void LiveProgress::tick(const std::stop_token& stop) {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, 200ms, [] { return false; });
    if (!stop.stop_requested() && drawn_ > 0) draw("");
  }
}

void LiveProgress::planned(const std::vector<Cell>& cells) {
  const std::lock_guard lock(mutex_);
  picture_.planned(cells, std::chrono::steady_clock::now());
  draw("");
}

void LiveProgress::message(const std::string& line) {
  const std::lock_guard lock(mutex_);
  draw(printable(line) + "\n");
}

void LiveProgress::step(std::size_t cell, Step step) {
  const std::lock_guard lock(mutex_);
  picture_.step(cell, step, std::chrono::steady_clock::now());
  draw_now_and_then();
}

void LiveProgress::finished(std::size_t cell, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  picture_.finished(cell, outcome);
  draw(LivePicture::finished_line(outcome, coloured_) + "\n");
}

PlainProgress::PlainProgress(std::function<void(const std::string&)> write, Verbosity verbosity, bool coloured)
    : write_(std::move(write)), verbosity_(verbosity), coloured_(coloured) {}

void PlainProgress::planned(const std::vector<Cell>& cells) {
  names_.clear();
  done_ = 0;
  total_ = 0;
  for (const Cell& cell : cells) {
    names_.push_back(cell_name(cell));
    if (cell.verdict != Verdict::excluded) ++total_;
  }
}

void PlainProgress::message(const std::string& line) {
  if (verbosity_ != Verbosity::quiet) write_(printable(line) + "\n");
}

void PlainProgress::step(std::size_t cell, Step step) {
  if (verbosity_ == Verbosity::verbose && cell < names_.size()) write_(fmt::format("{:<10}  {}\n", word_of(step), names_[cell]));
}

void PlainProgress::finished(std::size_t, const Outcome& outcome) {
  ++done_;
  if (verbosity_ == Verbosity::quiet) return;
  write_(fmt::format("[{}/{}] ", done_, total_) + LivePicture::finished_line(outcome, coloured_) + "\n");
}

}  // namespace kmpack
