#include "probe/table.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

ProbeAnswerMap sample() {
  ProbeAnswerMap answers;
  for (int i = 0; i < 40; ++i) {
    answers["key " + std::to_string(i)] = {
        .status = i % 3, .out = std::string(static_cast<std::size_t>(i), 'o'), .errors = "e" + std::to_string(i)};
    if (i % 2 == 0) answers["key " + std::to_string(i)].output = std::string("\0ELF", 4) + std::to_string(i);
  }
  answers["empty"] = {.status = 0, .out = {}, .errors = {}, .output = std::string()};
  return answers;
}

TEST(ProbeTable, FindsEachAnswerByItsWholeKey) {
  const std::string table = render_table(sample());
  for (const auto& [key, answer] : sample()) EXPECT_EQ(find_answer(table, key), answer) << key;
  EXPECT_EQ(find_answer(table, "key"), std::nullopt);
  EXPECT_EQ(find_answer(table, "key 40"), std::nullopt);
  EXPECT_EQ(answers_in(table), sample());
  EXPECT_EQ(find_answer(render_table({}), "key 1"), std::nullopt);
}

TEST(ProbeTable, SaysNothingFalseWhenABitIsWrong) {
  const ProbeAnswerMap known = sample();
  const std::string whole = render_table(known);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string table = whole;
    table[at] = static_cast<char>(table[at] ^ 0x10);
    for (const char* key : {"key 0", "key 17", "empty"}) {
      const auto answer = find_answer(table, key);
      EXPECT_TRUE(!answer || *answer == known.at(key)) << "byte " << at << ", " << key;
    }
  }
}

TEST(ProbeTable, SaysNothingWhenItIsCut) {
  const ProbeAnswerMap known = sample();
  const std::string whole = render_table(known);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string table = whole.substr(0, size);
    const auto answer = find_answer(table, "key 39");
    EXPECT_TRUE(!answer || *answer == known.at("key 39")) << size;
    for (const auto& [key, found] : answers_in(table)) EXPECT_EQ(found, known.at(key));
  }
  EXPECT_TRUE(answers_in("rubbish").empty());
  EXPECT_TRUE(answers_in(whole.substr(0, 16) + std::string(8, '\xff')).empty());
}

}  // namespace
}  // namespace kmpack
