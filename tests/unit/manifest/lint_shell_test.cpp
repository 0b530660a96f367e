#include "manifest/lint/shell.hpp"

#include <gtest/gtest.h>

namespace kmpack::detail {
namespace {

/// `line:word word;` of every command, a `|` before those that are fed by a pipe.
std::string commands(std::string_view text) {
  std::string all;
  for (const ShellCommand& command : shell_commands(text)) {
    all += (command.fed_by_pipe ? "|" : "") + std::to_string(command.words.front().line) + ":";
    for (const ShellWord& word : command.words) all += (all.back() == ':' ? "" : " ") + word.text;
    all += ";";
  }
  return all;
}

/// `line:name[index]=value;` of every assignment.
std::string assignments(std::string_view text) {
  std::string all;
  for (const ShellAssignment& found : shell_assignments(shell_commands(text))) {
    all +=
        std::to_string(found.line) + ":" + found.name + (found.indexed ? "[" + found.index + "]" : "") + "=" + found.value + ";";
  }
  return all;
}

TEST(ShellText, DividesCommandsAndPipes) {
  EXPECT_EQ(commands("a b; c && d || e\nf | g |\n h &"), "1:a b;1:c;1:d;1:e;2:f;|2:g;|3:h;");
}

TEST(ShellText, LeavesOutCommentsReservedWordsAndRedirections) {
  EXPECT_EQ(commands("# a=b; c\nif ! d 2>/dev/null >&2; then e#f; fi # g\n{ h; } < i\n"), "2:d;2:e#f;3:h;");
}

TEST(ShellText, KeepsWhatQuotesHold) {
  EXPECT_EQ(commands("a 'b; # c' \"d; $(e 'f)' g) h\" i\\;j"), "1:e 'f)' g;1:a 'b; # c' \"d; $(e 'f)' g) h\" i\\;j;");
}

TEST(ShellText, ReadsCommandSubstitutionsWithTheirLines) {
  EXPECT_EQ(commands("x=1\nA=`echo b |\n cut c`\nD=$(e)\nF=$((g | h))"),
            "1:x=1;2:echo b;|3:cut c;2:A=`echo b |\n cut c`;4:e;4:D=$(e);5:F=$((g | h));");
}

TEST(ShellText, JoinsContinuedLines) { EXPECT_EQ(commands("a \\\n b\\\nc\nd"), "1:a bc;4:d;"); }

TEST(ShellText, PassesOverHereDocuments) {
  EXPECT_EQ(commands("cat <<EOF; b\nMAKE=\"x\nEOF\nc <<-'END'\n\td\n\tEND\ne <<< \"$f\"\n"), "1:cat;1:b;4:c;7:e \"$f\";");
}

TEST(ShellText, TakesNoPatternOfATestForACommand) {
  EXPECT_EQ(commands("[[ $a =~ ^(b|c)$ && d < e ]] && f"), "1:[[ $a =~ ^(b|c)$ && d < e ]];1:f;");
}

TEST(ShellText, EndsWhereQuotesDoNot) {
  EXPECT_EQ(commands("a 'b\nc"), "1:a 'b\nc;");
  EXPECT_EQ(commands("a $(b"), "1:b;1:a $(b;");
  EXPECT_EQ(commands("a ${b"), "1:a ${b;");
  EXPECT_EQ(commands("a <<EOF\nb"), "1:a;");
}

TEST(ShellText, EndsSoonInDeepSubstitutions) {
  for (const char* part : {"$(", "\"$(", "`\"", "${", "$((", "a[", "\"${\"", "x=(", "<<a "}) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += part;
    EXPECT_LT(shell_commands(text).size(), text.size()) << part;
    EXPECT_FALSE(shell_references(text).size() > 3) << part;
  }
}

TEST(ShellText, ReadsSubstitutionsWithinSubstitutionsOnce) {
  EXPECT_EQ(commands("A=$(b \"$(c)\" $(d))"), "1:c;1:d;1:b \"$(c)\" $(d);1:A=$(b \"$(c)\" $(d));");
}

TEST(ShellAssignments, AreThoseThatStay) {
  EXPECT_EQ(assignments("A=1 B[2]=\"c d\"\nE=f make\nexport G='h' I\nJ[$((k+1))]+=l\n"),
            "1:A=1;1:B[2]=\"c d\";3:G='h';4:J[$((k+1))]=l;");
}

TEST(ShellAssignments, StandInBranchesAndListsToo) {
  EXPECT_EQ(assignments("if a; then B=1; fi\ncase c in d) E=2 ;; esac\nMAKE=(\"x y\"\n z)\n"),
            "1:B=1;2:E=2;3:MAKE=(\"x y\"\n z);");
}

TEST(ShellReferences, AreNamesThatAreRead) {
  EXPECT_EQ(shell_references("A=$B ${C%-*} \"${#D[@]}\" $((e+1)) f[$g+h] '$I' \\J"),
            (std::set<std::string>{"B", "C", "D", "e", "g", "h", "I"}));
}

TEST(Unquoted, TakesAwayOneLevelOfQuotes) { EXPECT_EQ(unquoted("a\"b \\\" \\n\"'c \\d'\\ e"), "ab \" \\nc \\d e"); }

}  // namespace
}  // namespace kmpack::detail
