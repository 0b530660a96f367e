#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack::test {

enum class Wanted { text, pattern, absent };

/// Something the output of a case must (or must not) hold.
struct Expectation {
  Wanted wanted = Wanted::text;
  std::string text;
  std::size_t line = 0;  ///< in the case's file
};

/// One block of a case file. README.md beside this file tells the words.
struct Case {
  std::string name;
  std::string script;  ///< the RUN lines, for /bin/sh -e
  std::vector<Expectation> expected;
  int exit = 0;
  std::vector<std::string> needs;  ///< "tool gcc-12", "network", "headers", "namespaces"
  std::chrono::seconds timeout{60};
};

/// Throws std::runtime_error naming the line that does not read.
std::vector<Case> parse_cases(std::string_view text, const std::string& file);

/// Empty when output and exit status are as expected, else every difference.
std::string differences(const Case& of, std::string_view output, int exit);

}  // namespace kmpack::test
