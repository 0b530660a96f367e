#pragma once

#include <span>
#include <string>
#include <vector>

#include "sys/process.hpp"
#include "verify/boot.hpp"
#include "verify/guest.hpp"

namespace kmpack {

/// How the emulator ended and what the guest said before.
struct GuestRun {
  GuestLog log;
  Completed process;
  bool silent = false;  ///< ended by the watchdog: not one byte came
};

/// What the guest was given: first the copies it has to refuse, then one load for each module.
struct GuestPlan {
  std::vector<GuestStep> forgeries;
  std::vector<ModuleName> modules;
  std::string trusted_name;  ///< common name of the certificate in the firmware; empty without enforcement
};

/// Turns the guest's answers into modules, checks and problems of the report, whose release is the kernel that had to run.
void judge_boot(const GuestRun& run, const GuestPlan& plan, const BootSettings& settings, BootReport& report);

}  // namespace kmpack
