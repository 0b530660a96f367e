#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/reading.hpp"

namespace kmpack {

/// The checks of single values. Each reports what is wrong with its field and then answers false or nothing.

/// Lower-case letters, digits, `+`, `-`, `.`; at least two, a letter or digit first: what both dpkg and rpm take in a name.
/// Errors:  package-name-invalid.
/// Source:  Debian Policy 5.6.1.
bool check_package_name(const Field& field, Reading& reading);

/// What both formats take as a version: starts with a digit; letters, digits, `.`, `+`, `~`. `-` divides version and release in
/// both. Errors:  version-invalid. Source:  Debian Policy 5.6.12; rpm-version(7).
bool check_version(const Field& field, Reading& reading);
/// The same for a release, which may start with a letter.
bool check_release(const Field& field, Reading& reading);

/// Letters, digits, `_`, `-`. Errors: module-name-invalid.
/// Source:  linux scripts/Makefile.lib: KBUILD_MODNAME is the object's name with `-` as `_`.
bool check_module_name(const Field& field, Reading& reading);

/// Two modules whose names differ in `-` and `_` only are one to the kernel.
std::string kernel_spelling(std::string_view module);

/// Errors:  license-invalid, for what cannot be an SPDX expression.
bool check_license(const Field& field, Reading& reading);

/// Errors:  url-invalid, mail-invalid, digest-invalid.
bool check_url(const Field& field, Reading& reading);
bool check_mail(const Field& field, Reading& reading);
bool check_sha256(const Field& field, Reading& reading);

enum class Dot { refused, allowed };

/// A path that stays below where it starts from. `.` itself where allowed. Errors: path-unsafe.
std::optional<std::filesystem::path> relative_path(const Field& field, Dot dot, Reading& reading);

/// One of `known`, by position. Errors: value-unknown.
std::optional<std::size_t> choice(const Field& field, const std::vector<std::string>& known, Reading& reading);

/// CONFIG_ and letters, digits, `_`.
bool is_kernel_option(std::string_view text) noexcept;

/// The attributes min and max of an element. Errors: kernel-range-invalid.
KernelRange kernel_range(const XmlElement& element, Reading& reading);

/// One relation as dpkg or rpm writes it. Errors: relation-invalid.
/// Source:  deb-control(5); rpm-dependencies(7).
bool check_deb_relation(const Field& field, Reading& reading);
bool check_rpm_relation(const Field& field, Reading& reading);

}  // namespace kmpack
