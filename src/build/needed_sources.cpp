#include "build/needed_sources.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <vector>

#include "build/source_copy.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kVariable = "KBUILD_EXTRA_SYMBOLS";

void link_if_free(const fs::path& target, const fs::path& link) {
  if (fs::exists(fs::symlink_status(link))) return;
  make_directories(link.parent_path());
  std::error_code error;
  fs::create_symlink(target.lexically_relative(link.parent_path()), link, error);
  if (error) throw_system_error(error.value(), "cannot create the link", link);
}

/// Generous: what is meant for another purpose only makes a build see less.
bool may_call_make(const fs::path& file) {
  constexpr auto kNames = std::to_array<std::string_view>({"Makefile", "makefile", "GNUmakefile", "Kbuild", "configure"});
  constexpr auto kEndings = std::to_array<std::string_view>({".mk", ".mak", ".sh", ".in", ".include"});
  const std::string name = file.filename().string();
  return std::ranges::any_of(kNames, [&](std::string_view known) { return name.starts_with(known); }) ||
         std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

void show_needed_sources(PrivateTree& tree, std::span<const DependencySymbols> needed, const fs::path& workspace,
                         const std::stop_token& stop) {
  for (const DependencySymbols& package : needed) {
    const std::string flat = package.name + "-" + package.version;
    const bool has_source = !package.source.directory.empty() || !package.source.archive.empty();
    const bool is_plain = is_safe_relative(package.name) && is_safe_relative(flat) && flat.find('/') == std::string::npos;
    if (!has_source || !is_plain || fs::exists(fs::symlink_status(tree.attempt / flat))) continue;
    std::vector<fs::path> skipped_links;
    const fs::path copy = tree.attempt / "needed" / std::to_string(tree.needed.size());
    const fs::path root = copy_source(package.source, copy, workspace, skipped_links, stop);
    link_if_free(root, tree.attempt / flat);
    link_if_free(root, tree.attempt / package.name / package.version / "source");
    tree.needed.push_back({.name = package.name, .version = package.version, .root = root, .place = package.place});
  }
}

bool set_extra_symbols(const fs::path& source, std::span<const BuildCommand> commands) {
  constexpr std::uintmax_t kLargest = 1U << 20U;
  const auto names_it = [](std::string_view text) { return text.find(kVariable) != std::string_view::npos; };
  if (std::ranges::any_of(commands, names_it, &BuildCommand::text)) return true;
  return std::ranges::any_of(walk(source), [&](const TreeEntry& entry) {
    if (entry.type != EntryType::file || !may_call_make(entry.relative)) return false;
    const fs::path file = source / entry.relative;
    return fs::file_size(file) <= kLargest && names_it(read_file(file));
  });
}

}  // namespace kmpack
