#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "inspect/btf.hpp"
#include "inspect/compat.hpp"
#include "inspect/symbol_rules.hpp"
#include "inspect/vermagic.hpp"
#include "kmpack/architecture.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Version and patch level at the start of a release; 0.0 for what has none.
std::pair<unsigned, unsigned> version_of(std::string_view release) {
  std::pair<unsigned, unsigned> version{};
  const char* const end = release.data() + release.size();
  const auto [dot, error] = std::from_chars(release.data(), end, version.first);
  if (error == std::errc{} && dot != end && *dot == '.') std::from_chars(dot + 1, end, version.second);
  return version;
}

std::optional<std::uint64_t> size_in_vmlinux(const fs::path& vmlinux) {
  std::error_code absent;
  if (!fs::is_regular_file(vmlinux, absent)) return std::nullopt;
  const auto place = elf_section_place(vmlinux, ".BTF");
  return place ? detail::struct_size_in_btf(vmlinux, place->offset, place->size, "module") : std::nullopt;
}

}  // namespace

bool compares_struct_module(const KernelRelease& release) {
  // Red Hat has backported it into EL 9's 5.14 (openzfs#17165).
  return version_of(release.str()) >= std::pair(6U, 4U) || release.str().find(".el") != std::string::npos;
}

OptionNames deciding_options(const HeaderTree& headers) {
  OptionNames names = detail::options_of_vermagic(headers);
  for (const std::string_view name : detail::kDecidingOptions) names.emplace(name);
  return names;
}

LoadingKernel loading_kernel(HeaderTree headers, Symvers symbols) {
  const Kernel& kernel = headers.kernel;
  const Architecture* const arch = find_architecture(kernel.flavor.arch);
  LoadingKernel loading{.name = kernel.id(),
                        .release = kernel.release,
                        .elf_machine = arch == nullptr ? std::uint16_t{0} : arch->elf_machine,
                        .config = {},
                        .vermagic = detail::vermagic_of(headers).value_or(std::string()),
                        .symbols = std::move(symbols),
                        .struct_module_size = {}};
  if (compares_struct_module(kernel.release)) loading.struct_module_size = size_in_vmlinux(headers.tree / "vmlinux");
  // Thousands of options: handed on, not copied.
  loading.config = std::make_shared<const KernelConfig>(std::move(headers.config));
  return loading;
}

}  // namespace kmpack
