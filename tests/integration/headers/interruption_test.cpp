#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "integration/headers/fixture.hpp"
#include "sys/spawned.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class Interruption : public test::ArchiveFixture {
 protected:
  void SetUp() override {
    for (const std::string release : {"7.0.1-small", "7.0.2-small", "7.0.3-small"}) {
      std::vector<test::TestPackage> packages = test::kernel_packages(release, "1");
      // Enough files that there is a middle to be killed in.
      for (int i = 0; i < 500; ++i) {
        packages.at(1).files.push_back(
            test::plain_file("./usr/src/linux-headers-" + release + "-common/h/" + std::to_string(i) + ".h", "x"));
      }
      for (const test::TestPackage& package : packages) archive_.add(package);
    }
    archive_.publish();
  }

  [[nodiscard]] Command fetch_command() const {
    Command command{.program = HEADERS_TEST_CHILD,
                    .args = {"fetch", sources_.cache.string(), archive_.etc().string(), flavors().string(), "test-1/small@*"},
                    .environment = scrubbed_environment(0)};
    command.environment.erase("SOURCE_DATE_EPOCH");
    return command;
  }

  /// Nothing but finished things.
  void expect_clean_store() const {
    EXPECT_THAT(stored("packages"), testing::Each(SizeIs(64)));
    EXPECT_THAT(stored("sets"), testing::Each(SizeIs(64)));
    EXPECT_THAT(stored("downloads"), testing::IsEmpty());
    EXPECT_THAT(stored("packages"), SizeIs(7));
    EXPECT_THAT(stored("sets"), SizeIs(3));
  }
};

TEST_F(Interruption, TwoFetchesAtOnceBothSucceedAndDownloadOnce) {
  std::string outputs[2];
  {
    std::vector<std::jthread> both;
    for (std::string& output : outputs) {
      both.emplace_back([&] {
        ProcessRunner runner;
        const Completed completed = runner.run(fetch_command(), {});
        output = completed.how() + "\n" + completed.tail;
      });
    }
  }
  int fetched = 0;
  for (const std::string& output : outputs) {
    EXPECT_THAT(output, testing::AllOf(HasSubstr("exit status 0"), HasSubstr("7.0.3-small")));
    fetched += output.find("fetching 7 packages") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(fetched, 1);
  expect_clean_store();
}

TEST_F(Interruption, AFetchThatWasKilledAnywhereIsFinishedByTheNext) {
  const Command command = fetch_command();
  for (const int milliseconds : {30, 200, 400, 600, 900}) {
    std::vector<char*> argv{const_cast<char*>(command.program.c_str())};
    for (const std::string& arg : command.args) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::execv(command.program.c_str(), argv.data());
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  }
  ProcessRunner runner;
  const Completed completed = runner.run(command, {});
  EXPECT_TRUE(completed.ok()) << completed.tail;
  expect_clean_store();
  sources_.metadata = Metadata::none;
  for (const auto& kernel : find()) {
    EXPECT_TRUE(fs::exists(open_headers(sources_, *kernel).root /
                           ("usr/src/linux-headers-" + kernel->release.str() + "-common/h/499.h")));
  }
}

TEST_F(Interruption, AStopDuringAFetchLeavesNothingHalfDone) {
  const Kernels kernels = find();
  std::stop_source stop;
  std::jthread later([&] {
    while (stored("packages").empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop.request_stop();
  });
  EXPECT_THROW(fetch_headers(sources_, kernels, errands(stop.get_token())), Cancelled);
  later.join();
  for (const std::string& name : stored("packages")) EXPECT_EQ(name.size(), 64U) << name;
  fetch_headers(sources_, kernels, errands());
  expect_clean_store();
}

TEST_F(Interruption, ACacheThatCannotBeWrittenToIsAnError) {
  // What is no directory cannot be written into, not even by root.
  write_file(archive_.directory() / "file", "");
  sources_.cache = archive_.directory() / "file";
  EXPECT_THAT(complaint([&] { find(); }), HasSubstr("[file-unwritable]"));
}

}  // namespace
}  // namespace kmpack
