#include "kmpack/architecture.hpp"

#include <elf.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace kmpack {
namespace {

constexpr auto kArchitectures = std::to_array<Architecture>({
    {"x86_64", "amd64", "x86_64", "x86", "x86_64-linux-gnu", EM_X86_64},
    {"i686", "i386", "i686", "x86", "i686-linux-gnu", EM_386},
    {"aarch64", "arm64", "aarch64", "arm64", "aarch64-linux-gnu", EM_AARCH64},
    {"armv7l", "armhf", "armv7hl", "arm", "arm-linux-gnueabihf", EM_ARM},
    {"ppc64le", "ppc64el", "ppc64le", "powerpc", "powerpc64le-linux-gnu", EM_PPC64},
    {"s390x", "s390x", "s390x", "s390", "s390x-linux-gnu", EM_S390},
    {"riscv64", "riscv64", "riscv64", "riscv", "riscv64-linux-gnu", EM_RISCV},
});

#if defined(__x86_64__)
constexpr std::string_view kHost = "x86_64";
#elif defined(__i386__)
constexpr std::string_view kHost = "i686";
#elif defined(__aarch64__)
constexpr std::string_view kHost = "aarch64";
#elif defined(__arm__)
constexpr std::string_view kHost = "armv7l";
#elif defined(__powerpc64__)
constexpr std::string_view kHost = "ppc64le";
#elif defined(__s390x__)
constexpr std::string_view kHost = "s390x";
#elif defined(__riscv)
constexpr std::string_view kHost = "riscv64";
#endif

}  // namespace

const Architecture* find_architecture(std::string_view any_spelling) noexcept {
  const auto* const found = std::ranges::find_if(kArchitectures, [&](const Architecture& arch) {
    return any_spelling == arch.machine || any_spelling == arch.deb || any_spelling == arch.rpm || any_spelling == arch.triplet;
  });
  return found == kArchitectures.end() ? nullptr : found;
}

bool same_architecture(std::string_view left, std::string_view right) noexcept {
  if (left == right) return true;
  const Architecture* const found = find_architecture(left);
  return found != nullptr && found == find_architecture(right);
}

const Architecture& host_architecture() noexcept {
  const Architecture* const host = find_architecture(kHost);
  KMPACK_ASSERT(host != nullptr);
  return *host;
}

}  // namespace kmpack
