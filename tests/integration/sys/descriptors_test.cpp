#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "sys/descriptor.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

/// Both ends of a pipe.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
  }
  Descriptor reading;
  Descriptor writing;
};

TEST(KeptDescriptors, ReachTheChildUnderTheNumbersAskedFor) {
  Pipe pipe;
  Command command{.program = SYS_TEST_CHILD, .args = {"tell", "17"}, .descriptors = {{.mine = pipe.writing.get(), .child = 17}}};
  EXPECT_TRUE(ProcessRunner().run(command, {}).ok());
  pipe.writing.close();
  std::array<char, 8> told{};
  EXPECT_EQ(::read(pipe.reading.get(), told.data(), told.size()), 4);
  EXPECT_STREQ(told.data(), "told");
}

TEST(KeptDescriptors, MayTradePlaces) {
  Pipe first;
  Pipe second;
  // The second's number in the child is the first's number here, so copying in the order of the list would lose one.
  const int number = first.writing.get();
  const int other = second.writing.get();
  Command command{.program = SYS_TEST_CHILD,
                  .args = {"tell", std::to_string(number)},
                  .descriptors = {{.mine = number, .child = other}, {.mine = other, .child = number}}};
  EXPECT_TRUE(ProcessRunner().run(command, {}).ok());
  first.writing.close();
  second.writing.close();
  std::array<char, 8> told{};
  EXPECT_EQ(::read(first.reading.get(), told.data(), told.size()), 0);
  EXPECT_EQ(::read(second.reading.get(), told.data(), told.size()), 4);
}

TEST(OtherDescriptors, DoNotReachTheChild) {
  // Without O_CLOEXEC on purpose: a library may have opened it so.
  const Descriptor leaky(::open("/dev/null", O_RDONLY));
  const Descriptor high(::fcntl(leaky.get(), F_DUPFD, 200));
  const Completed completed =
      ProcessRunner().run({.program = "/bin/ls", .args = {"/proc/self/fd"}, .environment = {{"LC_ALL", "C"}}}, {});
  // ls holds one itself: the directory it lists.
  EXPECT_EQ(completed.tail, "0\n1\n2\n3\n");
}

}  // namespace
}  // namespace kmpack
