#include "sys/process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;

Command shell(std::string script) {
  return {.program = "/bin/sh", .args = {"-c", std::move(script)}, .environment = scrubbed_environment(0)};
}

Completed run(const Command& command) { return ProcessRunner().run(command, {}); }

std::string_view code_of(const Command& command) {
  try {
    run(command);
  } catch (const Error& error) {
    return error.diagnostic().code;
  }
  return "";
}

TEST(ProcessRunner, GivesTheExitStatusAsAValue) {
  const Completed completed = run(shell("exit 7"));
  EXPECT_EQ(completed.exit_code, 7);
  EXPECT_EQ(completed.signal, std::nullopt);
  EXPECT_FALSE(completed.ok());
  EXPECT_TRUE(run(shell("exit 0")).ok());
}

TEST(ProcessRunner, TellsASignalFromAnExit) {
  const Completed completed = run(shell("kill -9 $$"));
  EXPECT_EQ(completed.signal, SIGKILL);
  EXPECT_EQ(completed.exit_code, std::nullopt);
  EXPECT_EQ(completed.how(), "signal 9 (Killed)");
}

TEST(ProcessRunner, KeepsStdoutAndStderrInTheOrderWritten) {
  EXPECT_EQ(run(shell("echo one; echo two >&2; echo three")).tail, "one\ntwo\nthree\n");
}

TEST(ProcessRunner, KeepsStderrApartWhenAsked) {
  Command command = shell("echo out; echo err >&2");
  command.separate_errors = true;
  const Completed completed = run(command);
  EXPECT_EQ(completed.tail, "out\n");
  EXPECT_EQ(completed.errors, "err\n");
}

TEST(ProcessRunner, KeepsTheEndOfALongOutput) {
  Command command = shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done");
  command.tail_bytes = 20;
  EXPECT_EQ(run(command).tail, "line 4998\nline 4999\n");
}

TEST(ProcessRunner, AppendsToTheLogAndReturnsOnlyItsOwnPart) {
  const TempDir place;
  Command command = shell("echo second");
  command.log = place.path() / "logs/cell.log";
  make_directories(place.path() / "logs");
  write_file(*command.log, "first\n");
  EXPECT_EQ(run(command).tail, "second\n");
  EXPECT_EQ(read_file(*command.log), "first\nsecond\n");
}

TEST(ProcessRunner, SendsStdoutAloneToTheOutputFile) {
  const TempDir place;
  Command command = shell("echo data; echo noise >&2");
  command.output = place.path() / "data";
  write_file(*command.output, "something longer that was there before");
  EXPECT_EQ(run(command).tail, "noise\n");
  EXPECT_EQ(read_file(*command.output), "data\n");
}

TEST(ProcessRunner, GivesStdinAndOtherwiseNothing) {
  Command command{.program = "cat", .environment = scrubbed_environment(0)};
  EXPECT_EQ(run(command).tail, "");
  command.input = std::string(300'000, 'x') + "end\n";
  command.tail_bytes = 5;
  EXPECT_EQ(run(command).tail, "xend\n");
}

TEST(ProcessRunner, GivesTheChildThisEnvironmentAndNoOther) {
  ::setenv("KMPACK_TEST_LEAK", "1", 1);
  Command command{.program = "env", .environment = {{"PATH", "/usr/bin:/bin"}, {"ONLY", "this one"}}};
  EXPECT_EQ(run(command).tail, "ONLY=this one\nPATH=/usr/bin:/bin\n");
}

TEST(ProcessRunner, GivesArgumentsAsTheyAre) {
  EXPECT_EQ(run({.program = "printf", .args = {"[%s]", "", "a b", "$HOME", "*"}, .environment = scrubbed_environment(0)}).tail,
            "[][a b][$HOME][*]");
}

TEST(ProcessRunner, RunsInTheDirectoryWithoutChangingOurs) {
  const TempDir place;
  const auto before = std::filesystem::current_path();
  Command command = shell("pwd -P");
  command.directory = place.path();
  EXPECT_EQ(run(command).tail, std::filesystem::canonical(place.path()).string() + "\n");
  EXPECT_EQ(std::filesystem::current_path(), before);
}

TEST(ProcessRunner, ReportsAProgramThatIsNotThere) {
  EXPECT_EQ(code_of({.program = "kmpack-no-such-program", .environment = scrubbed_environment(0)}), "tool-missing");
  EXPECT_EQ(code_of({.program = "/nonexistent/make"}), "tool-missing");
  EXPECT_EQ(code_of({.program = "sh", .environment = {{"PATH", "/nonexistent"}}}), "tool-missing");
}

TEST(ProcessRunner, ReportsAFileThatIsNoProgram) {
  const TempDir place;
  const auto file = place.path() / "not-a-program";
  write_file(file,
             "\x7f"
             "ELF but not really",
             std::filesystem::perms{0755});
  EXPECT_EQ(code_of({.program = file.string()}), "process-failed-to-start");
}

TEST(ProcessRunner, ReportsADirectoryThatIsNotThere) {
  Command command = shell("true");
  command.directory = "/nonexistent/place";
  EXPECT_EQ(code_of(command), "process-failed-to-start");
}

TEST(ProcessRunner, EndsAChildAtItsTimeLimit) {
  Command command = shell("echo before; sleep 30");
  command.limit = 200ms;
  const Completed completed = run(command);
  EXPECT_TRUE(completed.timed_out);
  EXPECT_FALSE(completed.ok());
  EXPECT_EQ(completed.tail, "before\n");
  EXPECT_LT(completed.wall, 20s);
}

TEST(ProcessRunner, EndsAChildThatIgnoresTheTermSignal) {
  Command command = shell("trap '' TERM; sleep 30 & wait; sleep 30");
  command.limit = 200ms;
  const Completed completed = run(command);
  EXPECT_TRUE(completed.timed_out);
  EXPECT_EQ(completed.signal, SIGKILL);
}

TEST(RunChecked, ThrowsForAChildThatFails) {
  ProcessRunner runner;
  try {
    run_checked(runner, shell("echo broken; exit 3"), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "process-failed");
    EXPECT_EQ(error.diagnostic().message, "sh ended with exit status 3");
  }
}

}  // namespace
}  // namespace kmpack
