#include "cli/doctor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace kmpack {
namespace {

/// A machine that has everything but what is named.
Machinery machine_without(std::set<std::string> missing, bool root = false, bool namespaces = true) {
  return {.find_program = [missing](const std::string& name) -> std::optional<std::filesystem::path> {
            if (missing.contains(name)) return std::nullopt;
            return "/usr/bin/" + name;
          },
          .exists = [missing](const std::filesystem::path& path) { return !missing.contains(path.string()); },
          .free_bytes = [](const std::filesystem::path&) -> std::optional<std::uint64_t> { return 50'000'000'000; },
          .user_namespaces = [namespaces] { return namespaces; },
          .root = root};
}

DoctorReport examined(const Machinery& machine, const std::vector<WantedCompiler>& compilers = {{"gcc-12", false}}) {
  return examine(machine, compilers, "/home/user/.cache/kmpack");
}

const DoctorCheck& check(const DoctorReport& report, std::string_view name) {
  return *std::ranges::find(report.checks, name, &DoctorCheck::name);
}

TEST(Examine, FindsNothingMissingOnAFullMachine) {
  const DoctorReport report = examined(machine_without({}));
  EXPECT_TRUE(report.can_build());
  EXPECT_TRUE(report.packages().empty());
  EXPECT_TRUE(doctor_text(report, false).ends_with("\nnothing is missing\n"));
}

TEST(Examine, NamesThePackagesOfWhatIsMissingOnceAndSorted) {
  const DoctorReport report = examined(machine_without({"qemu-system-x86_64", "depmod", "modprobe", "/bin/busybox"}));
  EXPECT_TRUE(report.can_build());
  EXPECT_EQ(report.packages(), (std::vector<std::string>{"busybox-static", "kmod", "qemu-system-x86"}));
  EXPECT_NE(doctor_text(report, false).find("to install what is missing: apt-get install busybox-static kmod qemu-system-x86\n"),
            std::string::npos);
}

TEST(Examine, SaysThatBuildCannotWorkWithoutMake) {
  const DoctorReport report = examined(machine_without({"make"}));
  EXPECT_FALSE(report.can_build());
  EXPECT_TRUE(doctor_text(report, false).ends_with("kmpack build cannot work on this machine yet\n"));
}

TEST(Examine, SaysThatBuildCannotWorkWithoutTheKernelsCompiler) {
  const DoctorReport report = examined(machine_without({"gcc-12"}));
  EXPECT_FALSE(report.can_build());
  EXPECT_EQ(report.packages(), (std::vector<std::string>{"gcc-12"}));
}

TEST(Examine, TakesAMissingCrossCompilerLightlyAndKnowsItsPackage) {
  const DoctorReport report =
      examined(machine_without({"aarch64-linux-gnu-gcc-12"}), {{"gcc-12", false}, {"aarch64-linux-gnu-gcc-12", true}});
  EXPECT_TRUE(report.can_build());
  EXPECT_EQ(report.packages(), (std::vector<std::string>{"gcc-12-aarch64-linux-gnu"}));
}

TEST(Examine, AsksForTheEmulatorsOfArchitecturesThatAreBuiltForAndNoOthers) {
  const Machinery machine = machine_without({"qemu-system-aarch64", "qemu-system-arm", "/usr/share/AAVMF/AAVMF_CODE.fd"});
  EXPECT_TRUE(examined(machine).packages().empty());
  const DoctorReport report =
      examined(machine, {{"gcc-12", false}, {"aarch64-linux-gnu-gcc-12", true}, {"arm-linux-gnueabihf-gcc-12", true}});
  EXPECT_EQ(report.packages(), (std::vector<std::string>{"qemu-efi-aarch64", "qemu-system-arm"}));
  EXPECT_EQ(check(report, "qemu-system-arm").needed_by, "verify --boot, for armhf");
  EXPECT_EQ(check(report, "qemu-efi-aarch64").needed_by, "verify --boot --enforce, for arm64");
  EXPECT_TRUE(report.can_build());
}

TEST(Examine, NotesLittleRoom) {
  Machinery machine = machine_without({});
  machine.free_bytes = [](const std::filesystem::path&) -> std::optional<std::uint64_t> { return 10'000'000; };
  EXPECT_EQ(check(examined(machine), "disk space").finding, Finding::note);
  machine.free_bytes = [](const std::filesystem::path&) -> std::optional<std::uint64_t> { return std::nullopt; };
  EXPECT_EQ(check(examined(machine), "disk space").finding, Finding::note);
  EXPECT_TRUE(examined(machine).can_build());
}

TEST(Examine, LooksAtUserNamespacesForUsersOnly) {
  EXPECT_EQ(check(examined(machine_without({}, false, false)), "user namespaces").finding, Finding::note);
  EXPECT_EQ(check(examined(machine_without({}, true, false)), "user namespaces").finding, Finding::present);
}

}  // namespace
}  // namespace kmpack
