#include "build/probes.hpp"

#include <algorithm>

#include "fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::IsEmpty;

/// Builds with stand-ins; the compiler's identity is what a test says.
class ProbesOf : public Build {
 protected:
  std::unique_ptr<Probes> open_probes() {
    return std::make_unique<Probes>(
        ProbePlaces{.tables = temp_.path() / "cache/probes", .scratch = temp_.path(), .program = probe_program()},
        [this](const std::string&) { return identity_; }, runner_, std::stop_token());
  }
  BuildRecord build_with(Probes& probes, const std::string& where) {
    settings_.probes = &probes;
    BuildRecord record = build(where);
    settings_.probes = nullptr;
    return record;
  }
  /// What the stand-ins of a build could not answer.
  std::vector<Question> unanswered(const std::string& where) {
    for (const fs::directory_entry& attempt : fs::directory_iterator(temp_.path() / where)) {
      const fs::path notes = attempt.path() / ".probes/unanswered";
      if (fs::exists(notes)) return questions_in(read_file(notes));
    }
    ADD_FAILURE() << where << " had no stand-ins";
    return {};
  }
  /// The only one.
  [[nodiscard]] fs::path table() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(temp_.path() / "cache/probes")) return entry.path() / "table";
    return {};
  }
  [[nodiscard]] ProbeAnswerMap answers() const { return answers_in(read_file(table())); }

  std::string identity_ = "one";
};

void expect_same_modules(const BuildRecord& left, const BuildRecord& right) {
  ASSERT_EQ(left.modules.size(), right.modules.size());
  for (std::size_t i = 0; i < left.modules.size(); ++i) {
    EXPECT_TRUE(read_file(left.modules[i].file) == read_file(right.modules[i].file)) << left.modules[i].name.str() << " differs";
  }
}

TEST_F(ProbesOf, AnswerInPlaceOfTheCompilerAndTheModulesAreTheSame) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  use_headers(root, "amd64");
  use_source("pair");
  add_module("exporter", "exporter");
  const BuildRecord plain = build("plain");
  auto probes = open_probes();
  const BuildRecord first = build_with(*probes, "first");
  EXPECT_GT(unanswered("first").size(), 20U) << "kbuild's questions are not recognised";
  EXPECT_THAT(probes->finish(), IsEmpty());
  EXPECT_GT(answers().size(), 20U);
  // Another source at another place, confined, as what dkms makes is.
  probes = open_probes();
  manifest_.make.before = {{.text = "true", .where = {}}};
  const BuildRecord again = build_with(*probes, "another/place");
  EXPECT_THAT(unanswered("another/place"), IsEmpty()) << "the table was not used";
  expect_same_modules(plain, first);
  expect_same_modules(plain, again);
}

/// The stand-in itself, called as make would.
class StandIn : public ProbesOf {
 protected:
  StandIn() : probes_(open_probes()) {
    use(*probes_, "desk");
    fs::create_directories(temp_.path() / "cell/.tmp_1");
  }
  void use(Probes& probes, const std::string& name) {
    const auto desk = probes.open(kCompiler, temp_.path() / name);
    desk_ = desk ? desk->programs : fs::path();
  }
  /// In a shell, with $C the compiler; `with` the stand-ins or without.
  Completed shell(const std::string& script, bool with) {
    Command command{.program = "sh",
                    .args = {"-c", script},
                    .environment = scrubbed_environment(0),
                    .directory = temp_.path() / "cell",
                    .separate_errors = true};
    if (with) command.environment["PATH"] = desk_.string() + ":" + command.environment["PATH"];
    command.environment["C"] = kCompiler;
    return runner_.run(command, {});
  }
  void expect_same(const std::string& script) {
    const Completed without = shell(script, false);
    const Completed with = shell(script, true);
    EXPECT_EQ(with.exit_code, without.exit_code) << script;
    EXPECT_EQ(with.tail, without.tail) << script;
    EXPECT_EQ(with.errors, without.errors) << script;
  }
  void learn() {
    probes_->learn(kCompiler, desk_.parent_path());
    probes_->finish();
  }

  static constexpr const char* kCompiler = "gcc-12";
  std::unique_ptr<Probes> probes_;
  fs::path desk_;
};

constexpr const char* kQuestions[] = {
    "$C -Werror -Wall -c -x c /dev/null -o $PWD/.tmp_1/tmp; echo $?; od -c .tmp_1/tmp; stat -c %a .tmp_1/tmp; rm -rf "
    "$PWD/.tmp_1; mkdir -p $PWD/.tmp_1",
    "$C -Werror -fnosuch -c -x c /dev/null -o $PWD/.tmp_1/tmp; echo $?; ls .tmp_1",
    "$C -ffile-prefix-map=$PWD=/usr/src/x -c -x c /dev/null -o $PWD/.tmp_1/tmp; echo $?; od -c .tmp_1/tmp; rm -f .tmp_1/tmp",
    "printf 'nop\\n' | $C -c -x assembler -o $PWD/.tmp_1/tmp -; echo $?; od -c .tmp_1/tmp; rm -f .tmp_1/tmp",
    "printf 'nosuch %%eax\\n' | $C -c -x assembler-with-cpp -o $PWD/.tmp_1/tmp -; echo $?; ls .tmp_1",
    "LC_ALL=C $C --version; $C -dumpversion",
};

TEST_F(StandIn, LeavesBehindWhatTheCompilerDoesBeforeAndAfterItKnows) {
  for (const char* script : kQuestions) expect_same(script);
  learn();
  EXPECT_EQ(answers().size(), 7U);
  fs::resize_file(desk_.parent_path() / "unanswered", 0);
  for (const char* script : kQuestions) expect_same(script);
  EXPECT_EQ(read_file(desk_.parent_path() / "unanswered"), "");
}

TEST_F(StandIn, AsksAnotherCompilerAnew) {
  shell(kQuestions[0], true);
  learn();
  const auto notes_of = [&](const std::string& name) {
    probes_ = open_probes();
    use(*probes_, name);
    shell(kQuestions[0], true);
    return questions_in(read_file(temp_.path() / name / "unanswered")).size();
  };
  EXPECT_EQ(notes_of("same"), 0U);
  identity_ = "two";
  EXPECT_EQ(notes_of("changed"), 1U);
}

TEST_F(StandIn, KnowsTheSymbolsOfAnObjectWithCoverage) {
  // As kernels ask, in a directory of its own each time.
  const std::string script =
      "mkdir -p .tmp_$$; T=$PWD/.tmp_$$/tmp; L='long long x; void f(void){x++;}'; "
      "echo \"$L\" | $C -w -fprofile-arcs -ftest-coverage -x c - -c -o $T.base && "
      "echo \"$L\" | $C -w -fprofile-arcs -ftest-coverage -fprofile-update=prefer-atomic -x c - -c -o $T && nm $T.base && nm $T; "
      "echo $?; "
      "rm -rf .tmp_$$; ls -A";
  expect_same(script);
  learn();
  probes_ = open_probes();
  use(*probes_, "then");
  expect_same(script);
  EXPECT_EQ(read_file(temp_.path() / "then/unanswered"), "");
  // Two objects, and what nm says of each.
  ProbeAnswerMap changed = answers();
  EXPECT_EQ(changed.size(), 4U);
  for (auto& [key, answer] : changed) {
    if (key.starts_with("nm")) answer.out = "told\n";
  }
  write_file(table(), render_table(changed));
  EXPECT_EQ(shell(script, true).tail, "told\ntold\n0\n.tmp_1\n");
}

TEST_F(StandIn, TellsTheSymbolsOfAFileAgainAsLongAsItIsTheSame) {
  const std::string asked =
      "echo 'int f(void) { return 1; }' > f.c; $C -c f.c -o f.o; nm f.o; nm f.o | grep -q f && nm f.o; echo $?; ";
  const auto kept = [&] {
    const fs::directory_iterator files(desk_.parent_path());
    return std::count_if(begin(files), end(files),
                         [](const auto& file) { return file.path().filename().string().starts_with("symbols-"); });
  };
  expect_same(asked);
  EXPECT_EQ(kept(), 1);
  // Another content at once, under the same name and inode.
  expect_same(asked + "echo 'int g(void) { return 1; }' > f.c; $C -c f.c -o g.o; cat g.o > f.o; nm f.o; nm f.o; rm g.o f.o");
  expect_same("nm nosuch; echo $?; nm f.c; echo $?; nm .; : > empty.o; nm empty.o; nm empty.o; echo $?");
  expect_same("echo | $C -x c -c - -o no.o; strip no.o; nm no.o; nm no.o; echo $?");
}

TEST_F(StandIn, AnswersFromTheTable) {
  shell(kQuestions[0], true);
  learn();
  ProbeAnswerMap changed = answers();
  ASSERT_EQ(changed.size(), 1U);
  changed.begin()->second.status = 42;
  write_file(table(), render_table(changed));
  EXPECT_TRUE(shell("$C -Werror -Wall -c -x c /dev/null -o /elsewhere/.tmp_1/tmp; echo $?", true).tail.starts_with("1\n"))
      << "where the compiler cannot write, the stand-in must not say that it did";
  EXPECT_TRUE(shell("$C -Werror -Wall -c -x c /dev/null -o $PWD/.tmp_1/tmp; echo $?", true).tail.starts_with("42\n"));
}

TEST_F(StandIn, HandsOverEverythingElseAsItCame) {
  const std::string source = "printf 'int f(void) { return 1; }\\n' > f.c; ";
  for (const char* script :
       {"$C -c f.c -o f.o; echo $?; od -c f.o", "$C -E - < f.c", "$C -print-file-name=include; $C -print-prog-name=cc1",
        "$C -c nosuch.c", "cat f.c f.c | $C -E -x c - | tail -1", "mkdir a a/b && ls a; rm -rf a; ls", "mkdir -p .; rm nosuch",
        "mkdir -p .tmp_7/x .tmp_8 && touch .tmp_8/more && rm -rf .tmp_7 && rm -rf .tmp_8; ls -A",
        "mkdir -p kept/x .tmp_3; touch kept/tmp; ln -s kept .tmp_9; rm -rf .tmp_9; ls -A . kept; rm -rf kept .tmp_3",
        "echo $PWD; $C -c -x assembler -o .tmp_1/tmp - < /dev/null; ls .tmp_1; rm -f .tmp_1/tmp",
        "yes nop | head -40000 | $C -c -x assembler -o $PWD/.tmp_1/tmp -; echo $?; cksum .tmp_1/tmp; rm .tmp_1/tmp"}) {
    expect_same(source + script);
  }
  // Called by its full name, as by $(shell which gcc).
  const Completed named = shell("`which $C` --nosuch; sh -c 'echo $PATH' ; `which $C` -print-prog-name=cc1", true);
  EXPECT_EQ(named.errors.find(desk_.string()), std::string::npos) << named.errors;
  EXPECT_TRUE(named.tail.ends_with("/cc1\n")) << named.tail;
}

TEST_F(StandIn, IsNotTaughtByWhatABuildNotes) {
  // Another program of the name, before the real one; and what would be no question at all.
  write_file(temp_.path() / "evil/gcc-12", "#!/bin/sh\ntouch " + (temp_.path() / "ran").string() + "\n", fs::perms{0755});
  Question evil{.argv = {kCompiler, "--version"}, .input = {}, .environment = {"PATH=" + (temp_.path() / "evil").string()}};
  std::string notes = to_bytes(evil);
  evil.environment = {"PATH=" + scrubbed_environment(0).at("PATH")};
  evil.argv = {kCompiler, "-c", "-x", "c", "/dev/null", "-o", (temp_.path() / "ran").string()};
  notes += to_bytes(evil);
  evil.argv = {(temp_.path() / "evil/gcc-12").string(), "--version"};
  notes += to_bytes(evil);
  evil.argv = {kCompiler, "-c", "-x", "assembler", "-o", "/.tmp_1/tmp", "-"};
  evil.input = ".incbin \"/etc/hostname\"\n";
  notes += to_bytes(evil);
  evil.argv = {kCompiler, "-dumpversion"};
  evil.input.reset();
  notes += to_bytes(evil) + "rubbish";
  write_file(desk_.parent_path() / "unanswered", notes);
  learn();
  EXPECT_FALSE(fs::exists(temp_.path() / "ran"));
  EXPECT_EQ(answers().size(), 1U) << "the one question among them";
}

TEST_F(StandIn, IsCheckedNowAndThenAndForgetsWhatIsNoLongerTrue) {
  shell("$C -dumpversion; $C -dumpmachine", true);
  learn();
  const fs::path runs = table().parent_path() / "runs";
  write_file(runs, "15\n");
  probes_ = open_probes();
  use(*probes_, "same");
  EXPECT_THAT(probes_->finish(), IsEmpty());
  EXPECT_EQ(read_file(runs), "16\n");
  ProbeAnswerMap changed = answers();
  for (auto& [key, answer] : changed) answer.out = "11\n";
  write_file(table(), render_table(changed));
  probes_ = open_probes();
  use(*probes_, "soon");
  EXPECT_THAT(probes_->finish(), IsEmpty()) << "it is not its turn";
  write_file(runs, "31\n");
  probes_ = open_probes();
  use(*probes_, "now");
  const std::vector<Diagnostic> warnings = probes_->finish();
  ASSERT_EQ(warnings.size(), 1U);
  // Of the two the one whose turn it is.
  EXPECT_THAT(to_text(warnings[0]),
              testing::MatchesRegex("warning: 'gcc-12' no longer answers as it did before, so what it answered is forgotten "
                                    "\\[probe-answer-changed\\]\n"
                                    "  note: asked: gcc-12 -dump[a-z]+\n"
                                    "  hint: build again with --no-probe-cache what was built since it changed"));
  EXPECT_FALSE(fs::exists(table()));
}

TEST_F(StandIn, IsNotSetUpWhereThereIsNothingToSetUp) {
  EXPECT_FALSE(probes_->open("no-such-compiler", temp_.path() / "a"));
  EXPECT_FALSE(probes_->open("/usr/bin/gcc-12", temp_.path() / "b"));
  // A cache that cannot be written, as one whose place is a file.
  write_file(temp_.path() / "file", "");
  Probes unwritable({.tables = temp_.path() / "file", .scratch = temp_.path(), .program = probe_program()},
                    [](const std::string&) { return std::string("one"); }, runner_, {});
  EXPECT_FALSE(unwritable.open(kCompiler, temp_.path() / "c"));
  Probes bare({.tables = temp_.path() / "cache/probes", .scratch = temp_.path(), .program = temp_.path() / "absent"},
              [](const std::string&) { return std::string("one"); }, runner_, {});
  EXPECT_FALSE(bare.open(kCompiler, temp_.path() / "d"));
}

}  // namespace
}  // namespace kmpack
