#pragma once

#include <span>
#include <string_view>

namespace kmpack {

enum class DkmsStanding {
  used,
  deprecated,  ///< some dkms still does something with it, or says that it will not
  ignored      ///< no dkms since 3.0 does anything with it
};

/// A name that dkms reads from a dkms.conf.
struct DkmsDirective {
  std::string_view name;
  DkmsStanding standing = DkmsStanding::used;
  bool indexed = false;          ///< an array, one element for each module, patch, …
  std::string_view since = {};   ///< the dkms that knows it first; empty: all of them
  std::string_view remark = {};  ///< for what is deprecated or ignored: what came instead
};

/// In the order in which dkms hands them on: where one of them cannot be read again, the later ones are lost with it.
///
/// Source:  facts debian.md section 1.2; dkms 3.0.10 and 3.4.3, dkms_conf_variables.
std::span<const DkmsDirective> dkms_directives() noexcept;
const DkmsDirective* find_dkms_directive(std::string_view name) noexcept;

}  // namespace kmpack
