#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "package/model.hpp"

/// Steps that the models of several packages share. Private to this folder.
namespace kmpack {

/// As the format spells it. Errors: architecture-unknown.
std::string package_arch(const Kernel& kernel, Format format);

Relation plain_relation(std::string name);
Relation exact_relation(std::string name, std::string version);
Relation least_relation(std::string name, std::string version);
/// A form that only this format has, as `kernel-modules >= 5.14` among what is provided.
Relation verbatim_relation(std::string text);

/// Who it is; the same for all packages of a manifest. Name and architecture are still empty.
PackageModel begin_model(const Manifest& manifest, Format format, PackageKind kind, std::int64_t epoch);
/// A rebuild for a newer upload of the same kernel release must sort higher; where the release itself names the upload, as in the
/// rpm world, that is already so.
void stamp_kernel(PackageModel& model, const Kernel& kernel);
/// The package that holds configuration and firmware.
std::string common_package_name(const Manifest& manifest, Format format);
void need_common_package(PackageModel& model, const Manifest& manifest);
void add_extras(PackageModel& model, const FormatExtras& extras);

/// The text with lines of at most 79 characters, broken at blanks; indented lines and words that are longer stay.
///
/// Source:  rpmlint (description-line-too-long), lintian (extended-description-line-too-long).
std::string wrapped(std::string_view text);
/// One more paragraph of the description, in lines of less than 76 characters.
void add_paragraph(PackageModel& model, std::string_view text);
/// The summary and, where there is room, what it is for.
std::string summary_with(const std::string& summary, const std::string& kernel);
void sort_files(PackageModel& model);

/// The certificate in a PEM or DER file, in DER as mokutil takes it.
///
/// Errors:  file-unreadable, certificate-unreadable.
std::string certificate_in_der(const std::filesystem::path& file);

/// `<modules_root>/<release>/<directory>` of a cell's modules.
std::filesystem::path module_directory(const Cell& cell);

}  // namespace kmpack
