#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/dkms/evaluate.hpp"

namespace kmpack {

/// Line of a dkms.conf where an element of a directive is set; the nearest guess where an index is computed, 0 when there is
/// none.
std::uint32_t dkms_line_of(std::string_view conf, std::string_view directive, unsigned index);

/// Lines that are no comment and spell out /var/lib/dkms, /usr/src or /lib/modules.
std::vector<std::uint32_t> dkms_lines_with_fixed_paths(std::string_view conf);

/// Puts the placeholders of BuildCommand where dkms's and this kernel's own directories and its release stand.
///
/// Source:  facts debian.md section 1.4, "How another tool should import faithfully", 3.
class DkmsPlaces {
 public:
  /// `name` and `version` as the conf sets them; directories of dkms that bear them become the build directory, all
  /// else there something of `${dkms_tree}` and `${source_tree}`, so that the text can mean nothing of the machine it runs on.
  DkmsPlaces(const std::string& name, const std::string& version, const DkmsKernel& kernel);

  [[nodiscard]] std::string replaced_in(std::string text) const;

 private:
  struct Place {
    std::string path;
    std::string_view placeholder;
  };
  static bool is_of_kernels(const Place& place, std::string_view rest);

  std::vector<Place> places_;  ///< longest first
  std::string release_;
};

}  // namespace kmpack
