#include "probe/question.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kAsked = "gcc-12 -Werror -D__KERNEL__ -O2 -fcf-protection=none -c -x c /dev/null -o /cell/.tmp_12/tmp";

std::optional<Asked> read(std::string_view line) {
  const std::vector<std::string> all = words(line);
  return read_question(std::vector<std::string_view>(all.begin(), all.end()));
}

Question question(std::string_view line, std::vector<std::string> environment = {"PATH=/usr/bin"}) {
  return {.argv = words(line), .input = {}, .environment = std::move(environment)};
}

std::string key(const std::string& line) { return key_of(question(line), *read(line)); }

TEST(ReadQuestion, KnowsWhatKbuildAsks) {
  const auto asked = read(kAsked);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->place, words(kAsked).size() - 1);
  EXPECT_EQ(asked->reads, Asked::Reads::nothing);
  EXPECT_TRUE(asked->writes());
  EXPECT_TRUE(read("gcc-12 --version"));
  const auto assembler = read("aarch64-linux-gnu-gcc-12 -Werror -D ARCH=8 -c -x assembler-with-cpp -o /cell/.tmp_7/tmp -");
  ASSERT_TRUE(assembler);
  EXPECT_EQ(assembler->reads, Asked::Reads::assembler);
  EXPECT_TRUE(read("gcc -Wa,-march=armv8.5-a --param=allow-store-data-races=0 -c -x c /dev/null -o /c/.tmp_1/tmp"));
}

TEST(ReadQuestion, KnowsTheOneLineAboutCoverageAndItsObject) {
  const auto line = read("gcc -w -fprofile-arcs -ftest-coverage -x c - -c -o /c/.tmp_1/tmp.base");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->reads, Asked::Reads::coverage);
  EXPECT_TRUE(is_plain_input(line->reads, "long long x; void f(void){x++;}\n"));
  EXPECT_FALSE(is_plain_input(line->reads, "int x;\n"));
  const auto object = read("nm /c/.tmp_1/tmp.base");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->reads, Asked::Reads::object);
  EXPECT_FALSE(object->writes());
  EXPECT_FALSE(read("nm -a /c/.tmp_1/tmp"));
  EXPECT_FALSE(read("nm /c/hello.o"));
}

class NoQuestion : public testing::TestWithParam<const char*> {};

TEST_P(NoQuestion, IsTheCompilers) { EXPECT_FALSE(read(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(ReadQuestion, NoQuestion,
                         testing::Values("gcc -c -o /cell/hello.o /cell/hello.c",          // compiles something
                                         "gcc -c -x c /dev/null -o /cell/tmp",             // an output that stays
                                         "gcc -c -x c /dev/null -o /cell/.tmp_12/other",   // what try-run does not make
                                         "gcc -c -x c /dev/null -o /cell/.tmp_12/../tmp",  //
                                         "gcc -c -x c /dev/null -o /cell/.tmp_x1/tmp",     //
                                         "gcc -c -x c /dev/null",                          // writes where it stands
                                         "gcc -x c /dev/null -o /c/.tmp_1/tmp",            // links
                                         "gcc -E -x c /dev/null -o /c/.tmp_1/tmp",         //
                                         "gcc -c -x c /dev/null - -o /c/.tmp_1/tmp",       // two inputs
                                         "gcc -c -x c - -o /c/.tmp_1/tmp",                 // C can be put together from pieces
                                         "gcc -c -x c - -x assembler -o /c/.tmp_1/tmp",    // the language comes after
                                         "gcc -c -x assembler - -DX=.incbin -o /c/.tmp_1/tmp",              // text from an option
                                         "gcc -include evil.h -c -x c /dev/null -o /c/.tmp_1/tmp",          // reads a file
                                         "gcc -Idirectory -c -x c /dev/null -o /c/.tmp_1/tmp",              //
                                         "gcc @options -c -x c /dev/null -o /c/.tmp_1/tmp",                 //
                                         "gcc -fplugin=x -c -x c /dev/null -o /c/.tmp_1/tmp",               //
                                         "gcc -fsanitize-ignorelist=x -c -x c /dev/null -o /c/.tmp_1/tmp",  //
                                         "gcc -Wp,-MMD,/c/file -c -x c /dev/null -o /c/.tmp_1/tmp",         // writes a file
                                         "gcc -Wa,-a=file -c -x c /dev/null -o /c/.tmp_1/tmp",              //
                                         "gcc -ftest-coverage -c -x c /dev/null -o /c/.tmp_1/tmp",          //
                                         "gcc -ftest-coverage -c -x assembler - -o /c/.tmp_1/tmp",          //
                                         "gcc -c -x c /dev/null -o /c/.tmp_1/tmp.base",                     //
                                         "gcc -save-temps -c -x c /dev/null -o /c/.tmp_1/tmp",              //
                                         "gcc -march=native -c -x c /dev/null -o /c/.tmp_1/tmp",            // differs by machine
                                         "gcc -g -c -x c /dev/null -o /c/.tmp_1/tmp",                       // tells the directory
                                         "gcc -specs=mine -c -x c /dev/null -o /c/.tmp_1/tmp",              //
                                         "gcc -B. -c -x c /dev/null -o /c/.tmp_1/tmp",                      //
                                         "gcc -print-file-name=plugin", "gcc -v", "gcc"));

TEST(KeyOf, LeavesOutWhereTheBuildLies) {
  const std::string here = key("gcc -ffile-prefix-map=/here=/usr/src/x-1 -c -x c /dev/null -o /here/.tmp_12/tmp");
  EXPECT_EQ(key("gcc -ffile-prefix-map=/there/is=/usr/src/y-2 -c -x c /dev/null -o /there/.tmp_99999/tmp"), here);
  EXPECT_NE(key("gcc -c -x c /dev/null -o /here/.tmp_12/tmp"), here);
  EXPECT_NE(key("gcc-12 -ffile-prefix-map=/here=/usr/src/x-1 -c -x c /dev/null -o /here/.tmp_12/tmp"), here);
}

TEST(KeyOf, TellsOrderWordsTextAndEnvironmentApart) {
  const std::string one = key("gcc -Wa,-mx -DA -c -x c /dev/null -o /c/.tmp_1/tmp");
  EXPECT_NE(key("gcc -DA -Wa,-mx -c -x c /dev/null -o /c/.tmp_1/tmp"), one);
  EXPECT_NE(key("gcc -Wa,-mxy -DA -c -x c /dev/null -o /c/.tmp_1/tmp"), one);
  Question asked = question("gcc -c -x assembler -o /c/.tmp_1/tmp -");
  const Asked how = *read("gcc -c -x assembler -o /c/.tmp_1/tmp -");
  asked.input = "nop\n";
  const std::string nop = key_of(asked, how);
  asked.input = "hlt\n";
  EXPECT_NE(key_of(asked, how), nop);
  asked.input = "nop\n";
  asked.environment = {"LC_ALL=de_DE.UTF-8", "PATH=/usr/bin"};
  EXPECT_NE(key_of(asked, how), nop);
}

TEST(QuestionOf, HasTheSameKey) {
  for (const std::string& line : {std::string(kAsked), std::string("gcc --version"),
                                  std::string("gcc -ffile-prefix-map=/a=/b -S -x assembler -o /c/.tmp_1/tmp -")}) {
    Question asked = question(line, {"LC_ALL=C", "PATH=/usr/bin"});
    const Asked how = *read(line);
    if (how.reads_input()) asked.input = "nop\n";
    const std::string text = key_of(asked, how);
    const auto again = question_of(text);
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(again->input, asked.input);
    EXPECT_EQ(key_of(*again, *read_question(std::vector<std::string_view>(again->argv.begin(), again->argv.end()))), text);
  }
  EXPECT_FALSE(question_of("anything"));
  EXPECT_FALSE(question_of(""));
}

TEST(IsPlainAssembler, TakesInstructionsAndRefusesFilesAndTricks) {
  EXPECT_TRUE(is_plain_assembler("sha1msg1 %xmm0,%xmm1\n"));
  EXPECT_TRUE(is_plain_assembler(".arch armv8.5-a\nmov x0, #0\n"));
  for (const char* text : {".incbin \"x\"", ".IncLude \"x\"", "#include <x>", " #if 1", ".macro a b", ".ascii \"\\x41\"",
                           ".rept 9\nnop\n.endr", ".fill 100000000", "_Pragma(\"x\")", ".ascii __FILE__"}) {
    EXPECT_FALSE(is_plain_assembler(text)) << text;
  }
  EXPECT_FALSE(is_plain_assembler(std::string(kLongestInput + 1, 'n')));
}

TEST(Heeded, KeepsWhatCompilersGoByAndRefusesWhatLeadsThemAstray) {
  const std::vector<std::string_view> build{"PATH=/cell/bin:/usr/bin:/bin", "LC_ALL=C", "KBUILD_EXTMOD=/cell",
                                            "SOURCE_DATE_EPOCH=17"};
  EXPECT_EQ(heeded(build, "/cell/bin"), (std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin"}));
  for (const std::string_view entry : {"CPATH=/x", "GCC_EXEC_PREFIX=/x", "DEPENDENCIES_OUTPUT=/x", "LD_PRELOAD=/x", "TMPDIR=/x",
                                       "SOURCE_DATE_EPOCH=soon", "CCACHE_DIR=/x", "no name"}) {
    EXPECT_FALSE(heeded(std::vector<std::string_view>{"PATH=/bin", entry}, "/cell/bin")) << entry;
  }
}

TEST(QuestionsIn, ReadsBackWhatIsWholeAndStopsAtWhatIsNot) {
  Question second = question("gcc --version");
  second.input = "text";
  const std::string bytes = to_bytes(question(kAsked)) + to_bytes(second);
  ASSERT_EQ(questions_in(bytes).size(), 2U);
  EXPECT_EQ(questions_in(bytes)[0].argv, words(kAsked));
  EXPECT_EQ(questions_in(bytes)[1].input, "text");
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_LE(questions_in(bytes.substr(0, size)).size(), 1U);
  EXPECT_TRUE(questions_in("\xff\xff\xff\xff rubbish").empty());
}

}  // namespace
}  // namespace kmpack
