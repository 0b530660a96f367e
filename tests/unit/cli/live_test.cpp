#include "cli/live.hpp"

#include <gtest/gtest.h>

#include "unit/cli/sample_report.hpp"

namespace kmpack {
namespace {

using namespace test;
using namespace std::chrono_literals;

const MonotonicTime kStart{1000s};

std::vector<Cell> three_cells() {
  return {sample_cell("amd64", "6.1.0-7-amd64"), sample_cell("rt-amd64", "6.1.0-7-rt-amd64"),
          sample_cell("cloud-amd64", "6.1.0-7-cloud-amd64", Verdict::excluded)};
}

LivePicture running_picture() {
  LivePicture picture(kStart);
  picture.planned(three_cells(), kStart);
  picture.step(0, Step::compiling, kStart + 2s);
  picture.step(1, Step::signing, kStart + 65s);
  return picture;
}

TEST(LivePicture, ShowsRunningCellsWithTheirStepAndHowLong) {
  EXPECT_EQ(running_picture().lines(kStart + 70s, {80, 24}, false),
            (std::vector<std::string>{"[0/2] 2 running, 1:10", "  compiling   hello  debian-12/amd64@6.1.0-7-amd64  1:08",
                                      "  signing     hello  debian-12/rt-amd64@6.1.0-7-rt-amd64  5 s"}));
}

TEST(LivePicture, CountsDoneAndFailed) {
  LivePicture picture = running_picture();
  picture.finished(1, failed_outcome());
  EXPECT_EQ(picture.lines(kStart + 3s, {80, 24}, false).front(), "[1/2] 1 running, 1 failed, 3 s");
  picture.finished(0, built_outcome());
  EXPECT_EQ(picture.lines(kStart + 3s, {80, 24}, false), (std::vector<std::string>{"[2/2] 0 running, 1 failed, 3 s"}));
}

TEST(LivePicture, NeverFillsALineOrTheScreen) {
  std::vector<Cell> cells;
  for (int i = 0; i < 30; ++i) cells.push_back(sample_cell("amd64", "6.1.0-" + std::to_string(i) + "-amd64"));
  LivePicture picture(kStart);
  picture.planned(cells, kStart);
  for (std::size_t i = 0; i < cells.size(); ++i) picture.step(i, Step::compiling, kStart);
  const auto lines = picture.lines(kStart, {30, 8}, false);
  EXPECT_LE(lines.size(), 7U);
  for (const auto& line : lines) EXPECT_LT(columns(line), 30U) << line;
  EXPECT_EQ(lines.back(), "  and 25 more");
  EXPECT_TRUE(lines[1].ends_with("…"));
}

TEST(LivePicture, ShowsNothingBeforeThePlan) { EXPECT_TRUE(LivePicture(kStart).lines(kStart, {80, 24}, false).empty()); }

TEST(LivePicture, TellsOfAnEndedCellInOneLine) {
  EXPECT_EQ(LivePicture::finished_line(built_outcome(), false), "built       hello  debian-12/amd64@6.1.0-7-amd64  3.1 s");
  EXPECT_EQ(LivePicture::finished_line(failed_outcome(), false),
            "failed      hello  debian-12/rt-amd64@6.1.0-7-rt-amd64  2:07  hello.c:3:1: error: expected ';'");
}

/// Understands as much of a terminal as LiveProgress uses.
std::string screen_after(const std::string& stream) {
  std::vector<std::string> rows{""};
  for (std::size_t at = 0; at < stream.size(); ++at) {
    if (stream[at] == '\n') {
      rows.emplace_back();
    } else if (stream[at] == '\r') {
      continue;
    } else if (stream[at] == '\x1b') {
      const auto end = stream.find_first_not_of("[0123456789;", at + 1);
      if (stream[end] == 'A') {
        const auto up = static_cast<std::size_t>(std::stoi(stream.substr(at + 2)));
        rows.resize(rows.size() - up);
        rows.back().clear();
      }
      at = end;
    } else {
      rows.back() += stream[at];
    }
  }
  std::string all;
  for (const auto& row : rows) all += row + "|";
  return all;
}

TEST(LiveProgress, LeavesOnlyLastingLinesOnTheScreen) {
  std::string stream;
  {
    LiveProgress progress([&stream](const std::string& text) { stream += text; }, false);
    progress.message("fetching headers");
    progress.planned(three_cells());
    progress.step(0, Step::compiling);
    progress.step(1, Step::headers);
    progress.finished(0, built_outcome());
    progress.finished(1, failed_outcome());
  }
  EXPECT_EQ(screen_after(stream), "fetching headers|" + LivePicture::finished_line(built_outcome(), false) + "|" +
                                      LivePicture::finished_line(failed_outcome(), false) + "||");
}

TEST(PlainProgress, WritesOneLineForEachEndWithoutControlCharacters) {
  std::string stream;
  PlainProgress progress([&stream](const std::string& text) { stream += text; }, Verbosity::normal, false);
  progress.planned(three_cells());
  progress.message("fetching \x1b[31mheaders");
  progress.step(0, Step::compiling);
  progress.finished(0, built_outcome());
  EXPECT_EQ(stream, "fetching ?[31mheaders\n[1/2] built       hello  debian-12/amd64@6.1.0-7-amd64  3.1 s\n");
}

TEST(PlainProgress, TellsStepsWhenAskedForMore) {
  std::string stream;
  PlainProgress progress([&stream](const std::string& text) { stream += text; }, Verbosity::verbose, false);
  progress.planned(three_cells());
  progress.step(1, Step::packing);
  EXPECT_EQ(stream, "packing     hello  debian-12/rt-amd64@6.1.0-7-rt-amd64\n");
}

TEST(PlainProgress, IsSilentWhenQuiet) {
  std::string stream;
  PlainProgress progress([&stream](const std::string& text) { stream += text; }, Verbosity::quiet, false);
  progress.planned(three_cells());
  progress.message("fetching");
  progress.finished(1, failed_outcome());
  EXPECT_EQ(stream, "");
}

TEST(Cut, CountsCodePointsAndMarksWhatIsGone) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abcd", 3), "ab…");
  EXPECT_EQ(cut("äöüß", 3), "äö…");
  EXPECT_EQ(cut("abcd", 0), "");
}

}  // namespace
}  // namespace kmpack
