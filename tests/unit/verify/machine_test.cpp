#include "verify/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kmpack {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const Machine& machine_of(const char* architecture) { return *find_machine(*find_architecture(architecture)); }
const Machine& x86() { return machine_of("amd64"); }

TEST(Machine, NeverAsksForHardwareVirtualisation) {
  for (const char* architecture : {"amd64", "i386", "arm64", "armhf"}) {
    for (const Enforcement enforce : {Enforcement::off, Enforcement::on}) {
      const auto arguments = emulator_arguments(machine_of(architecture), enforce, false);
      EXPECT_THAT(arguments, Contains(HasSubstr("tcg"))) << architecture;
      EXPECT_THAT(arguments, Not(Contains(HasSubstr("kvm")))) << architecture;
      EXPECT_THAT(arguments, Contains("-no-reboot")) << architecture;
    }
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

TEST(Machine, EachArchitectureHasTheEmulatorAndConsoleItsKernelsSpeakOn) {
  EXPECT_EQ(machine_of("arm64").emulator, "qemu-system-aarch64");
  EXPECT_EQ(machine_of("armhf").emulator, "qemu-system-arm");
  // One package has both; i386 needs no emulator of its own.
  EXPECT_EQ(machine_of("arm64").emulator_package, machine_of("armhf").emulator_package);
  EXPECT_EQ(machine_of("i386").emulator, x86().emulator);
  EXPECT_EQ(kernel_command_line(machine_of("arm64"), Enforcement::on, false), "console=ttyAMA0 panic=-1 module.sig_enforce=1");
  EXPECT_EQ(kernel_command_line(machine_of("armhf"), Enforcement::off, false), "console=ttyAMA0 panic=-1");
}

TEST(Machine, FirmwareIsNamedWholeOrNotAtAll) {
  for (const char* architecture : {"amd64", "i386", "arm64", "armhf"}) {
    const Machine& machine = machine_of(architecture);
    EXPECT_EQ(machine.firmware_code.empty(), machine.firmware_variables.empty()) << architecture;
    EXPECT_EQ(machine.firmware_code.empty(), machine.firmware_package.empty()) << architecture;
  }
  EXPECT_EQ(machine_of("arm64").firmware_package, "qemu-efi-aarch64");
  EXPECT_EQ(machine_of("armhf").firmware_package, "qemu-efi-arm");
  EXPECT_EQ(machine_of("i386").firmware_package, "");
}

TEST(Machine, ArchitectureWithoutAMachineIsNotGuessed) { EXPECT_EQ(find_machine(*find_architecture("s390x")), nullptr); }

}  // namespace
}  // namespace kmpack
