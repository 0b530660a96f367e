#include "cli/doctor.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "cli/table.hpp"
#include "cli/words_of.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"
#include "verify/machine.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Programs that kmpack runs, and what breaks without them.
struct Tool {
  std::string_view program;
  std::string_view package;
  std::string_view needed_by;
  bool essential;
};

constexpr Tool kTools[] = {
    {"make", "make", "build", true},
    {"ld", "binutils", "build", true},
    {"objcopy", "binutils", "build", true},
    {"strip", "binutils", "build", true},
    {"bash", "bash", "build, for a dkms.conf and for commands of a manifest", false},
    {"bwrap", "bubblewrap", "build, to confine a dkms.conf and commands of a manifest", false},
    {"patch", "patch", "build, for manifests with patches", false},
    {"pahole", "dwarves", "build, for type information (BTF) in modules", false},
    {"gpg", "gnupg", "kernels of rpm-md repositories; --gpg-key", false},
    {"rpmbuild", "rpm", "generate --spec --source", false},
    {"dpkg-source", "dpkg-dev", "generate --debian --source", false},
    {"rpmsign", "rpm", "--gpg-key", false},
    {"dpkg", "dpkg", "verify, for deb", false},
    {"rpm", "rpm", "verify, for rpm", false},
    {"depmod", "kmod", "verify", false},
    {"modprobe", "kmod", "verify", false},
    {"qemu-system-x86_64", "qemu-system-x86", "verify --boot", false},
};

struct NeededFile {
  std::string_view name;
  fs::path path;
  std::string_view package;
  std::string_view needed_by;
};

const std::vector<NeededFile>& files() {
  static const std::vector<NeededFile> all = {
      // Source: Debian packages ovmf (OVMF_VARS_4M.fd) and busybox-static (bin/busybox); rpm-common brings the macros librpmbuild
      // reads.
      {"ovmf", "/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf", "verify --boot --enforce"},
      {"busybox", "/bin/busybox", "busybox-static", "verify --boot"},
      {"rpm macros", "/usr/lib/rpm/macros", "rpm-common", "build, for rpm"},
  };
  return all;
}

DoctorCheck program_check(const Machinery& machine, const std::string& program, std::string_view package,
                          std::string_view needed_by, bool essential) {
  DoctorCheck check{.name = program,
                    .finding = Finding::missing,
                    .detail = "not installed",
                    .needed_by = std::string{needed_by},
                    .package = std::string{package},
                    .essential = essential};
  if (const auto found = machine.find_program(program)) {
    check.finding = Finding::present;
    check.detail = found->string();
  }
  return check;
}

std::string compiler_package(const WantedCompiler& compiler) {
  // aarch64-linux-gnu-gcc-12 is in the package gcc-12-aarch64-linux-gnu.
  const auto at = compiler.name.find("-gcc");
  if (!compiler.cross || at == std::string::npos) return compiler.name;
  return compiler.name.substr(at + 1) + "-" + compiler.name.substr(0, at);
}

/// What booting needs for the architectures that kernels at hand are cross-built for.
void add_foreign_machines(const Machinery& machine, const std::vector<WantedCompiler>& compilers, DoctorReport& report) {
  std::set<std::string_view> seen;
  for (const WantedCompiler& compiler : compilers) {
    const auto at = compiler.name.find("-gcc");
    if (!compiler.cross || at == std::string::npos) continue;
    const Architecture* architecture = find_architecture(compiler.name.substr(0, at));
    const Machine* emulated = architecture == nullptr ? nullptr : find_machine(*architecture);
    if (emulated == nullptr || !seen.insert(emulated->emulator).second) continue;
    const std::string purpose = "verify --boot, for " + std::string{architecture->deb};
    report.checks.push_back(program_check(machine, std::string{emulated->emulator}, emulated->emulator_package, purpose, false));
    if (emulated->firmware_code.empty()) continue;
    const bool there = machine.exists(emulated->firmware_code);
    report.checks.push_back({.name = std::string{emulated->firmware_package},
                             .finding = there ? Finding::present : Finding::missing,
                             .detail = there ? std::string{emulated->firmware_code} : "not installed",
                             .needed_by = "verify --boot --enforce, for " + std::string{architecture->deb},
                             .package = std::string{emulated->firmware_package}});
  }
}

/// Headers of one kernel take about 60 MB unpacked, its image 300 MB.
constexpr std::uint64_t kRoomForHeaders = 2'000'000'000;

DoctorCheck room_check(const Machinery& machine, const fs::path& cache) {
  DoctorCheck check{
      .name = "disk space", .finding = Finding::note, .detail = {}, .needed_by = "build, flavors fetch", .package = {}};
  const auto free = machine.free_bytes(cache);
  if (!free) {
    check.detail = "cannot be told for " + cache.string();
    return check;
  }
  check.detail = size_text(*free) + " free for " + cache.string();
  if (*free >= kRoomForHeaders) check.finding = Finding::present;
  if (*free < kRoomForHeaders) check.detail += ", headers of many kernels need more";
  return check;
}

DoctorCheck namespace_check(const Machinery& machine) {
  DoctorCheck check{.name = "user namespaces",
                    .finding = Finding::present,
                    .detail = {},
                    .needed_by = "verify as a user; bwrap",
                    .package = {}};
  if (machine.root) {
    check.detail = "not needed: kmpack runs as root";
  } else if (machine.user_namespaces()) {
    check.detail = "allowed";
  } else {
    check.finding = Finding::note;
    check.detail = "not allowed: debs are checked without chroot, rpms cannot be installed";
  }
  return check;
}

std::optional<std::uint64_t> free_space(fs::path path) {
  std::error_code failure;
  path = fs::absolute(path, failure);
  while (!path.empty() && !fs::exists(path, failure) && path.has_relative_path()) path = path.parent_path();
  struct statvfs facts {};
  if (::statvfs(path.c_str(), &facts) != 0) return std::nullopt;
  return std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

/// Both switches must allow it. Source: linux Documentation/admin-guide/sysctl/user.rst; Debian's own
/// kernel.unprivileged_userns_clone.
bool namespaces_allowed() {
  const auto zero = [](const char* file) {
    std::error_code failure;
    if (!fs::exists(file, failure)) return false;
    try {
      return trimmed(read_file(file)) == "0";
    } catch (const Error&) {
      return false;
    }
  };
  return !zero("/proc/sys/kernel/unprivileged_userns_clone") && !zero("/proc/sys/user/max_user_namespaces");
}

TableCell finding_cell(const DoctorCheck& check) {
  if (check.finding == Finding::present) return {"ok", Paint::good};
  if (check.finding == Finding::note) return {"note", Paint::warn};
  return {"missing", check.essential ? Paint::bad : Paint::warn};
}

}  // namespace

bool DoctorReport::can_build() const noexcept {
  return std::ranges::none_of(checks,
                              [](const DoctorCheck& check) { return check.essential && check.finding == Finding::missing; });
}

std::vector<std::string> DoctorReport::packages() const {
  std::set<std::string> names;
  for (const auto& check : checks) {
    if (check.finding == Finding::missing && !check.package.empty()) names.insert(check.package);
  }
  return {names.begin(), names.end()};
}

Machinery this_machine() {
  return {.find_program =
              [](const std::string& name) {
                auto found = find_program(name);
                // depmod lies where only root's PATH looks.
                for (const char* directory : {"/usr/sbin/", "/sbin/"}) {
                  std::error_code failure;
                  if (!found && fs::exists(directory + name, failure)) found = directory + name;
                }
                return found;
              },
          .exists =
              [](const fs::path& path) {
                std::error_code failure;
                return fs::exists(path, failure);
              },
          .free_bytes = free_space,
          .user_namespaces = namespaces_allowed,
          .root = ::geteuid() == 0};
}

DoctorReport examine(const Machinery& machine, const std::vector<WantedCompiler>& compilers, const fs::path& cache) {
  DoctorReport report;
  for (const Tool& tool : kTools) {
    report.checks.push_back(program_check(machine, std::string{tool.program}, tool.package, tool.needed_by, tool.essential));
  }
  for (const WantedCompiler& compiler : compilers) {
    report.checks.push_back(program_check(machine, compiler.name, compiler_package(compiler),
                                          compiler.cross ? "build, for another architecture" : "build", !compiler.cross));
  }
  add_foreign_machines(machine, compilers, report);
  for (const NeededFile& file : files()) {
    const bool there = machine.exists(file.path);
    report.checks.push_back({.name = std::string{file.name},
                             .finding = there ? Finding::present : Finding::missing,
                             .detail = there ? file.path.string() : "not installed",
                             .needed_by = std::string{file.needed_by},
                             .package = std::string{file.package}});
  }
  report.checks.push_back(room_check(machine, cache));
  report.checks.push_back(namespace_check(machine));
  return report;
}

std::string doctor_text(const DoctorReport& report, bool coloured) {
  std::vector<std::vector<TableCell>> rows;
  for (const DoctorCheck& check : report.checks)
    rows.push_back({{check.name}, finding_cell(check), {check.needed_by}, {check.detail}});
  std::string text = render_table({{"WHAT"}, {"STATE"}, {"NEEDED BY"}, {"DETAIL"}}, rows, coloured);
  const auto packages = report.packages();
  text += "\n";
  if (packages.empty()) {
    text += "nothing is missing\n";
  } else {
    text += "to install what is missing: apt-get install " + joined(packages, " ") + "\n";
  }
  if (!report.can_build()) text += "kmpack build cannot work on this machine yet\n";
  return text;
}

}  // namespace kmpack
