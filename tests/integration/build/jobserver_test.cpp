#include "build/jobserver.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr MakeVersion kWithPipe{4, 3};
constexpr MakeVersion kWithFifo{4, 4};

class JobserverOf : public testing::Test {
 protected:
  /// A makefile with `count` targets that each say in `trace` when they begin and end.
  fs::path makefile(int count, const std::string& seconds = "0.15") {
    const fs::path file = temp_.path() / "Makefile";
    std::string text = "all:";
    for (int i = 0; i < count; ++i) text += " t" + std::to_string(i);
    text += "\nt%:\n\t@echo begin >> $(TRACE); sleep " + seconds + "; echo end >> $(TRACE)\n";
    write_file(file, text);
    return file;
  }
  Command make(const fs::path& file) const {
    return {.program = "make", .args = {"-f", file.string(), "TRACE=" + trace_.string()}, .environment = scrubbed_environment(0)};
  }
  /// The most targets that ran at one time.
  [[nodiscard]] int most_at_once() const {
    int now = 0;
    int most = 0;
    const std::string text = read_file(trace_);
    for (const std::string_view line : split(text, '\n')) {
      if (line == "begin") most = std::max(most, ++now);
      if (line == "end") --now;
    }
    return most;
  }
  /// Takes slots until there is none for a tenth of a second.
  static std::vector<Jobserver::Token> take_all(Jobserver& jobserver) {
    std::vector<Jobserver::Token> taken;
    try {
      while (true) {
        std::stop_source stop;
        std::jthread watch([&](const std::stop_token& ended) {
          for (int i = 0; i < 20 && !ended.stop_requested(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
          if (!ended.stop_requested()) stop.request_stop();
        });
        taken.push_back(jobserver.acquire(stop.get_token()));
      }
    } catch (const Cancelled&) {}
    return taken;
  }

  TempDir temp_;
  fs::path trace_ = temp_.path() / "trace";
  ProcessRunner runner_;
};

TEST_F(JobserverOf, LetsAMakeUseAllSlotsAndNoMore) {
  Jobserver jobserver = Jobserver::serve(3, find_make_version(runner_, {}));
  Command command = make(makefile(9));
  jobserver.pass_to(command);
  {
    const auto slot = jobserver.acquire({});
    const Completed completed = runner_.run(command, {});
    EXPECT_TRUE(completed.ok()) << completed.tail;
    EXPECT_EQ(completed.tail, "") << "make complains of its jobserver";
  }
  EXPECT_EQ(most_at_once(), 3);
  EXPECT_EQ(jobserver.free_slots(), 2U);
}

TEST_F(JobserverOf, IsSharedByMakesThatRunAtOnce) {
  Jobserver jobserver = Jobserver::serve(3, find_make_version(runner_, {}));
  const fs::path file = makefile(6);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        Command command = make(file);
        jobserver.pass_to(command);
        const auto slot = jobserver.acquire({});
        EXPECT_TRUE(runner_.run(command, {}).ok());
      });
    }
  }
  EXPECT_EQ(most_at_once(), 3);
  EXPECT_EQ(jobserver.free_slots(), 2U);
}

TEST_F(JobserverOf, RefillsWhatAKilledMakeHadTaken) {
  Jobserver jobserver = Jobserver::serve(4, find_make_version(runner_, {}));
  Command command = make(makefile(8, "30"));
  jobserver.pass_to(command);
  std::stop_source stop;
  std::jthread stopper([&] {
    for (int i = 0; i < 500 && (!fs::exists(trace_) || most_at_once() < 4); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(jobserver.free_slots(), 0U);
    stop.request_stop();
  });
  const auto run = [&] {
    const auto slot = jobserver.acquire({});
    runner_.run(command, stop.get_token());
  };
  EXPECT_THROW(run(), Cancelled);
  EXPECT_EQ(jobserver.free_slots(), 3U);
}

TEST_F(JobserverOf, DrainsWhatAStrangerPutIn) {
  Jobserver jobserver = Jobserver::serve(2, kWithPipe);
  Command command;
  jobserver.pass_to(command);
  ASSERT_EQ(::write(command.descriptors[1].mine, "+++", 3), 3);
  EXPECT_EQ(jobserver.free_slots(), 4U);
  { const auto slot = jobserver.acquire({}); }
  EXPECT_EQ(jobserver.free_slots(), 1U);
}

TEST_F(JobserverOf, GivesEachSlotOnceItsOwnFirst) {
  for (const MakeVersion make : {kWithPipe, kWithFifo}) {
    Jobserver jobserver = Jobserver::serve(3, make);
    {
      const auto first = jobserver.acquire({});
      EXPECT_EQ(jobserver.free_slots(), 2U) << "the first is the process's own";
      EXPECT_EQ(take_all(jobserver).size(), 2U);
    }
    EXPECT_EQ(take_all(jobserver).size(), 3U);
  }
}

TEST_F(JobserverOf, HasOneSlotWhenAskedForNone) {
  Jobserver jobserver = Jobserver::serve(0, kWithPipe);
  EXPECT_EQ(take_all(jobserver).size(), 1U);
}

TEST_F(JobserverOf, WakesAWaiterWhenASlotComesFree) {
  Jobserver jobserver = Jobserver::serve(1, kWithPipe);
  std::optional<Jobserver::Token> held(jobserver.acquire({}));
  std::jthread giver([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    held.reset();
  });
  const auto slot = jobserver.acquire({});
  SUCCEED();
}

TEST_F(JobserverOf, DoesNotShowItsNonBlockingReadingToOthers) {
  const Jobserver jobserver = Jobserver::serve(2, kWithPipe);
  Command command;
  jobserver.pass_to(command);
  ASSERT_EQ(command.descriptors.size(), 2U);
  EXPECT_EQ(::fcntl(command.descriptors[0].mine, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(command.environment.at("MAKEFLAGS"), "-j2 --jobserver-auth=3,4");
}

TEST_F(JobserverOf, ServesNewerMakesByAFifoThatGoesAwayWithIt) {
  fs::path fifo;
  {
    Jobserver server = Jobserver::serve(3, kWithFifo);
    Command command;
    server.pass_to(command);
    EXPECT_TRUE(command.descriptors.empty());
    const std::string flags = command.environment.at("MAKEFLAGS");
    ASSERT_THAT(flags, testing::StartsWith("-j3 --jobserver-auth=fifo:/"));
    fifo = flags.substr(flags.find(':') + 1);
    EXPECT_TRUE(fs::is_fifo(fifo));

    Diagnostics problems;
    Jobserver client = Jobserver::join_or_serve(flags, 8, kWithFifo, problems);
    EXPECT_FALSE(client.serves());
    EXPECT_EQ(client.slots(), 3U);
    EXPECT_TRUE(problems.all().empty());
    EXPECT_EQ(take_all(client).size(), 3U) << "two from the fifo and the client's own";
    EXPECT_EQ(server.free_slots(), 2U);

    // A make that cannot open a fifo gets it as a pipe.
    Jobserver old = Jobserver::join_or_serve(flags, 8, kWithPipe, problems);
    Command older;
    old.pass_to(older);
    EXPECT_EQ(older.environment.at("MAKEFLAGS"), "-j3 --jobserver-auth=3,4");
    EXPECT_EQ(older.descriptors.size(), 2U);
  }
  EXPECT_FALSE(fs::exists(fifo));
}

TEST_F(JobserverOf, WarnsOfAnOuterOneThatCannotBeUsedAndServesItsOwn) {
  write_file(temp_.path() / "plain", "+++");
  for (const std::string& flags : {std::string("-j3 --jobserver-auth=200,201"), std::string("-j3 --jobserver-auth=-2,-2"),
                                   "-j3 --jobserver-auth=fifo:" + (temp_.path() / "absent").string(),
                                   "-j3 --jobserver-auth=fifo:" + (temp_.path() / "plain").string()}) {
    Diagnostics problems;
    const Jobserver jobserver = Jobserver::join_or_serve(flags, 2, kWithPipe, problems);
    EXPECT_TRUE(jobserver.serves());
    EXPECT_EQ(jobserver.slots(), 2U);
    ASSERT_EQ(problems.all().size(), 1U) << flags;
    EXPECT_TRUE(problems.ok()) << "a warning, not an error";
    EXPECT_EQ(problems.all()[0].code, "jobserver-unusable");
  }
  Diagnostics problems;
  Jobserver::join_or_serve("-j3 --jobserver-auth=200,201", 2, kWithPipe, problems);
  EXPECT_EQ(
      to_text(problems.all()[0]),
      "warning: the job slots of the make that started kmpack cannot be used: descriptors 200 and 201 are not open as its pipe "
      "[jobserver-unusable]\n  hint: put a '+' before the line of the Makefile that calls kmpack");
}

class UnderMake : public JobserverOf {
 protected:
  /// Output of an outer `make -j3` whose one target runs the child with `prefix` before it.
  std::string run(const std::string& prefix, const fs::path& inner) {
    const fs::path outer = temp_.path() / "outer.mk";
    write_file(outer, "all:\n\t" + prefix + OUTER_MAKE_CHILD " 2 -f " + inner.string() + " TRACE=" + trace_.string() + "\n");
    Command command{.program = "make", .args = {"--silent", "-j3", "-f", outer.string()}, .environment = scrubbed_environment(0)};
    return runner_.run(command, {}).tail;
  }
};

TEST_F(UnderMake, UsesTheOuterMakesSlotsAndGivesThemBack) {
  const std::string output = run("+", makefile(6));
  EXPECT_EQ(output, "joined 3 slots\n") << "make would say here that slots were lost";
  EXPECT_EQ(most_at_once(), 3);
}

TEST_F(UnderMake, ServesItsOwnWhereTheRecipeHasNoPlus) {
  const std::string output = run("", makefile(6));
  EXPECT_THAT(output, HasSubstr("[jobserver-unusable]"));
  EXPECT_THAT(output, HasSubstr("serves 2 slots\n"));
  EXPECT_EQ(most_at_once(), 2);
}

}  // namespace
}  // namespace kmpack
