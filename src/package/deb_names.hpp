#pragma once

#include <string>

#include "kmpack/cell.hpp"

namespace kmpack {

/// Names of debs, by the catalogue's rules: `hello-modules-6.1.0-56-amd64`, Ubuntu's `linux-modules-hello-6.8.0-57-generic`.
///
/// Errors:  package-name-invalid.
/// Source:  facts debian.md sections 3.1, 7.
std::string deb_modules_name(const Cell& cell);
/// Of the package that follows the flavor's newest kernel: `hello-modules-amd64`.
std::string deb_meta_name(const Cell& cell);
/// What every package of modules provides, whatever its kernel: `hello-modules`.
std::string deb_virtual_name(const Manifest& manifest);
/// Of the source package: `hello-kmod`.
std::string deb_source_name(const Manifest& manifest);

}  // namespace kmpack
