#include "e2e/case.hpp"

#include <regex>
#include <stdexcept>

#include "base/text.hpp"

namespace kmpack::test {
namespace {

struct Line {
  std::string word;
  std::string rest;
};

Line split_line(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return {std::string{line}, ""};
  return {std::string{line.substr(0, space)}, std::string{line.substr(space + 1)}};
}

/// Takes one line into the case; false for a word that is none of ours.
bool take(Case& into, const Line& line, std::size_t number) {
  if (line.word == "RUN") {
    into.script += line.rest + "\n";
  } else if (line.word == "EXPECT") {
    into.expected.push_back({Wanted::text, line.rest, number});
  } else if (line.word == "EXPECT_REGEX") {
    into.expected.push_back({Wanted::pattern, line.rest, number});
  } else if (line.word == "EXPECT_NOT") {
    into.expected.push_back({Wanted::absent, line.rest, number});
  } else if (line.word == "EXIT") {
    into.exit = std::stoi(line.rest);
  } else if (line.word == "REQUIRES") {
    into.needs.push_back(line.rest);
  } else if (line.word == "TIMEOUT") {
    into.timeout = std::chrono::seconds{std::stoi(line.rest)};
  } else if (line.word != "SLOW") {
    // SLOW is for tests/e2e/CMakeLists.txt.
    return false;
  }
  return true;
}

bool holds(const Expectation& expected, std::string_view output) {
  switch (expected.wanted) {
    case Wanted::text:
      return output.find(expected.text) != std::string_view::npos;
    case Wanted::absent:
      return output.find(expected.text) == std::string_view::npos;
    case Wanted::pattern:
      break;
  }
  return std::regex_search(std::string{output}, std::regex(expected.text, std::regex::ECMAScript | std::regex::multiline));
}

std::string_view wording(Wanted wanted) {
  switch (wanted) {
    case Wanted::text:
      return "is not in the output";
    case Wanted::absent:
      return "is in the output and must not be";
    case Wanted::pattern:
      break;
  }
  return "matches nothing in the output";
}

}  // namespace

std::vector<Case> parse_cases(std::string_view text, const std::string& file) {
  std::vector<Case> cases;
  std::size_t number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    if (trimmed(raw).empty() || raw.front() == '#') continue;
    const Line line = split_line(raw);
    if (line.word == "NAME") {
      cases.push_back({.name = line.rest, .script = {}, .expected = {}, .needs = {}});
    } else if (cases.empty() || !take(cases.back(), line, number)) {
      throw std::runtime_error(file + ":" + std::to_string(number) + ": '" + line.word + "' does not belong here");
    }
  }
  for (const Case& one : cases) {
    if (one.script.empty()) throw std::runtime_error(file + ": case '" + one.name + "' runs nothing");
  }
  return cases;
}

std::string differences(const Case& of, std::string_view output, int exit) {
  std::string all;
  if (exit != of.exit) all += "exit status is " + std::to_string(exit) + ", not " + std::to_string(of.exit) + "\n";
  for (const Expectation& expected : of.expected) {
    if (holds(expected, output)) continue;
    all += "line " + std::to_string(expected.line) + ": '" + expected.text + "' " + std::string{wording(expected.wanted)} + "\n";
  }
  return all;
}

}  // namespace kmpack::test
