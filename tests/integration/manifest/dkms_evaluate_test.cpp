#include "manifest/dkms/evaluate.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "manifest/dkms/conf.hpp"
#include "support/fake_runner.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr const char* kHead = "PACKAGE_NAME=\"sample\"\nPACKAGE_VERSION=\"1.0\"\nBUILT_MODULE_NAME[0]=\"sample\"\n";

/// The real thing with a shorter limit, or with what a test changes.
class ChangedRunner final : public CommandRunner {
 public:
  explicit ChangedRunner(std::function<void(Command&)> change) : change_(std::move(change)) {}
  Completed run(const Command& command, std::stop_token stop) override {
    Command changed = command;
    change_(changed);
    return runner_.run(changed, std::move(stop));
  }

 private:
  ProcessRunner runner_;
  std::function<void(Command&)> change_;
};

class EvaluateDkms : public testing::Test {
 protected:
  void SetUp() override {
    origin_.conf = here_.path() / "dkms.conf";
    kernel_.release = KernelRelease("6.1.0-56-amd64");
    kernel_.arch = "x86_64";
    kernel_.source_dir = here_.path() / "headers";
    kernel_.config = kernel_.source_dir / ".config";
    write_file(kernel_.config, "CONFIG_PCI=y\n");
  }

  std::optional<DkmsDump> evaluate(const std::string& conf, CommandRunner& runner) {
    write_file(origin_.conf, conf);
    return evaluate_dkms(origin_, kernel_, runner, {}, problems_);
  }
  std::optional<DkmsDump> evaluate(const std::string& conf) {
    ProcessRunner runner;
    return evaluate(conf, runner);
  }

  /// Of the last thing that was reported, without notes and hint.
  [[nodiscard]] std::string problem() const {
    if (problems_.all().empty()) return "nothing was reported";
    Diagnostic last = problems_.all().back();
    last.notes.clear();
    last.hint.reset();
    std::string text = to_text(last);
    const std::string directory = here_.path().string() + "/";
    if (const auto at = text.find(directory); at != std::string::npos) text.erase(at, directory.size());
    return text;
  }

  TempDir here_;
  DkmsOrigin origin_;
  DkmsKernel kernel_;
  Diagnostics problems_;
};

TEST_F(EvaluateDkms, GivesAnEndlessLoopUp) {
  ChangedRunner impatient([](Command& command) {
    if (command.limit) command.limit = std::chrono::milliseconds(700);
  });
  EXPECT_FALSE(evaluate(std::string(kHead) + "while :; do :; done\n", impatient));
  EXPECT_EQ(problem(), "dkms.conf: error: bash is not done with the file after 10 s [dkms-conf-timeout]");
}

TEST_F(EvaluateDkms, GivesAWaitingProgramUp) {
  ChangedRunner impatient([](Command& command) {
    if (command.limit) command.limit = std::chrono::milliseconds(700);
  });
  EXPECT_FALSE(evaluate(std::string(kHead) + "trap '' TERM\nsleep 1000\n", impatient));
  EXPECT_EQ(problem(), "dkms.conf: error: bash is not done with the file after 10 s [dkms-conf-timeout]");
}

TEST_F(EvaluateDkms, GivesEndlessMessagesUp) {
  EXPECT_FALSE(evaluate(std::string(kHead) + "while echo complaint; do :; done >&2\n"));
  EXPECT_EQ(problem(), "dkms.conf: error: the file makes bash say more than 1 MiB [dkms-conf-too-much]");
}

TEST_F(EvaluateDkms, GivesAnEndlessValueUp) {
  // bash alone would take minutes to evaluate it a second time.
  EXPECT_FALSE(evaluate(std::string(kHead) + "POST_ADD=$(head -c 2000000 /dev/zero | tr '\\0' x)\n"));
  EXPECT_EQ(problem(), "dkms.conf: error: POST_ADD has a value of more than 65536 characters [dkms-conf-too-much]");
}

TEST_F(EvaluateDkms, HearsNothingOfAGigabyteOnStdout) {
  EXPECT_TRUE(evaluate(std::string(kHead) + "head -c 1000000000 /dev/zero\n")) << problem();
}

TEST_F(EvaluateDkms, WritesNothing) {
  ProcessRunner runner;
  if (!is_confining(runner, {}) && std::getenv("CI") == nullptr) GTEST_SKIP() << "this machine confines nothing";
  const std::string here = here_.path().string();
  ASSERT_TRUE(evaluate(std::string(kHead) + "rm -rf " + here + "; echo x >" + here + "/new; echo x >>" + here + "/dkms.conf\n"))
      << problem();
  EXPECT_TRUE(fs::exists(kernel_.config));
  EXPECT_FALSE(fs::exists(here_.path() / "new"));
  EXPECT_EQ(read_file(origin_.conf).find("\nx\n"), std::string::npos);
}

TEST_F(EvaluateDkms, FindsTheHeadersWhereConfsSpellThemOut) {
  ProcessRunner runner;
  if (!is_confining(runner, {}) && std::getenv("CI") == nullptr) GTEST_SKIP() << "this machine confines nothing";
  const auto dump = evaluate(std::string(kHead) + "POST_ADD=$(cat /lib/modules/$kernelver/build/.config)\n" +
                             "POST_BUILD=$(head -n 1 /usr/src/sample-1.0/dkms.conf | cut -c 1-12)\n");
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "CONFIG_PCI=y");
  EXPECT_EQ(dump->seen.at("POST_BUILD").at(0), "PACKAGE_NAME");
}

TEST_F(EvaluateDkms, KnowsItsNameTheSecondTime) {
  const auto dump = evaluate(std::string(kHead) + "POST_ADD=$module/$module_version\n");
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "sample/1.0");
}

TEST_F(EvaluateDkms, HasNothingOfTheCallersEnvironment) {
  ::setenv("PATCH", "of the caller", 1);
  const auto dump = evaluate(std::string(kHead) + "POST_ADD=\"${CC-none} ${PATCH-none} ${USER-none} $PWD\"\n");
  ::unsetenv("PATCH");
  ASSERT_TRUE(dump) << problem();
  EXPECT_TRUE(dump->seen.at("POST_ADD").at(0).starts_with("none none none /")) << dump->seen.at("POST_ADD").at(0);
  EXPECT_FALSE(dump->seen.contains("PATCH"));
}

TEST_F(EvaluateDkms, KeepsWhatTheFileSaid) {
  const auto dump = evaluate(std::string(kHead) + "echo 'not for this kernel' >&2\n");
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->messages, "not for this kernel\n");
}

TEST_F(EvaluateDkms, AnswersForNoKernelInParticular) {
  kernel_ = {};
  const auto dump = evaluate(std::string(kHead) +
                             "DEST_MODULE_LOCATION[0]=/extra\nBUILD_EXCLUSIVE_KERNEL=^5\nBUILD_EXCLUSIVE_CONFIG=CONFIG_X\n");
  ASSERT_TRUE(dump) << problem();
  const auto conf = interpret_dkms(*dump, origin_, kernel_, problems_);
  ASSERT_TRUE(conf) << problem();
  EXPECT_EQ(conf->name, "sample");
  EXPECT_FALSE(conf->excluded);
  EXPECT_EQ(conf->make, "make -C ${kernel_source_dir} M=${build_dir}");
}

TEST_F(EvaluateDkms, SaysThatThereIsNoSuchFile) {
  ProcessRunner runner;
  EXPECT_FALSE(evaluate_dkms(origin_, kernel_, runner, {}, problems_));
  EXPECT_EQ(problem(), "dkms.conf: error: there is no such file, or it may not be read [dkms-conf-unreadable]");
}

TEST_F(EvaluateDkms, FollowsALinkAndReadsWhatLiesBesideTheFile) {
  write_file(here_.path() / "real/dkms.conf", std::string(kHead) + "POST_ADD=$(cat $(dirname $BASH_SOURCE)/note)\n");
  make_directories(here_.path() / "links");
  fs::create_symlink("../real/dkms.conf", here_.path() / "links/dkms.conf");
  write_file(here_.path() / "links/note", "beside the link");
  origin_.conf = here_.path() / "links/dkms.conf";
  ProcessRunner runner;
  const auto dump = evaluate_dkms(origin_, kernel_, runner, {}, problems_);
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "beside the link");
}

TEST_F(EvaluateDkms, RefusesWhatIsNoText) {
  EXPECT_FALSE(evaluate(std::string("\177ELF\2\1\1\0\0\0\0\0", 12)));
  EXPECT_NE(problem().find("[dkms-conf-failed]"), std::string::npos) << problem();
  EXPECT_FALSE(evaluate(std::string(2'000'000, '\n')));
  EXPECT_EQ(problem(), "dkms.conf: error: the file has more than 1 MiB [dkms-conf-too-much]");
}

TEST_F(EvaluateDkms, FindsNothingOfThisMachineByAPattern) {
  ProcessRunner runner;
  if (!is_confining(runner, {}) && std::getenv("CI") == nullptr) GTEST_SKIP() << "this machine confines nothing";
  kernel_.source_dir = "/usr/src/linux-headers-none";
  const std::string line = "POST_ADD=\"ls /usr/src/* /home/* * $PWD\"\n";
  for (int time = 0; time < 2; ++time) {
    const auto dump = evaluate(std::string(kHead) + line);
    ASSERT_TRUE(dump) << problem();
    EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "ls /usr/src/sample-1.0 /home/* * /var/empty");
  }
}

TEST_F(EvaluateDkms, ReadsHeadersByLinksFromOnePackageToTheOther) {
  const fs::path root = here_.path() / "root";
  write_file(root / "usr/src/linux-headers-6.1-common/note", "common");
  write_file(root / "usr/lib/linux-kbuild-6.1/note", "kbuild");
  kernel_.source_dir = root / "usr/src/linux-headers-6.1-amd64";
  make_directories(kernel_.source_dir);
  fs::create_symlink("../../lib/linux-kbuild-6.1", kernel_.source_dir / "tools");
  const auto dump = evaluate(
      std::string(kHead) + "POST_ADD=$(cat $kernel_source_dir/../linux-headers-6.1-common/note $kernel_source_dir/tools/note)\n");
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "commonkbuild");
}

TEST_F(EvaluateDkms, LetsNoFloodOfFilesOrProcessesOut) {
  ProcessRunner runner;
  if (!is_confining(runner, {}) && std::getenv("CI") == nullptr) GTEST_SKIP() << "this machine confines nothing";
  const auto dump =
      evaluate(std::string(kHead) +
               "for n in {1..40}; do head -c 1000000 /dev/zero >/tmp/$n; head -c 1000000 /dev/zero >/dev/shm/$n; done\n"
               "POST_ADD=$(cat /tmp/* /dev/shm/* | wc -c) POST_REMOVE=$(ulimit -u)\n");
  ASSERT_TRUE(dump) << problem();
  EXPECT_LE(std::stoul(dump->seen.at("POST_ADD").at(0)), 2 * (16U << 20));
  EXPECT_EQ(dump->seen.at("POST_REMOVE").at(0), "2048");
}

TEST_F(EvaluateDkms, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  write_file(origin_.conf, kHead);
  ProcessRunner runner;
  EXPECT_THROW(evaluate_dkms(origin_, kernel_, runner, stop.get_token(), problems_), Cancelled);
}

TEST_F(EvaluateDkms, WarnsWhereNothingConfinesAndEvaluatesTheSame) {
  // A process asks once; ctest gives each test its own.
  test::FakeRunner refusing([](const Command&) { return test::FakeRunner::ended(1); });
  if (is_confining(refusing, {})) GTEST_SKIP() << "another test of this process has asked before";
  const fs::path scratch = here_.path() / "scratch";
  make_directories(scratch);
  write_file(origin_.conf, std::string(kHead) +
                               "POST_ADD='$kernelver'\nMAKE=\"a $dkms_tree $source_tree $install_tree/$kernelver/build $PWD\"\n"
                               "rm -rf \"$dkms_tree\" \"$source_tree\"\nPRE_BUILD=$(cat $install_tree/$kernelver/build/.config)\n"
                               "POST_BUILD=${#dkms_tree} POST_INSTALL=$(ls \"" +
                               scratch.string() + "\" | wc -l)\n");
  ProcessRunner runner;
  const auto dump = evaluate_dkms(origin_, kernel_, runner, {}, problems_, scratch);
  ASSERT_TRUE(dump) << problem();
  EXPECT_EQ(dump->seen.at("MAKE").at(0), "a /var/lib/dkms /usr/src /lib/modules/6.1.0-56-amd64/build /var/empty");
  EXPECT_EQ(dump->seen.at("PRE_BUILD").at(0), "CONFIG_PCI=y");
  EXPECT_GT(std::stoi(dump->seen.at("POST_BUILD").at(0)), 13) << "the real one";
  EXPECT_EQ(dump->seen.at("POST_INSTALL").at(0), "1");
  EXPECT_TRUE(fs::is_empty(scratch));
  EXPECT_EQ(dump->seen.at("POST_ADD").at(0), "6.1.0-56-amd64");
  EXPECT_EQ(problem(),
            "dkms.conf: warning: this file is shell code and runs with all that you may do: this machine cannot confine it "
            "[dkms-not-confined]");
}

}  // namespace
}  // namespace kmpack
