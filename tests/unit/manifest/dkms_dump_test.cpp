#include "manifest/dkms/dump.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace kmpack {
namespace {

std::string fields(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts) all += std::string(text) + '\0';
  return all;
}

/// What was read, or the one thing that was reported.
struct Answer {
  std::optional<DkmsDump> dump;
  std::string problem;
};

Answer read(std::string_view text) {
  Diagnostics problems;
  Answer answer{read_dkms_dump(text, "/src/dkms.conf", problems), {}};
  EXPECT_LE(problems.all().size(), 1U);
  if (!problems.all().empty()) {
    Diagnostic problem = problems.all().front();
    problem.hint.reset();
    answer.problem = to_text(problem);
  }
  return answer;
}

constexpr const char* kBroken = "/src/dkms.conf: error: what bash made of the file cannot be read: ";

TEST(ReadDkmsDump, KeepsBothViewsOfEachElement) {
  const auto answer = read(fields({"F", "/src/dkms.conf", "W", "MAKE", "0", "make  a", "W", "MAKE",       "7", "line\nline",
                                   "O", "helper",         "S", "MAKE", "0", "make a",  "M", "MAKE_MATCH", "7", "1"}));
  ASSERT_TRUE(answer.dump) << answer.problem;
  EXPECT_EQ(answer.dump->written, (std::map<std::string, DkmsValues>{{"MAKE", {{0, "make  a"}, {7, "line\nline"}}}}));
  EXPECT_EQ(answer.dump->seen, (std::map<std::string, DkmsValues>{{"MAKE", {{0, "make a"}}}}));
  EXPECT_EQ(answer.dump->others, std::vector<std::string>{"helper"});
  EXPECT_EQ(answer.dump->matches.at("MAKE_MATCH").at(7), DkmsMatch::differs);
}

TEST(ReadDkmsDump, TakesFromALaterFileOnlyWhatItChanged) {
  const auto answer = read(fields({"F", "/src/dkms.conf",
                                   "W", "MAKE",
                                   "0", "make  a",
                                   "W", "STRIP",
                                   "0", "no",
                                   "S", "MAKE",
                                   "0", "make a",
                                   "S", "STRIP",
                                   "0", "no",
                                   "F", "/etc/dkms/x.conf",
                                   "W", "MAKE",
                                   "0", "make a",
                                   "W", "STRIP",
                                   "0", "yes",
                                   "W", "STRIP",
                                   "1", "no",
                                   "S", "MAKE",
                                   "0", "make a",
                                   "S", "STRIP",
                                   "0", "yes",
                                   "S", "STRIP",
                                   "1", "no"}));
  ASSERT_TRUE(answer.dump) << answer.problem;
  // The second file's shell began with the first one's MAKE as dkms sees it: nobody wrote that.
  EXPECT_EQ(answer.dump->written,
            (std::map<std::string, DkmsValues>{{"MAKE", {{0, "make  a"}}}, {"STRIP", {{0, "yes"}, {1, "no"}}}}));
  EXPECT_EQ(answer.dump->seen,
            (std::map<std::string, DkmsValues>{{"MAKE", {{0, "make a"}}}, {"STRIP", {{0, "yes"}, {1, "no"}}}}));
}

TEST(ReadDkmsDump, SaysWhereBashCannotReadTheFile) {
  EXPECT_EQ(read(fields({"F", "/src/dkms.conf", "X",
                         "/src/dkms.conf: line 4: syntax error near unexpected token `fi'\n/src/dkms.conf: line 4: `fi'"}))
                .problem,
            "/src/dkms.conf:4: error: syntax error near unexpected token `fi'; `fi' [dkms-conf-failed]");
}

TEST(ReadDkmsDump, SaysThatAFileEndedItsShell) {
  EXPECT_EQ(read(fields({"F", "/etc/dkms/x.conf", "Q", "3"})).problem,
            "/etc/dkms/x.conf: error: the file ends the shell before its end (exit status 3) [dkms-conf-failed]");
}

TEST(ReadDkmsDump, RefusesWhatNoEvaluationWrites) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "it is empty"},
      {std::string("F\0dkms.conf", 11), "it ends inside of a record"},
      {fields({"W", "MAKE", "0", "x"}), "it does not begin with a file"},
      {fields({"F", "f", "Z"}), "it has a record of no known kind"},
      {fields({"F", "f", "W", "PATH", "0", "x"}), "a record names no directive"},
      {fields({"F", "f", "W", "MAKE", "a", "x"}), "MAKE has an index that is no number up to 9999"},
      {fields({"F", "f", "W", "MAKE", "", "x"}), "MAKE has an index that is no number up to 9999"},
      {fields({"F", "f", "W", "MAKE", "-1", "x"}), "MAKE has an index that is no number up to 9999"},
      {fields({"F", "f", "W", "MAKE", "10000", "x"}), "MAKE has an index that is no number up to 9999"},
      {fields({"F", "f", "W", "MAKE", "18446744073709551616", "x"}), "MAKE has an index that is no number up to 9999"},
      {fields({"F", "f", "W", "MAKE", "0"}), "it ends inside of a record"},
      {fields({"F", "f", "M", "MAKE_MATCH", "0", "3"}), "a pattern's answer is none"},
      {fields({"F", "f", "Q", "1", "F", "f"}), "something follows after its end"},
  };
  for (const auto& [text, why] : cases) {
    const Answer answer = read(text);
    EXPECT_FALSE(answer.dump);
    EXPECT_EQ(answer.problem, kBroken + std::string(why) + " [dkms-dump-broken]");
  }
}

}  // namespace
}  // namespace kmpack
