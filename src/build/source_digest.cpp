#include <sys/stat.h>

#include <system_error>

#include "build/build.hpp"
#include "build/source_copy.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Fields with their lengths before them, so that no two different lists of fields give the same bytes.
class FieldDigest {
 public:
  FieldDigest& add(std::string_view field) {
    digest_.add(std::to_string(field.size()));
    digest_.add(":");
    digest_.add(field);
    return *this;
  }
  std::string finish() { return digest_.finish(); }

 private:
  Sha256 digest_;
};

std::vector<TreeEntry> entries_of(const SourceSpec& source, const fs::path& workspace) {
  if (!fs::is_directory(source.directory)) {
    throw Error({.code = "source-missing",
                 .message = "the source directory " + source.directory.string() + " does not exist",
                 .where = source.where,
                 .notes = {},
                 .hint = "check the path in the manifest; it is relative to the manifest's folder"});
  }
  std::vector<fs::path> skipped;
  return source_entries(source.directory, workspace, skipped);
}

/// Of all but the file `without`.
void add_directory(const SourceSpec& source, const fs::path& workspace, const fs::path& without, FieldDigest& digest) {
  for (const TreeEntry& entry : entries_of(source, workspace)) {
    const fs::path path = source.directory / entry.relative;
    if (!without.empty() && fs::absolute(path).lexically_normal() == without) continue;
    digest.add(entry.relative.string());
    if (entry.type == EntryType::directory) {
      digest.add("directory");
    } else if (entry.type == EntryType::symlink) {
      digest.add("link").add(fs::read_symlink(path).string());
    } else {
      const bool executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
      digest.add(executable ? "program" : "file").add(sha256_of_file(path));
    }
  }
}

void add_range(const KernelRange& range, FieldDigest& digest) { digest.add(range.min.value_or("")).add(range.max.value_or("")); }

void add_commands(std::string_view when, const std::vector<BuildCommand>& commands, FieldDigest& digest) {
  if (commands.empty()) return;
  digest.add(when).add(std::to_string(commands.size()));
  for (const BuildCommand& command : commands) digest.add(command.text);
}

void add_files(const SourceSpec& source, const fs::path& workspace, const fs::path& without, FieldDigest& digest) {
  if (source.archive.empty()) {
    add_directory(source, workspace, without, digest.add("directory"));
  } else {
    digest.add("archive").add(source.sha256.empty() ? sha256_of_file(source.archive) : source.sha256);
  }
  digest.add(source.subdirectory.string());
}

void add_sources(const Manifest& manifest, const fs::path& workspace, const fs::path& without, FieldDigest& digest) {
  add_files(manifest.source, workspace, without, digest);
  for (const PatchSpec& patch : manifest.patches) {
    if (patch.fuzz != 0) digest.add("fuzz").add(std::to_string(patch.fuzz));
    add_range(patch.when.range, digest.add("patch").add(sha256_of_file(patch.file)).add(std::to_string(patch.strip)));
  }
}

/// How the sources are made into modules.
void add_call(const Manifest& manifest, FieldDigest& digest) {
  digest.add("make").add(manifest.make.target);
  for (const MakeVariable& variable : manifest.make.variables) digest.add(variable.name).add(variable.value);
  add_commands("before", manifest.make.before, digest);
  add_commands("commands", manifest.make.commands, digest);
  add_commands("after", manifest.make.after, digest);
  // The names that commands know the package by, and which file is the kernel's configuration to them.
  if (manifest.dkms) {
    digest.add("dkms").add(manifest.dkms->name).add(manifest.dkms->version);
    digest.add(manifest.dkms->semantics == DkmsSemantics::v3_0 ? "3.0" : "3.4");
  }
  for (const ModuleSpec& module : manifest.modules) {
    digest.add("module").add(module.name.str()).add(module.directory.string());
    for (const ModuleName& used : module.uses) digest.add(used.str());
    if (module.file) digest.add("file").add(module.file->str());
    if (module.strip == Strip::no) digest.add("not stripped");
  }
}

}  // namespace

std::string source_digest(const Manifest& manifest, const fs::path& workspace) {
  FieldDigest digest;
  // Name and version stand in the modules' debug information as the path of their source.
  digest.add("kmpack source 1").add(manifest.name.str()).add(manifest.version);
  add_sources(manifest, workspace, {}, digest);
  add_call(manifest, digest);
  return digest.finish();
}

SourceDigests source_digests(const Manifest& manifest, const fs::path& workspace) {
  FieldDigest tree;
  add_sources(manifest, workspace, fs::absolute(manifest.file).lexically_normal(), tree);
  FieldDigest call;
  call.add(manifest.name.str()).add(manifest.version);
  add_call(manifest, call);
  return {.sources = tree.finish(), .call = call.finish()};
}

std::string shown_digest(const SourceSpec& source, const fs::path& workspace) {
  if (source.directory.empty() && source.archive.empty()) return {};
  FieldDigest digest;
  add_files(source, workspace, {}, digest);
  return digest.finish();
}

}  // namespace kmpack
