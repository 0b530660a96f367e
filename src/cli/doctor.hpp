#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// What a check of `doctor` found.
enum class Finding { present, missing, note };

struct DoctorCheck {
  std::string name;  ///< make, gcc-12, user-namespaces
  Finding finding = Finding::missing;
  std::string detail;      ///< where it is, or what follows from it
  std::string needed_by;   ///< build; verify --boot
  std::string package;     ///< Debian package that has it; empty: none
  bool essential = false;  ///< `build` cannot work without
};

struct DoctorReport {
  std::vector<DoctorCheck> checks;

  [[nodiscard]] bool can_build() const noexcept;
  /// Packages of all that is missing, sorted, each once.
  [[nodiscard]] std::vector<std::string> packages() const;
};

/// The machine as doctor sees it; a stand-in in tests.
struct Machinery {
  std::function<std::optional<std::filesystem::path>(const std::string&)> find_program;
  std::function<bool(const std::filesystem::path&)> exists;
  std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>
      free_bytes;  ///< for this user, nearest existing parent
  std::function<bool()> user_namespaces;
  bool root = false;
};
Machinery this_machine();

/// A compiler that some known kernel was built with.
struct WantedCompiler {
  std::string name;  ///< gcc-12, aarch64-linux-gnu-gcc-12
  bool cross = false;

  auto operator<=>(const WantedCompiler&) const = default;
};

/// Look for everything any command uses. `cache` is where headers are kept.
DoctorReport examine(const Machinery& machine, const std::vector<WantedCompiler>& compilers, const std::filesystem::path& cache);

/// Table and install line.
std::string doctor_text(const DoctorReport& report, bool coloured);

}  // namespace kmpack
