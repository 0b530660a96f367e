#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/architecture.hpp"
#include "kmpack/kernel.hpp"
#include "sys/process.hpp"
#include "verify/report.hpp"

namespace kmpack {

enum class Enforcement {
  off,
  on  ///< module.sig_enforce=1, the certificate in the firmware's db; unsigned and tampered copies must be refused
};

struct BootSettings {
  Enforcement enforce = Enforcement::off;
  std::filesystem::path certificate;  ///< PEM or DER; needed with enforcement
  std::filesystem::path busybox;      ///< static, of the kernel's architecture; needed where that is not this machine's
  std::filesystem::path scratch;      ///< where the guest's files are made; empty: the system's temporary directory
  std::filesystem::path log;          ///< the guest's serial line is kept here
  std::vector<ModuleName> must_load;  ///< for these an absent device is a failure too
  std::chrono::seconds limit{180};    ///< of one boot
  std::optional<std::chrono::seconds> first_byte;  ///< silence longer than this is a hang; empty: what the machine needs
};

enum class LoadResult {
  loaded,
  no_hardware,  ///< the kernel took the module, its own start said ENODEV: signature and version were accepted
  refused,      ///< by the kernel: signature, format, symbols
  failed,       ///< anything else modprobe says
  not_reported  ///< the guest ended or hung before it came to this
};
std::string_view to_text(LoadResult result) noexcept;

struct BootedModule {
  ModuleName name;
  LoadResult result = LoadResult::not_reported;
  std::string message;              ///< what modprobe said
  std::vector<std::string> kernel;  ///< kernel messages of this load
};

/// One boot. `report.checks` has one entry for each module and, with enforcement, for each copy that had to be refused.
struct BootReport {
  VerifyReport report;
  std::vector<BootedModule> modules;
  std::filesystem::path log;
  std::chrono::milliseconds wall{};
};

/// Boot the kernel under QEMU and load the packages' modules in it.
///
/// Shape:   packages (.deb, .rpm) of one kernel; nothing is installed on this machine, root is not needed.
/// Errors:  tool-missing (names the package to install), boot-unsupported (no machine for this architecture, no firmware to
///          enforce with, no programs for it), package-unknown-format; what the guest says is in the report: boot-module-failed,
///          boot-not-refused, boot-no-output, boot-timeout, boot-guest-died, boot-certificate-missing. Throws Cancelled after
///          ending QEMU.
/// Threads: safe from many; each call has its own directory. Emulation only: never KVM.
/// Source:  linux Documentation/arch/x86/boot.rst; edk2 AuthenticatedVariableFormat.h; UEFI 2.10 §32.4; measured.
BootReport verify_boot(const KernelRelease& release, const Architecture& architecture, const ImageTree& image,
                       std::span<const std::filesystem::path> packages, const BootSettings& settings, CommandRunner& runner,
                       std::stop_token stop);

}  // namespace kmpack
