#include <gtest/gtest.h>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "cli/reference.hpp"
#include "support/golden.hpp"

namespace kmpack {
namespace {

TEST(HelpText, IsAsReviewed) {
  std::string all;
  const Reference reference = command_reference();
  for (const CommandText& text : command_texts()) all += help_text(reference, text.path) + "\n----\n";
  test::expect_golden("cli/help.txt", all);
}

TEST(ManPage, IsAsReviewed) {
  test::expect_golden("cli/commands.roff", man_page(command_reference(), "@COMMANDS@\n@OPTIONS@\n"));
}

TEST(HelpText, ShowsExamplesBeforeOptions) {
  const Reference reference = command_reference();
  for (const CommandText& text : command_texts()) {
    const std::string help = help_text(reference, text.path);
    ASSERT_NE(help.find("Examples:"), std::string::npos) << text.path;
    EXPECT_LT(help.find("Examples:"), help.find("Usage:")) << text.path;
    for (const auto line : split(help, '\n')) EXPECT_LE(line.size(), 120U) << line;
  }
}

TEST(HelpText, OfAWordWithCommandsBelowListsThem) {
  const Reference reference = command_reference();
  const std::string cache = help_text(reference, "cache");
  EXPECT_TRUE(cache.starts_with("kmpack cache: 3 commands\n")) << cache;
  for (const char* command : {"\n  cache stats   ", "\n  cache trim    ", "\n  cache verify  "})
    EXPECT_NE(cache.find(command), std::string::npos) << cache;
  EXPECT_EQ(cache.find("key new"), std::string::npos) << cache;
  EXPECT_EQ(help_text(reference, "key"), help_text(reference, "key new"));
}

/// The words of an example as a shell would give them; only what our examples use.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> result;
  std::string word;
  bool quoted = false;
  for (const char letter : std::string{line} + " ") {
    if (letter == '\'') {
      quoted = !quoted;
    } else if (letter == ' ' && !quoted) {
      if (!word.empty()) result.push_back(word);
      word.clear();
    } else {
      word += letter;
    }
  }
  return result;
}

TEST(HelpText, HasOnlyExamplesThatTheParserTakes) {
  for (const CommandText& text : command_texts()) {
    ASSERT_FALSE(text.examples.empty()) << text.path;
    for (const Example& example : text.examples) {
      auto words = shell_words(example.line);
      ASSERT_EQ(words.front(), "kmpack");
      words.erase(words.begin());
      EXPECT_NO_THROW(static_cast<void>(parse_options(words))) << example.line;
    }
  }
}

TEST(ManPage, FillsEveryPlaceOfThePage) {
  const std::string page = man_page(command_reference(), "v @VERSION@\n@COMMANDS@\n@OPTIONS@\n");
  EXPECT_EQ(page.find('@' + std::string{"COMMANDS"}), std::string::npos);
  EXPECT_TRUE(page.starts_with("v " + std::string{version()} + "\n"));
  for (const CommandText& text : command_texts()) {
    EXPECT_TRUE(text.path.empty() || page.find(".SS " + std::string{text.path}) != std::string::npos) << text.path;
  }
  EXPECT_NE(page.find("\\fB\\-q, \\-\\-quiet\\fR"), std::string::npos);
}

}  // namespace
}  // namespace kmpack
