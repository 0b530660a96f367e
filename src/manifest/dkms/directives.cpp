#include "manifest/dkms/directives.hpp"

#include <algorithm>
#include <array>

namespace kmpack {
namespace {

using enum DkmsStanding;

constexpr std::string_view kNoInitrd = "kmpack.xml's install/initramfs says that an initramfs needs the module";
constexpr std::string_view kNoModulesConf = "kmpack.xml's install section has modprobe.d's options and softdeps";
constexpr std::string_view kSigning = "kmpack takes keys from its command line";

constexpr auto kDirectives = std::to_array<DkmsDirective>({
    {.name = "CLEAN", .standing = deprecated, .remark = "builds start from a fresh copy of the source"},
    {.name = "PACKAGE_NAME"},
    {.name = "PACKAGE_VERSION"},
    {.name = "POST_ADD"},
    {.name = "POST_BUILD"},
    {.name = "POST_INSTALL"},
    {.name = "POST_REMOVE"},
    {.name = "PRE_BUILD"},
    {.name = "PRE_INSTALL"},
    {.name = "BUILD_DEPENDS", .indexed = true},
    {.name = "BUILD_DEPENDS_REBUILD", .since = "3.2.0"},
    {.name = "BUILD_EXCLUSIVE_KERNEL", .indexed = true},
    {.name = "BUILD_EXCLUSIVE_KERNEL_MIN", .indexed = true, .since = "3.0.11"},
    {.name = "BUILD_EXCLUSIVE_KERNEL_MAX", .indexed = true, .since = "3.0.11"},
    {.name = "BUILD_EXCLUSIVE_ARCH", .indexed = true},
    {.name = "BUILD_EXCLUSIVE_CONFIG", .indexed = true},
    {.name = "OBSOLETE_BY", .standing = deprecated, .remark = "BUILD_EXCLUSIVE_KERNEL_MAX says the same"},
    {.name = "MAKE", .indexed = true},
    {.name = "MAKE_MATCH", .indexed = true},
    {.name = "PATCH", .indexed = true},
    {.name = "PATCH_MATCH", .indexed = true},
    {.name = "BUILT_MODULE_NAME", .indexed = true},
    {.name = "BUILT_MODULE_LOCATION", .indexed = true},
    {.name = "DEST_MODULE_NAME", .indexed = true},
    {.name = "DEST_MODULE_LOCATION", .indexed = true},
    {.name = "STRIP", .indexed = true},
    {.name = "AUTOINSTALL"},
    {.name = "NO_WEAK_MODULES"},
    {.name = "SIGN_FILE", .standing = ignored, .remark = kSigning},
    {.name = "MOK_SIGNING_KEY", .standing = ignored, .remark = kSigning},
    {.name = "MOK_CERTIFICATE", .standing = ignored, .remark = kSigning},
    {.name = "REMAKE_INITRD", .standing = ignored, .remark = kNoInitrd},
    {.name = "MODULES_CONF", .standing = ignored, .indexed = true, .remark = kNoModulesConf},
    {.name = "MODULES_CONF_OBSOLETES", .standing = ignored, .indexed = true, .remark = kNoModulesConf},
    {.name = "MODULES_CONF_ALIAS_TYPE", .standing = ignored, .indexed = true, .remark = kNoModulesConf},
    {.name = "MODULES_CONF_OBSOLETE_ONLY", .standing = ignored, .indexed = true, .remark = kNoModulesConf},
});

}  // namespace

std::span<const DkmsDirective> dkms_directives() noexcept { return kDirectives; }

const DkmsDirective* find_dkms_directive(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kDirectives, name, &DkmsDirective::name);
  return found == kDirectives.end() ? nullptr : found;
}

}  // namespace kmpack
