#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "package/debian_source.hpp"

/// How a Debian source package builds. Private to this folder.
namespace kmpack {

inline constexpr std::string_view kDebianPatches = "kernel-patches";
inline constexpr std::string_view kDebianFiles = "local";

/// Where render_rules() leaves what the rules name, and what it renders with.
struct RulesContext {
  SourceFiles& patches;
  SourceFiles& files;
  const Templates& templates;
};

/// `debian/rules`, the script it calls, what that script reads for each kernel, and the text that explains all this.
std::vector<DebianFile> render_rules(const DebianSource& source, std::span<const RecipePart> parts,
                                     std::span<const PackageModel> common, const std::filesystem::path& top,
                                     const RulesContext& context);

}  // namespace kmpack
