#include "verify/boot.hpp"

#include <fmt/format.h>

#include <utility>

#include "sign/key.hpp"
#include "sys/files.hpp"
#include "verify/boot_judge.hpp"
#include "verify/firmware.hpp"
#include "verify/guest_root.hpp"
#include "verify/kernel_image.hpp"
#include "verify/machine.hpp"
#include "verify/system_errors.hpp"
#include "verify/userland.hpp"
#include "verify/watchdog.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;

const Machine& require_machine(const Architecture& architecture) {
  if (const Machine* machine = find_machine(architecture)) return *machine;
  throw Error{Diagnostic{.code = "boot-unsupported",
                         .message = fmt::format("kmpack cannot boot kernels for {}", architecture.machine),
                         .hint = "verify without --boot"}};
}

void require_firmware(const Machine& machine) {
  if (machine.firmware_code.empty()) {
    throw Error{Diagnostic{
        .code = "boot-unsupported",
        .message = fmt::format("kmpack has no firmware that could give a kernel for {} a key to enforce signatures with",
                               machine.machine),
        .hint = "verify without --enforce"}};
  }
  for (const auto file : {machine.firmware_code, machine.firmware_variables}) {
    if (fs::exists(file)) continue;
    throw Error{
        Diagnostic{.code = "tool-missing",
                   .message = fmt::format("verification with enforcement needs the firmware {}, which is not installed", file),
                   .hint = fmt::format("apt-get install {}", machine.firmware_package)}};
  }
}

/// Programs of this machine do not run under a kernel of another one.
void require_programs(const Architecture& architecture, const BootSettings& settings) {
  if (!settings.busybox.empty() || same_architecture(architecture.machine, host_architecture().machine)) return;
  throw Error{Diagnostic{.code = "boot-unsupported",
                         .message = fmt::format("there is no busybox for {} to boot into", architecture.machine),
                         .hint = "give the static busybox of that architecture"}};
}

/// The kernel as the emulator takes it fastest; the firmware takes only the image with its EFI stub.
void place_kernel(const ImageTree& image, Enforcement enforce, const fs::path& place) {
  if (enforce == Enforcement::off) {
    if (const auto kernel = unpacked_kernel(read_file(image.vmlinuz))) return write_file(place, *kernel);
  }
  clone_file(image.vmlinuz, place);
}

GuestRun run_guest(const Command& command, const fs::path& serial, std::chrono::seconds patience, std::size_t steps,
                   CommandRunner& runner, const std::stop_token& stop) {
  GuestRun result;
  FirstByteWatchdog watchdog{serial, patience, stop};
  try {
    result.process = runner.run(command, watchdog.token());
  } catch (const Cancelled&) {
    if (stop.stop_requested() || !watchdog.barked()) throw;
    result.silent = true;
  }
  result.log = read_guest_log(fs::exists(serial) ? read_file(serial) : string{}, steps);
  return result;
}

/// Keeps what the guest said, whatever becomes of the boot.
class KeptLog {
 public:
  KeptLog(fs::path serial, fs::path kept) : serial_(std::move(serial)), kept_(std::move(kept)) {}
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;
  ~KeptLog() {
    try {
      if (!kept_.empty() && fs::exists(serial_)) write_file(kept_, read_file(serial_));
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a log that cannot be kept must not hide what was found
    }
  }

 private:
  fs::path serial_;
  fs::path kept_;
};

BootReport try_boot(const KernelRelease& release, const Architecture& architecture, const ImageTree& image,
                    std::span<const fs::path> packages, const BootSettings& settings, CommandRunner& runner,
                    const std::stop_token& stop) {
  const Machine& machine = require_machine(architecture);
  const bool enforce = settings.enforce == Enforcement::on;
  if (enforce) require_firmware(machine);
  require_programs(architecture, settings);
  const fs::path emulator = require_program({.name = machine.emulator, .package = machine.emulator_package});
  BootReport report;
  report.report.release = release;
  report.report.packages.assign(packages.begin(), packages.end());
  report.log = settings.log;

  // The directory is absolute: the emulator runs in it.
  const TempDir scratch{settings.scratch.empty() ? fs::path{} : fs::absolute(settings.scratch)};
  GuestPlan plan;
  if (enforce) {
    const Certificate certificate = Certificate::load(settings.certificate);
    plan.trusted_name = certificate.common_name();
    write_file(scratch.path() / GuestFiles::kVariables,
               with_trusted_certificate(read_file(machine.firmware_variables), certificate.der()));
  }
  GuestRoot root{scratch.path() / "root", release, settings.busybox, runner, stop};
  root.install(packages, image);
  // What must be refused goes first: a module that is loaded already would be refused for that.
  if (enforce) plan.forgeries = root.add_forgeries();
  std::vector<GuestStep> steps = plan.forgeries;
  for (const ModuleFacts& facts : root.modules()) {
    plan.modules.push_back(facts.name);
    steps.push_back(GuestStep{.action = GuestAction::load, .target = facts.name.str()});
  }
  root.write_initramfs(steps, scratch.path() / GuestFiles::kInitramfs);
  place_kernel(image, settings.enforce, scratch.path() / GuestFiles::kKernel);

  const bool realtime = release.str().find("-rt") != string::npos;
  const Command command{.program = emulator.string(),
                        .args = emulator_arguments(machine, settings.enforce, realtime),
                        .environment = scrubbed_environment(0),
                        .directory = scratch.path(),
                        .limit = settings.limit,
                        .separate_errors = true};
  const fs::path serial = scratch.path() / GuestFiles::kSerial;
  const KeptLog kept{serial, settings.log};
  const auto patience = settings.first_byte.value_or(enforce ? machine.first_byte_firmware : machine.first_byte);
  const GuestRun run = run_guest(command, serial, patience, steps.size(), runner, stop);
  report.wall = run.process.wall;
  judge_boot(run, plan, settings, report);
  return report;
}

}  // namespace

BootReport verify_boot(const KernelRelease& release, const Architecture& architecture, const ImageTree& image,
                       std::span<const fs::path> packages, const BootSettings& settings, CommandRunner& runner,
                       std::stop_token stop) {
  return with_system_errors([&] { return try_boot(release, architecture, image, packages, settings, runner, stop); });
}

}  // namespace kmpack
