#pragma once

#include <span>
#include <string>

#include "cli/console.hpp"
#include "cli/doctor.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "pipeline/changes.hpp"
#include "pipeline/generate.hpp"
#include "pipeline/lint.hpp"
#include "pipeline/report.hpp"
#include "publish/publish.hpp"
#include "sign/key.hpp"
#include "verify/boot.hpp"
#include "wrap/deb.hpp"
#include "wrap/rpm.hpp"

namespace kmpack {

// Answers of --json: one record each, with "schema": 1 first; what there is nothing of is null. docs/json.md describes them.
// Text that is not UTF-8 is kept readable by replacement characters. All end with a newline.

/// The record of `build`, also written to report.json. A run may have tens of thousands of cells, a plan a million: neither
/// answer is ever held whole.
void write_json(const Report& report, const Write& write);
void write_json(const Plan& plan, const Write& write);
/// Of `generate`.
std::string to_json(const GenerateReport& report);
/// Of `plan --since`.
std::string to_json(const ChangeReport& report, const std::filesystem::path& since);
/// What stopped a command.
std::string to_json(const Diagnostics& problems);

struct ListedKernel {
  Kernel kernel;
  std::string compiler;        ///< gcc-12; empty while its headers are not on this disk
  std::filesystem::path tree;  ///< empty likewise
  std::string problem;         ///< why headers that are here cannot be used
};
std::string to_json(std::span<const ListedKernel> kernels, const Diagnostics& problems);

/// Something `inspect` looked at; one of the pointers is set.
struct Inspected {
  std::filesystem::path file;
  const ModuleFacts* module = nullptr;
  const DebPackage* deb = nullptr;
  const RpmHeader* rpm = nullptr;
};
std::string to_json(std::span<const Inspected> things, const Diagnostics& problems);

struct VerifiedKernel {
  std::string id;  ///< of the kernel; empty for packages that are for none
  std::vector<VerifyReport> reports;
  std::optional<BootReport> boot;

  [[nodiscard]] bool ok() const noexcept;
};
std::string to_json(std::span<const VerifiedKernel> kernels);

std::string to_json(const DoctorReport& report);
/// Of `lint`.
std::string to_json(const LintReport& report);
std::string to_json(const KeyFiles& files, const Certificate& certificate);
/// Of `repo`.
std::string to_json(const Published& published);
/// Of `init`.
std::string init_to_json(const std::filesystem::path& manifest, const Diagnostics& problems);

}  // namespace kmpack
