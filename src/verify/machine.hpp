#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/architecture.hpp"
#include "verify/boot.hpp"

namespace kmpack {

/// What QEMU and the firmware need to know of one architecture: all machine facts of `verify --boot` are in this table.
struct Machine {
  std::string_view machine;           ///< Architecture::machine
  std::string_view emulator;          ///< program
  std::string_view emulator_package;  ///< Debian package to install
  std::span<const std::string_view> arguments;
  std::string_view console;
  std::string_view memory;              ///< MiB
  std::string_view firmware_code;       ///< empty: kmpack has no firmware for it that kernels take keys from
  std::string_view firmware_variables;  ///< template with an empty variable store
  std::string_view firmware_package;
  std::chrono::seconds first_byte;  ///< the serial line speaks within this time, much more than measured
  std::chrono::seconds first_byte_firmware;
};

/// The machine for an architecture, or null when kmpack has none.
const Machine* find_machine(const Architecture& architecture) noexcept;

/// Names of the files a boot uses, all in one directory which is QEMU's working directory.
struct GuestFiles {
  static constexpr std::string_view kKernel = "kernel";
  static constexpr std::string_view kInitramfs = "initramfs";
  static constexpr std::string_view kVariables = "variables.fd";
  static constexpr std::string_view kSerial = "serial.log";
};

/// Arguments of the emulator. Source: qemu(1); measured.
std::vector<std::string> emulator_arguments(const Machine& machine, Enforcement enforce, bool realtime);
/// The guest kernel's command line.
std::string kernel_command_line(const Machine& machine, Enforcement enforce, bool realtime);

}  // namespace kmpack
