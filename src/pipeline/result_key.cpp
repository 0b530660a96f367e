#include "pipeline/result_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "build/build.hpp"
#include "build/make_command.hpp"
#include "package/rpm_debug.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Raised whenever the same inputs would give another BuildResult than before: other make variables, another way to strip, other
/// files kept. Results of before are then not found any more.
constexpr int kBuildFormat = 1;

/// Length first, so that no two lists of fields read the same.
class Fields {
 public:
  Fields& add(std::string_view name, std::string_view value) {
    digest_.add(fmt::format("{} {}\n", name, value.size()));
    digest_.add(value);
    return *this;
  }
  std::string finish() { return digest_.finish(); }

 private:
  Sha256 digest_;
};

/// The paths of headers that show in debug information: as they are once kmpack has taken the store's place off them.
std::string shown(const fs::path& path, const fs::path& root) {
  if (root.empty() || root == "/") return path.string();
  return path.empty() ? std::string() : path.lexically_relative(root).string();
}

/// Where sources come to lie decides nothing, but a manifest among them is a file that a Makefile can read as any other.
void add_manifest(Fields& fields, const Manifest& manifest) {
  const fs::path file = (manifest.dkms ? manifest.dkms->conf : manifest.file).lexically_normal();
  const fs::path source = manifest.source.directory.lexically_normal();
  if (source.empty() || !is_safe_relative(file.lexically_relative(source))) return;
  std::error_code absent;
  if (fs::is_regular_file(file, absent)) fields.add("manifest " + file.filename().string(), sha256_of_file(file));
}

/// Who needs a package may include its headers; its symbols are what modpost writes down.
void add_dependency(Fields& fields, const BuiltDependency& dependency, const fs::path& workspace) {
  const Manifest& manifest = *dependency.cell.manifest;
  fields.add("dependency", manifest.name.str() + " " + manifest.version);
  if (manifest.dkms) fields.add("dkms", manifest.dkms->name + " " + manifest.dkms->version);
  fields.add("place", dependency.cell.source_place());
  fields.add("symvers", sha256_of_file(dependency.symvers));
  fields.add("sources", shown_digest(manifest.source, workspace));
}

}  // namespace

std::string result_key(const Cell& cell, const HeaderTree& headers, const ResultInputs& inputs) {
  const Manifest& manifest = *cell.manifest;
  Fields fields;
  fields.add("build format", std::to_string(kBuildFormat));
  fields.add("sources", inputs.source.sources).add("call", inputs.source.call);
  add_manifest(fields, manifest);
  fields.add("compiler", inputs.compiler).add("machine", inputs.source.machine);
  fields.add("headers", headers.digest).add("epoch", std::to_string(headers.epoch));
  // make goes by real paths: of a tree behind a link it is those that show, and kmpack does not take the store's place off them.
  for (const fs::path& path : {headers.tree, headers.makefile}) {
    fields.add("tree", shown(path.empty() ? path : fs::weakly_canonical(path), headers.root));
  }
  fields.add("release", cell.kernel->release.str()).add("arch", cell.kernel->flavor.arch);
  fields.add("cross", headers.cross_prefix).add("place", cell.source_place());
  for (const auto& [name, value] : build_environment(headers)) {
    if (name != "PATH") fields.add("environment " + name, value);
  }
  // It decides how debug information is kept, and which sources.
  fields.add("family", cell.kernel->rules.family == PackageFamily::rpm ? "rpm" : "deb");
  for (const auto* named : {&manifest.install.licenses, &manifest.install.documents}) {
    for (const fs::path& file : *named) fields.add("document", file.string());
  }
  if (runs_foreign_text(manifest)) fields.add("confined", inputs.confined ? "yes" : "no");
  for (const BuiltDependency& dependency : inputs.dependencies) add_dependency(fields, dependency, inputs.workspace);
  return fields.finish();
}

bool runs_foreign_text(const Manifest& manifest) {
  const MakeSpec& make = manifest.make;
  return manifest.dkms || !manifest.build_depends.empty() || !make.before.empty() || !make.commands.empty() ||
         !make.after.empty();
}

std::vector<fs::path> packed_sources(const Cell& cell, const fs::path& source) {
  std::set<fs::path> files;
  for (const auto* named : {&cell.manifest->install.licenses, &cell.manifest->install.documents}) {
    for (const fs::path& file : *named) files.insert(file.lexically_normal());
  }
  if (cell.kernel->rules.family == PackageFamily::rpm) {
    for (const TreeEntry& entry : walk(source)) {
      if (entry.type == EntryType::file && is_debugger_source(entry.relative)) files.insert(entry.relative);
    }
  }
  return {files.begin(), files.end()};
}

}  // namespace kmpack
