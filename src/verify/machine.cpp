#include "verify/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kmpack {
namespace {

using std::string_view;
using std::chrono::seconds;

// -cpu max costs nothing under TCG on x86. tcg is asked for by name: a /dev/kvm that opens may still hang.
constexpr auto kX86Arguments = std::to_array<string_view>({"-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"});

// Pointer authentication makes a boot five times slower under emulation (measured); kernels before 5.12 do not start where 52-bit
// addresses are offered. Smaller CPUs will not do: kernels with 16 KiB pages need one that has them.
// Source: QEMU docs/system/arm/cpu-features.rst.
constexpr auto kArm64Arguments =
    std::to_array<string_view>({"-machine", "virt", "-accel", "tcg,thread=multi", "-cpu", "max,pauth=off,lpa2=off"});
// Without high memory regions: a kernel without LPAE sees nothing above 4 GiB, and would not find the bus there.
constexpr auto kArmArguments =
    std::to_array<string_view>({"-machine", "virt,highmem=off", "-accel", "tcg,thread=multi", "-cpu", "cortex-a15"});

constexpr auto kMachines = std::to_array<Machine>({
    Machine{.machine = "x86_64",
            .emulator = "qemu-system-x86_64",
            .emulator_package = "qemu-system-x86",
            .arguments = kX86Arguments,
            .console = "ttyS0",
            .memory = "512",
            .firmware_code = "/usr/share/OVMF/OVMF_CODE_4M.fd",
            .firmware_variables = "/usr/share/OVMF/OVMF_VARS_4M.fd",
            .firmware_package = "ovmf",
            .first_byte = seconds{10},
            .first_byte_firmware = seconds{30}},
    // The 64-bit machine starts 32-bit kernels as well, but they cannot take keys from its 64-bit firmware.
    Machine{.machine = "i686",
            .emulator = "qemu-system-x86_64",
            .emulator_package = "qemu-system-x86",
            .arguments = kX86Arguments,
            .console = "ttyS0",
            .memory = "512",
            .firmware_code = {},
            .firmware_variables = {},
            .firmware_package = {},
            .first_byte = seconds{10},
            .first_byte_firmware = seconds{10}},
    Machine{.machine = "aarch64",
            .emulator = "qemu-system-aarch64",
            .emulator_package = "qemu-system-arm",
            .arguments = kArm64Arguments,
            .console = "ttyAMA0",
            .memory = "512",
            .firmware_code = "/usr/share/AAVMF/AAVMF_CODE.fd",
            .firmware_variables = "/usr/share/AAVMF/AAVMF_VARS.fd",
            .firmware_package = "qemu-efi-aarch64",
            .first_byte = seconds{30},
            .first_byte_firmware = seconds{30}},
    Machine{.machine = "armv7l",
            .emulator = "qemu-system-arm",
            .emulator_package = "qemu-system-arm",
            .arguments = kArmArguments,
            .console = "ttyAMA0",
            .memory = "512",
            .firmware_code = "/usr/share/AAVMF/AAVMF32_CODE.fd",
            .firmware_variables = "/usr/share/AAVMF/AAVMF32_VARS.fd",
            .firmware_package = "qemu-efi-arm",
            // Its decompressor says nothing.
            .first_byte = seconds{60},
            .first_byte_firmware = seconds{60}},
});

}  // namespace

const Machine* find_machine(const Architecture& architecture) noexcept {
  const auto* found = std::ranges::find(kMachines, architecture.machine, &Machine::machine);
  return found == kMachines.end() ? nullptr : found;
}

std::vector<std::string> emulator_arguments(const Machine& machine, Enforcement enforce, bool realtime) {
  std::vector<std::string> arguments(machine.arguments.begin(), machine.arguments.end());
  const auto add = [&](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
  // -nographic and not -display none: only then the firmware speaks on the serial line, which the watchdog listens to.
  add({"-m", std::string{machine.memory}, "-nographic", "-no-reboot", "-nic", "none", "-monitor", "none"});
  add({"-serial", fmt::format("file:{}", GuestFiles::kSerial)});
  if (enforce == Enforcement::on) {
    add({"-drive", fmt::format("if=pflash,format=raw,unit=0,readonly=on,file={}", machine.firmware_code)});
    add({"-drive", fmt::format("if=pflash,format=raw,unit=1,file={}", GuestFiles::kVariables)});
  }
  add({"-kernel", std::string{GuestFiles::kKernel}, "-initrd", std::string{GuestFiles::kInitramfs}});
  add({"-append", kernel_command_line(machine, enforce, realtime)});
  return arguments;
}

std::string kernel_command_line(const Machine& machine, Enforcement enforce, bool realtime) {
  std::string line = fmt::format("console={} panic=-1", machine.console);
  if (enforce == Enforcement::on) {
    line += " module.sig_enforce=1";
    // PREEMPT_RT turns EFI runtime services off; without them the kernel reads no key from the firmware.
    if (realtime) line += " efi=runtime";
  }
  return line;
}

}  // namespace kmpack
