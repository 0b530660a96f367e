#include "headers/tree.hpp"

#include <array>
#include <fstream>

#include "base/text.hpp"
#include "headers/store_layout.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
bool is_header_tree(const fs::path& tree) {
  return is_there(tree / "Module.symvers") && (is_there(tree / "include/config/auto.conf") || is_there(tree / ".config"));
}

std::optional<std::string> release_of_tree(const fs::path& tree) {
  const fs::path header = tree / "include/generated/utsrelease.h";
  if (!is_there(header)) return std::nullopt;
  const std::string text = read_file(header);
  const std::size_t define = text.find("UTS_RELEASE");
  const std::size_t open = define == std::string::npos ? define : text.find('"', define);
  const std::size_t close = open == std::string::npos ? open : text.find('"', open + 1);
  if (close == std::string::npos) return std::nullopt;
  std::string release = text.substr(open + 1, close - open - 1);
  // It becomes part of paths.
  const bool plain = is_safe_relative(release) && release.find_first_of("/ @") == std::string::npos;
  return plain ? std::optional(std::move(release)) : std::nullopt;
}

std::optional<std::string> configured_release(const fs::path& tree) {
  const fs::path file = tree / "include/config/kernel.release";
  if (!is_there(file)) return std::nullopt;
  std::string release(trimmed(read_file(file)));
  return release.empty() ? std::nullopt : std::optional(std::move(release));
}

std::string machine_of(const KernelConfig& config) {
  struct Sign {
    const char* option;
    const char* machine;
  };
  static constexpr auto kSigns = std::to_array<Sign>({{"CONFIG_X86_64", "x86_64"},
                                                      {"CONFIG_X86_32", "i686"},
                                                      {"CONFIG_ARM64", "aarch64"},
                                                      {"CONFIG_ARM", "armv7l"},
                                                      {"CONFIG_PPC64", "ppc64le"},
                                                      {"CONFIG_S390", "s390x"},
                                                      {"CONFIG_RISCV", "riscv64"}});
  for (const Sign& sign : kSigns) {
    if (const auto found = config.options.find(sign.option); found != config.options.end() && found->second == "y")
      return sign.machine;
  }
  return {};
}

std::optional<fs::path> included_makefile(const fs::path& tree) {
  const fs::path makefile = tree / "Makefile";
  if (!is_there(makefile)) return std::nullopt;
  const std::string text = read_file(makefile);
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("include /")) return fs::path(trimmed(line.substr(8)));
  }
  return std::nullopt;
}

std::optional<fs::path> relative_makefile(const fs::path& tree) {
  const fs::path makefile = tree / "Makefile";
  if (!is_there(makefile)) return std::nullopt;
  const std::string text = read_file(makefile);
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("include ../")) return (tree / trimmed(line.substr(8))).lexically_normal();
  }
  return std::nullopt;
}

std::string forced_cross_prefix(const fs::path& tree) {
  constexpr std::string_view kOverride = "override CROSS_COMPILE = ";
  const fs::path variables = tree / ".kernelvariables";
  if (!is_there(variables)) return {};
  const std::string text = read_file(variables);
  for (const std::string_view line : split(text, '\n')) {
    // One that is computed by make is conditional too, and not forced on us.
    if (line.starts_with(kOverride) && line.find('$') == std::string_view::npos)
      return std::string(trimmed(line.substr(kOverride.size())));
  }
  return {};
}

std::set<fs::path> trees_beside(const fs::path& tree) {
  const fs::path real = fs::canonical(tree);
  std::set<fs::path> beside;
  for (const TreeEntry& entry : walk(real)) {
    if (entry.type != EntryType::symlink) continue;
    const fs::path link = fs::read_symlink(real / entry.relative);
    const fs::path target = ((real / entry.relative).parent_path() / link).lexically_normal();
    const fs::path inside = target.lexically_relative(real.parent_path());
    if (!inside.empty() && *inside.begin() != ".." && *inside.begin() != real.filename())
      beside.insert(real.parent_path() / *inside.begin());
  }
  return beside;
}

std::string_view machine_of_program(const fs::path& program) {
  constexpr std::size_t kMachineAt = 18;
  std::array<char, kMachineAt + 2> head{};
  std::ifstream stream(program, std::ios::binary);
  if (!stream.read(head.data(), head.size()) || std::string_view(head.data(), 4) !=
                                                    "\x7f"
                                                    "ELF")
    return {};
  const bool big_endian = head[5] == 2;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(head[at])); };
  const unsigned machine =
      big_endian ? byte(kMachineAt) << 8U | byte(kMachineAt + 1) : byte(kMachineAt + 1) << 8U | byte(kMachineAt);
  for (const char* known : {"x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64"}) {
    const Architecture* const arch = find_architecture(known);
    if (arch != nullptr && arch->elf_machine == machine) return arch->machine;
  }
  return {};
}

}  // namespace kmpack
