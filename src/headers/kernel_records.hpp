#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// Kernels with their packages as JSON, schema 1: what a lock is, and what lies beside each set of the store.
std::string kernels_to_text(std::span<const std::shared_ptr<const Kernel>> kernels);

/// Reads that. What is used in a path or a command is checked: the file may be anybody's. Rules and trees are not in it.
///
/// Errors:  lock-invalid, with the line.
std::vector<Kernel> kernels_from_text(std::string_view text, const std::filesystem::path& file);

/// The distribution of kernels that no catalogue knows, as `make bindeb-pkg` packs them: given/6.6.30-acme. Each release is a
/// flavor of its own, so there is no flavor meta; all other rules are the defaults.
inline constexpr std::string_view kGivenDistribution = "given";

/// Fills in the rules of the kernel's catalogue. False when no catalogue has its flavor and series any more.
bool complete_rules(Kernel& kernel, std::span<const Catalogue> catalogues);

}  // namespace kmpack
