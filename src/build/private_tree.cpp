#include "build/private_tree.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "build/make_command.hpp"
#include "kmpack/architecture.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void check_name(const Manifest& manifest, const std::string& name) {
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos) return;
  throw Error({.code = "build-path-unusable",
               .message = fmt::format("'{}' cannot be the name of a directory to build in", name),
               .where = SourceSpan{manifest.dkms ? manifest.dkms->conf : manifest.file, 0, 0},
               .notes = {},
               .hint = "give the package a name and a version without a slash"});
}

void link_to(const fs::path& target, const fs::path& link) {
  std::error_code error;
  fs::create_symlink(target, link, error);
  if (error) throw_system_error(error.value(), "cannot create the link", link);
}

/// Links to everything of a header tree, and a Makefile of ours for the one that would look for its other half in /usr/src.
void make_view(const HeaderTree& headers, const fs::path& view) {
  make_directories(view);
  const fs::path tree = fs::absolute(headers.tree).lexically_normal();
  for (const fs::directory_entry& entry : fs::directory_iterator(tree)) {
    const fs::path name = entry.path().filename();
    if (name != "Makefile") link_to(tree / name, view / name);
  }
  write_file(view / "Makefile", fmt::format("include {}\n", fs::absolute(headers.makefile).lexically_normal().string()));
}

fs::path modules_of(const PrivateTree& tree) { return tree.attempt / "lib/modules"; }

/// dkms before 3.1 read .config.
/// Source: facts debian.md section 1.1 (1).
std::string config_of(const Manifest& manifest, const fs::path& tree) {
  const fs::path automatic = tree / "include/config/auto.conf";
  const bool old = manifest.dkms && manifest.dkms->semantics == DkmsSemantics::v3_0;
  std::error_code absent;
  return (old || !fs::exists(automatic, absent) ? tree / ".config" : automatic).string();
}

}  // namespace

PrivateTree private_tree(const Manifest& manifest, fs::path attempt) {
  PrivateTree tree{.attempt = std::move(attempt), .copy = {}, .names = command_names(manifest), .needed = {}};
  check_name(manifest, tree.names.name);
  check_name(manifest, tree.names.version);
  const fs::path home = tree.attempt / tree.names.name / tree.names.version;
  // Of an archive only a part may be the source root; `build` is that one.
  tree.copy = home / (manifest.source.subdirectory.empty() ? "build" : "unpacked");
  check_buildable_path(tree.copy);
  return tree;
}

std::vector<std::string> other_names(const PrivateTree& tree) {
  const std::string flat = "/" + tree.names.name + "-" + tree.names.version;
  const std::string deep = "/" + tree.names.name + "/" + tree.names.version + "/build";
  const std::string attempt = tree.attempt.string();
  return {attempt + flat, attempt + deep, "/usr/src" + flat, "/var/lib/dkms" + deep};
}

std::string maps_of_needed(const PrivateTree& tree) {
  std::string maps;
  for (const PrivateTree::Needed& package : tree.needed) {
    const std::string flat = package.name + "-" + package.version;
    const std::string deep = package.name + "/" + package.version + "/source";
    for (const fs::path& path : {package.root, tree.attempt / flat, tree.attempt / deep, fs::path("/usr/src") / flat,
                                 fs::path("/var/lib/dkms") / deep}) {
      // With the slash, or `a-1` would be found in `a-1.2`, too.
      if (path != package.place) maps += fmt::format(" -ffile-prefix-map={}/={}/", path.string(), package.place);
    }
  }
  return maps;
}

CommandPlaces furnish(const PrivateTree& tree, const fs::path& source, const Cell& cell, const HeaderTree& headers) {
  const std::string release = cell.kernel->release.str();
  const fs::path build = modules_of(tree) / release / "build";
  fs::path kernel = headers.tree;
  if (headers.makefile.empty()) {
    make_directories(build.parent_path());
    link_to(headers.tree, build);
  } else {
    make_view(headers, build);
    link_to(headers.makefile.parent_path(), build.parent_path() / "source");
    kernel = build;
  }
  check_buildable_path(kernel);
  const fs::path home = tree.copy.parent_path();
  if (tree.copy != home / "build") link_to(source, home / "build");
  link_to("build", home / "source");
  link_to(fs::path(tree.names.name) / tree.names.version / "build", tree.attempt / (tree.names.name + "-" + tree.names.version));
  const Architecture* const arch = find_architecture(cell.kernel->flavor.arch);
  return {.kernelver = release,
          .kernel_source_dir = kernel.string(),
          .kernel_config = config_of(*cell.manifest, kernel),
          .arch = arch == nullptr ? cell.kernel->flavor.arch : std::string(arch->machine),
          .build_dir = source.string(),
          .dkms_tree = tree.attempt.string(),
          .source_tree = tree.attempt.string(),
          .install_tree = modules_of(tree).string()};
}

Confinement confinement_of(const PrivateTree& tree, const fs::path& source, const HeaderTree& headers) {
  Confinement confinement;
  confinement.writable = {tree.attempt};
  confinement.readable = {headers.tree};
  if (headers.root.has_relative_path()) confinement.readable.push_back(headers.root);
  if (!headers.makefile.empty()) confinement.readable.push_back(headers.makefile.parent_path());
  // Where the kernel was built beside its sources; its Makefile includes theirs.
  std::error_code absent;
  if (const fs::path sources = fs::canonical(headers.tree / "source", absent); !absent) confinement.readable.push_back(sources);
  // What else lies there is no business of a build that is to come out the same on every machine.
  confinement.emptied = {"/usr/src", "/lib/modules"};
  const fs::path root = headers.root.empty() ? fs::path("/") : headers.root;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "usr/src", absent)) {
    const std::string name = entry.path().filename().string();
    if ((name == "kernels" || name.starts_with("linux-")) && entry.is_directory())
      confinement.shown.push_back({fs::canonical(entry.path()), fs::path("/usr/src") / name});
  }
  confinement.shown.push_back({source, fs::path("/usr/src") / (tree.names.name + "-" + tree.names.version)});
  for (const PrivateTree::Needed& package : tree.needed)
    confinement.shown.push_back({package.root, fs::path("/usr/src") / (package.name + "-" + package.version)});
  confinement.shown.push_back({modules_of(tree), "/lib/modules"});
  confinement.shown.push_back({tree.attempt, "/var/lib/dkms"});
  return confinement;
}

}  // namespace kmpack
