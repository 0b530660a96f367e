#include "verify/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <algorithm>

namespace kmpack {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const Machine& x86() { return *find_machine(*find_architecture("amd64")); }

TEST(Machine, NeverAsksForHardwareVirtualisation) {
  for (const Enforcement enforce : {Enforcement::off, Enforcement::on}) {
    const auto arguments = emulator_arguments(x86(), enforce, false);
    EXPECT_THAT(arguments, Contains(HasSubstr("tcg")));
    EXPECT_THAT(arguments, Not(Contains(HasSubstr("kvm"))));
    EXPECT_THAT(arguments, Contains("-no-reboot"));
  }
}

TEST(Machine, GuestHasNoNetwork) {
  const auto arguments = emulator_arguments(x86(), Enforcement::off, false);
  const auto nic = std::ranges::find(arguments, "-nic");
  ASSERT_NE(nic, arguments.end());
  EXPECT_EQ(*(nic + 1), "none");
}

TEST(Machine, FirmwareIsUsedOnlyToEnforceAndItsCodeIsReadOnly) {
  EXPECT_THAT(emulator_arguments(x86(), Enforcement::off, false), Not(Contains(HasSubstr("pflash"))));
  EXPECT_THAT(emulator_arguments(x86(), Enforcement::on, false),
              Contains(testing::AllOf(HasSubstr("unit=0"), HasSubstr("readonly=on"))));
  EXPECT_THAT(emulator_arguments(x86(), Enforcement::on, false), Contains(HasSubstr("unit=1,file=variables.fd")));
}

TEST(Machine, CommandLineEnforcesAndGivesRealtimeKernelsTheFirmware) {
  EXPECT_EQ(kernel_command_line(x86(), Enforcement::off, true), "console=ttyS0 panic=-1");
  EXPECT_EQ(kernel_command_line(x86(), Enforcement::on, false), "console=ttyS0 panic=-1 module.sig_enforce=1");
  EXPECT_EQ(kernel_command_line(x86(), Enforcement::on, true), "console=ttyS0 panic=-1 module.sig_enforce=1 efi=runtime");
}

TEST(Machine, ArchitectureWithoutAMachineIsNotGuessed) { EXPECT_EQ(find_machine(*find_architecture("armhf")), nullptr); }

}  // namespace
}  // namespace kmpack
