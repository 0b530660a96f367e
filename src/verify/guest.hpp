#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/boot.hpp"

namespace kmpack {

enum class GuestAction {
  load,   ///< modprobe NAME
  insert  ///< insmod FILE
};

/// One thing the guest tries. Steps are numbered from 0 in the order given.
struct GuestStep {
  GuestAction action = GuestAction::load;
  std::string target;  ///< module name, or path in the guest
};

/// What the guest said about one step.
struct GuestAnswer {
  std::optional<int> status;        ///< exit status of modprobe or insmod; absent when the guest did not come so far
  std::string text;                 ///< what it printed, lines joined by "; "
  std::vector<std::string> kernel;  ///< kernel messages of this step, without time stamps
};

struct GuestLog {
  std::optional<std::string> release;     ///< uname -r of the guest; absent when its init never ran
  std::vector<std::string> certificates;  ///< kernel messages about X.509 certificates it loaded
  std::vector<GuestAnswer> answers;       ///< one for each step
  bool done = false;                      ///< the guest came to the end of its steps
  std::string last_words;                 ///< last lines of the serial line, for messages
};

/// The guest's /init: runs the steps of /kmpack/steps and says on the console how each went.
std::string_view guest_init() noexcept;
/// Content of /kmpack/steps. Names come from packages: anything a line or the shell could take apart is refused.
/// Errors:  boot-unsupported.
std::string guest_steps(std::span<const GuestStep> steps);
/// Reads the serial line of a guest that ran `count` steps. Never fails: what is not there stays absent.
GuestLog read_guest_log(std::string_view serial, std::size_t count);
/// What an answer to `load` means.
LoadResult load_result(const GuestAnswer& answer) noexcept;
/// True when the kernel refused the file for its signature, and for nothing else.
bool refused_for_signature(const GuestAnswer& answer) noexcept;

}  // namespace kmpack
