#include "sys/confine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Every test as this user; as root also as one who has no rights.
class Confined : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "nobody" && ::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    if (!is_confining(runner_, {}) && std::getenv("CI") == nullptr) {
      GTEST_SKIP() << "this machine gives users no namespaces, or has no bwrap";
    }
    fs::permissions(here_.path(), fs::perms{0755});
    make_directories(here_.path() / "open");
    make_directories(here_.path() / "closed");
    fs::permissions(here_.path() / "open", fs::perms{0777});
    fs::permissions(here_.path() / "closed", fs::perms{0777});
    write_file(here_.path() / "closed" / "file", "kept\n");
  }

  Completed run(const std::string& script, Confinement confinement = {},
                std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    Command command{.program = "bash",
                    .args = {"-c", script},
                    .environment = scrubbed_environment(0),
                    .directory = directory_,
                    .log = {},
                    .output = {},
                    .input = {},
                    .limit = limit,
                    .descriptors = {}};
    command = confined(std::move(command), confinement, runner_, {});
    if (std::string(GetParam()) == "nobody") {
      command.args.insert(command.args.begin(), {"--reuid=65534", "--regid=65534", "--clear-groups", command.program});
      command.program = "setpriv";
    }
    return runner_.run(command, {});
  }

  ProcessRunner runner_;
  TempDir here_;
  fs::path directory_;
};

TEST_P(Confined, WritesOnlyWhereItMay) {
  const std::string here = here_.path().string();
  const Completed completed = run("echo new >" + here + "/open/file; echo spoilt >" + here + "/closed/file; rm -rf " + here +
                                      "/closed /usr/bin/env; echo x >/etc/kmpack-was-here; echo done",
                                  {.writable = {here_.path() / "open"}, .readable = {here_.path()}, .emptied = {}, .shown = {}});
  EXPECT_TRUE(completed.tail.ends_with("done\n")) << completed.tail;
  EXPECT_EQ(read_file(here_.path() / "open" / "file"), "new\n");
  EXPECT_EQ(read_file(here_.path() / "closed" / "file"), "kept\n");
  EXPECT_TRUE(fs::exists("/usr/bin/env"));
  EXPECT_FALSE(fs::exists("/etc/kmpack-was-here"));
}

TEST_P(Confined, SeesNothingOfOthersTemporaryFiles) {
  const Completed completed = run("ls -A /tmp /run | sort -u | tr '\\n' ' '; touch /tmp/mine && echo can");
  EXPECT_EQ(completed.tail.find(here_.path().filename().string()), std::string::npos) << completed.tail;
  EXPECT_TRUE(completed.tail.ends_with("can\n")) << completed.tail;
  EXPECT_FALSE(fs::exists("/tmp/mine"));
}

TEST_P(Confined, TalksToNoProgramOutside) {
  // A socket or pipe that can be seen can be talked through, mounted read-only or not: so homes and checkouts are not seen at
  // all.
  const Completed completed =
      run(std::string("test -e ") + KMPACK_SOURCE_DIR +
          " && echo sees the checkout; ls -A /root /home 2>/dev/null | grep -v :; ls -A /var; ls /usr/bin/env");
  EXPECT_EQ(completed.tail.find("sees"), std::string::npos) << completed.tail;
  EXPECT_TRUE(completed.tail.ends_with("tmp\n/usr/bin/env\n")) << completed.tail;
  EXPECT_EQ(completed.tail.find_first_not_of('\n'), completed.tail.find("tmp\n")) << completed.tail;
}

TEST_P(Confined, FillsNoMemoryOfTheMachine) {
  const Confinement confinement{.writable = {}, .readable = {}, .emptied = {}, .shown = {}, .start = {}, .room = 1024 * 1024};
  const Completed completed =
      run("for place in /tmp /var/tmp /run /dev/shm /dev /var /home; do head -c 3000000 /dev/zero >$place/x; done 2>/dev/null; "
          "stat -c %s /tmp/x /var/tmp/x /run/x /dev/shm/x; ls /dev/x /var/x /home/x",
          confinement);
  EXPECT_TRUE(completed.tail.starts_with("1048576\n1048576\n1048576\n1048576\n")) << completed.tail;
  EXPECT_EQ(completed.exit_code, 2) << completed.tail;
}

TEST_P(Confined, StartsInAnEmptyDirectoryOfANameThatIsAlwaysTheSame) {
  directory_ = "/";
  EXPECT_EQ(run("pwd; ls -A; touch x", {.writable = {}, .readable = {}, .emptied = {}, .shown = {}, .start = "/var/empty"}).tail,
            "/var/empty\ntouch: cannot touch 'x': Read-only file system\n");
}

TEST_P(Confined, HasNoNetworkAndNoRights) {
  // The loopback device is there and is down; nothing else is.
  EXPECT_EQ(run("cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' '; grep CapEff /proc/self/status").tail,
            "lo\nCapEff:\t0000000000000000\n");
}

TEST_P(Confined, FindsADirectoryAtAPlaceThatIsNotOnThisDisk) {
  const std::string at = "/lib/modules/0.0-kmpack/build";
  const Completed completed =
      run("cat " + at + "/file; cat /usr/src/kmpack-1.0/file; ls /usr/src; ls /usr/bin/env; echo no >" + at + "/file",
          {.writable = {},
           .readable = {},
           .emptied = {"/usr/src"},
           .shown = {{here_.path() / "closed", at}, {here_.path() / "closed", "/usr/src/kmpack-1.0"}}});
  EXPECT_TRUE(completed.tail.starts_with("kept\nkept\nkmpack-1.0\n/usr/bin/env\n")) << completed.tail;
  EXPECT_EQ(read_file(here_.path() / "closed" / "file"), "kept\n");
  EXPECT_FALSE(fs::exists("/lib/modules/0.0-kmpack"));
}

TEST_P(Confined, WhatIsShownIsWritableWhereItIsSoAtItsOwnPlace) {
  run("echo new >/opt/kmpack/deep/file", {.writable = {here_.path() / "open"},
                                          .readable = {},
                                          .emptied = {},
                                          .shown = {{here_.path() / "open", "/opt/kmpack/deep"}}});
  EXPECT_EQ(read_file(here_.path() / "open" / "file"), "new\n");
  EXPECT_FALSE(fs::exists("/opt/kmpack"));
}

TEST_P(Confined, StartsInItsDirectoryEvenBelowTmp) {
  directory_ = here_.path() / "closed";
  EXPECT_EQ(run("pwd; cat file").tail, fs::canonical(directory_).string() + "\nkept\n");
}

TEST_P(Confined, GivesTheStatusOfTheChild) {
  EXPECT_EQ(run("exit 3").exit_code, 3);
  EXPECT_EQ(run("kill -KILL $$").exit_code, 128 + 9);
}

TEST_P(Confined, LeavesNoProcessBehind) {
  directory_ = here_.path() / "open";
  const Confinement confinement{.writable = {directory_}, .readable = {}, .emptied = {}, .shown = {}};
  // What runs on in the background would write; a time limit ends it as the end of its parent does.
  run("(trap '' TERM HUP; sleep 1; touch late) & setsid sh -c 'sleep 1; touch later' & exit 0", confinement);
  EXPECT_TRUE(run("trap '' TERM; (sleep 2; touch last) & sleep 60", confinement, std::chrono::milliseconds(300)).timed_out);
  ::usleep(2'500'000);
  for (const char* name : {"late", "later", "last"}) EXPECT_FALSE(fs::exists(directory_ / name)) << name;
}

/// Answers as a machine does that has other things to do.
class BusyRunner final : public CommandRunner {
 public:
  Completed run(const Command& command, std::stop_token) override {
    limits.push_back(command.limit.value());
    Completed completed;
    completed.timed_out = true;
    return completed;
  }
  std::vector<std::chrono::milliseconds> limits;
};

TEST(IsConfining, TakesNoTimeLimitForANo) {
  BusyRunner busy;
  std::string code;
  try {
    is_confining(busy, {});
  } catch (const Error& error) {
    code = error.diagnostic().code;
  }
  if (busy.limits.empty()) GTEST_SKIP() << "another test of this process has asked before, or there is no bwrap";
  EXPECT_EQ(code, "confinement-unknown");
  EXPECT_EQ(busy.limits, (std::vector<std::chrono::milliseconds>{std::chrono::seconds(20), std::chrono::seconds(60)}));
}

TEST(IsConfining, IsRefusedWhereItIsDemandedAndCannotBe) {
  class Refusing final : public CommandRunner {
    Completed run(const Command&, std::stop_token) override {
      Completed completed;
      completed.exit_code = 1;
      return completed;
    }
  } refusing;
  if (is_confining(refusing, {})) GTEST_SKIP() << "another test of this process has asked before";
  ::setenv("KMPACK_CONFINE", "must", 1);
  std::string code;
  try {
    is_confining(refusing, {});
  } catch (const Error& error) {
    code = error.diagnostic().code;
  }
  ::unsetenv("KMPACK_CONFINE");
  EXPECT_EQ(code, "confinement-missing");
}

INSTANTIATE_TEST_SUITE_P(As, Confined, testing::Values("user", "nobody"), [](const auto& as) { return as.param; });

}  // namespace
}  // namespace kmpack
