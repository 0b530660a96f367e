#include <gtest/gtest.h>

#include "build/jobserver.hpp"
#include "support/fake_runner.hpp"

namespace kmpack {
namespace {

TEST(ParseJobserverAuth, ReadsThePipeOfMakesOlderThan44) {
  const auto auth = parse_jobserver_auth(" -j8 --jobserver-auth=3,4");
  ASSERT_TRUE(auth);
  EXPECT_EQ(auth->read_end, 3);
  EXPECT_EQ(auth->write_end, 4);
  EXPECT_EQ(auth->slots, 8U);
  EXPECT_TRUE(auth->fifo.empty());
}

TEST(ParseJobserverAuth, ReadsTheFifoOfNewerMakesAndTheOldSpelling) {
  const auto fifo = parse_jobserver_auth("k -j2 --jobserver-auth=fifo:/tmp/GMfifo12 --no-print-directory");
  ASSERT_TRUE(fifo);
  EXPECT_EQ(fifo->fifo, "/tmp/GMfifo12");
  const auto old = parse_jobserver_auth("--jobserver-fds=5,6 -j");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->read_end, 5);
  EXPECT_EQ(old->slots, 1U);
}

TEST(ParseJobserverAuth, TakesTheLastAndNothingFromVariables) {
  EXPECT_EQ(parse_jobserver_auth("--jobserver-auth=3,4 --jobserver-auth=7,8")->read_end, 7);
  EXPECT_FALSE(parse_jobserver_auth("-- X=--jobserver-auth=3,4 --jobserver-auth=3,4"));
  EXPECT_FALSE(parse_jobserver_auth("-j4"));
  EXPECT_FALSE(parse_jobserver_auth(""));
}

TEST(ParseJobserverAuth, RefusesWhatIsNoAuth) {
  for (const char* bad : {"--jobserver-auth=", "--jobserver-auth=3", "--jobserver-auth=a,b", "--jobserver-auth=3,",
                          "--jobserver-auth=fifo:", "--jobserver-auth=99999999999999999999,4"}) {
    EXPECT_FALSE(parse_jobserver_auth(bad)) << bad;
  }
}

TEST(ParseMakeVersion, ReadsTheFirstLineOfGnuMake) {
  EXPECT_EQ(parse_make_version("GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n"), (MakeVersion{4, 3}));
  EXPECT_EQ(parse_make_version("GNU Make 4.4.1\n"), (MakeVersion{4, 4}));
  EXPECT_FALSE(parse_make_version("bmake 2020\n"));
  EXPECT_FALSE(parse_make_version("GNU Make unknown\n"));
  EXPECT_LT((MakeVersion{4, 3}), (MakeVersion{4, 4}));
  EXPECT_LT((MakeVersion{3, 82}), (MakeVersion{4, 0}));
}

TEST(FindMakeVersion, SaysWhenMakeIsNotGnuMake) {
  test::FakeRunner runner([](const Command&) { return test::FakeRunner::succeeded("make: unknown option --version\n"); });
  try {
    find_make_version(runner, {});
    FAIL() << "taken for GNU make";
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: the program 'make' is not GNU make, which kbuild needs [make-unknown]\n"
              "  note: its first words: make: unknown option --version\n"
              "  hint: install GNU make (apt-get install make)");
  }
}

}  // namespace
}  // namespace kmpack
