#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "support/some_result.hpp"
#include "sys/process.hpp"

/// A cache while everything happens to it.
namespace kmpack::test {

/// Digests of the five results, made where there is no cache.
inline std::map<std::string, std::string> made_without_a_cache() {
  std::map<std::string, std::string> sums;
  for (int i = 0; i < 5; ++i) {
    const TempDir work;
    const std::string name = "result " + std::to_string(i);
    std::string all;
    for (const auto& [part, bytes] : content_of(some_result(work.path(), name))) all += part + "\n" + bytes + "\n";
    sums[name] = sha256_of(all);
  }
  return sums;
}

struct Run {
  std::filesystem::path home;
  int rounds = 1;
  int first = 0;
  std::uint64_t limit = 1'000'000;
  bool trims = false;
};

inline Command command_of(const Run& run) {
  Command command{.program = CACHE_TEST_CHILD,
                  .args = {run.home.string(), std::to_string(run.rounds), std::to_string(run.first), std::to_string(run.limit),
                           run.trims ? "1" : "0"},
                  .environment = scrubbed_environment(0)};
  return command;
}

struct Told {
  std::size_t taken = 0;
  std::size_t made = 0;
  std::size_t wrong = 0;
  std::vector<std::string> warnings;
};

inline Told read(const std::string& output) {
  static const std::map<std::string, std::string> expected = made_without_a_cache();
  Told told;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("warning ")) {
      told.warnings.push_back(line);
      continue;
    }
    // A run that was killed may not have said all of it.
    if (line.size() < 75) continue;
    const std::size_t blank = line.find(' ');
    ++(line.starts_with("taken") ? told.taken : told.made);
    const std::string sum = line.substr(blank + 1, 64);
    if (expected.at(line.substr(blank + 66)) != sum) ++told.wrong;
  }
  return told;
}

/// 8 processes on one cache, one of which empties it again and again.
inline void race(int rounds) {
  const TempDir place;
  std::vector<Completed> ended(8);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ProcessRunner runner;
      // Half of them begin with the same one. Those with little room trim by themselves.
      const Run run{.home = place.path() / "cache",
                    .rounds = rounds,
                    .first = i % 2 == 0 ? 0 : i,
                    .limit = i < 3 ? 20'000U : 1'000'000U,
                    .trims = i == 7};
      ended[static_cast<std::size_t>(i)] = runner.run(command_of(run), {});
    });
  }
  threads.clear();
  std::size_t taken = 0;
  for (const Completed& run : ended) {
    EXPECT_TRUE(run.ok()) << run.how() << run.tail;
    const Told told = read(run.tail);
    EXPECT_EQ(told.wrong, 0U) << run.tail;
    EXPECT_EQ(told.taken + told.made, static_cast<std::size_t>(rounds)) << run.tail;
    EXPECT_THAT(told.warnings, testing::IsEmpty());
    taken += told.taken;
  }
  EXPECT_GT(taken, 0U);
  EXPECT_THAT(verify_cache(place.path() / "cache", Damaged::leave, {}).damaged, testing::IsEmpty());
}

/// Runs that are killed at any moment, each followed by one that is not.
inline void kill_runs(int rounds) {
  const TempDir place;
  const std::filesystem::path home = place.path() / "cache";
  std::mt19937 random(7);
  ProcessRunner runner;
  for (int round = 0; round < rounds; ++round) {
    Command command = command_of({.home = home, .rounds = 1000, .first = round, .trims = round % 4 == 3});
    // SIGKILL in the child's own hand: the runner's way of ending it is politer.
    command.args.insert(command.args.begin(),
                        {"-s", "KILL", std::to_string(0.01 + 0.002 * static_cast<double>(random() % 150)), command.program});
    command.program = "timeout";
    const Completed killed = runner.run(command, {});
    EXPECT_FALSE(killed.ok());
    EXPECT_EQ(read(killed.tail).wrong, 0U) << killed.tail;
    EXPECT_THAT(verify_cache(home, Damaged::leave, {}).damaged, testing::IsEmpty()) << "nothing half-written has a name";
    const Completed next = runner.run(command_of({.home = home, .rounds = 5, .first = round}), {});
    EXPECT_TRUE(next.ok()) << next.tail;
    const Told told = read(next.tail);
    EXPECT_EQ(told.wrong, 0U) << next.tail;
    EXPECT_EQ(told.taken + told.made, 5U);
    EXPECT_THAT(told.warnings, testing::IsEmpty());
  }
  const CacheTrimmed swept = trim_cache(home, kUsualCacheLimit, {});
  EXPECT_EQ(swept.entries, 0U);
  for (const TreeEntry& entry : walk(home / "results"))
    EXPECT_FALSE(entry.relative.filename().string().starts_with(".")) << entry.relative;
}

/// Bytes are changed, cut and swapped between runs; no run uses them, and each says when it met one.
inline void corrupt(int rounds) {
  const TempDir place;
  const std::filesystem::path home = place.path() / "cache";
  std::mt19937 random(11);
  ProcessRunner runner;
  std::size_t met = 0;
  for (int round = 0; round < rounds; ++round) {
    const Completed run = runner.run(command_of({.home = home, .rounds = 5, .first = round}), {});
    EXPECT_TRUE(run.ok()) << run.tail;
    const Told told = read(run.tail);
    EXPECT_EQ(told.wrong, 0U) << run.tail;
    EXPECT_EQ(told.taken + told.made, 5U);
    for (const std::string& warning : told.warnings) EXPECT_THAT(warning, testing::StartsWith("warning cache-entry-damaged "));
    met += told.warnings.size();
    std::vector<std::filesystem::path> files;
    for (const TreeEntry& entry : walk(home / "results")) {
      if (entry.type == EntryType::file && entry.relative != "lock") files.push_back(home / "results" / entry.relative);
    }
    for (int i = 0; i < 4; ++i) {
      const std::filesystem::path& file = files.at(random() % files.size());
      std::string bytes = read_file(file);
      if (bytes.empty()) continue;
      if (i == 0) bytes.resize(random() % bytes.size());
      if (i == 1) bytes = read_file(files.at(random() % files.size()));
      if (i > 1) bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
      std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
      std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }
  }
  EXPECT_GT(met, 0U);
}

}  // namespace kmpack::test
