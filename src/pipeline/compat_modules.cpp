#include "pipeline/compat_modules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "inspect/facts.hpp"
#include "kmpack/diagnostic.hpp"
#include "sign/signature.hpp"
#include "sys/files.hpp"
#include "sys/pool.hpp"
#include "verify/in_tree.hpp"
#include "wrap/archive.hpp"
#include "wrap/compress.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// A file to read modules from.
struct Source {
  fs::path file;
  std::string package;  ///< what its modules are told under
};

struct Reading {
  std::vector<AskedModule> modules;
  std::optional<Diagnostic> problem;
};

bool is_package(const fs::path& file) { return file.extension() == ".deb" || file.extension() == ".rpm"; }

Trust trust_in(std::string_view module, const ModuleFacts& facts, const std::optional<Certificate>& certificate) {
  if (!certificate || !facts.signature) return Trust::unknown;
  const auto problem = verify_signature(module, *certificate, facts.file);
  if (!problem) return Trust::trusted;
  return problem->code == "signature-other-key" ? Trust::other_key : Trust::broken;
}

AskedModule asked(std::string_view bytes, const fs::path& file, const std::string& package,
                  const std::optional<Certificate>& certificate) {
  ModuleFacts facts = read_module_facts(bytes, file);
  const Trust trust = trust_in(bytes, facts, certificate);
  return {.facts = std::move(facts), .package = package, .trust = trust, .unlisted = {}};
}

void read_package(const Source& source, const std::optional<Certificate>& certificate, const std::stop_token& stop,
                  Reading& reading) {
  const ArchiveSource archive =
      source.file.extension() == ".deb" ? ArchiveSource(source.file, "data.tar") : ArchiveSource(source.file);
  read_archive(
      archive,
      [&](const ArchiveMember& member, MemberData& data) {
        const fs::path name = fs::path(member.name).filename();
        if (member.type != MemberType::file || !is_module_file(name.string())) return;
        reading.modules.push_back(asked(decompressed(data.all(kLargestModule)), source.file / name, source.package, certificate));
      },
      stop);
  std::ranges::sort(reading.modules, {}, [](const AskedModule& module) -> const fs::path& { return module.facts.file; });
}

void add_directory(const fs::path& directory, const std::string& package, std::vector<Source>& sources) {
  for (const TreeEntry& entry : walk(directory)) {
    if (entry.type != EntryType::file) continue;
    const fs::path file = directory / entry.relative;
    if (is_package(file)) {
      sources.push_back({.file = file, .package = file.filename().string()});
    } else if (is_module_file(file.filename().string())) {
      sources.push_back({.file = file, .package = package});
    }
  }
}

std::vector<Source> sources_in_workspace(const fs::path& workspace) {
  std::vector<Source> sources;
  std::error_code absent;
  std::vector<fs::path> cells;
  for (const fs::directory_entry& cell : fs::directory_iterator(workspace / "cells", absent))
    // What has no record is not finished.
    if (fs::is_regular_file(cell.path() / "record.json", absent) && fs::is_directory(cell.path() / "modules", absent))
      cells.push_back(cell.path());
  std::ranges::sort(cells);
  for (const fs::path& cell : cells) add_directory(cell / "modules", cell.filename().string(), sources);
  return sources;
}

std::vector<Source> sources_of(const std::vector<fs::path>& files) {
  std::vector<Source> sources;
  for (const fs::path& file : files) {
    std::error_code absent;
    if (fs::is_directory(file, absent)) {
      const fs::path plain = file.lexically_normal();
      add_directory(file, (plain.has_filename() ? plain : plain.parent_path()).string(), sources);
    } else {
      const std::string place = fs::absolute(file).parent_path().filename().string();
      sources.push_back({.file = file, .package = is_package(file) ? file.filename().string() : place});
    }
  }
  return sources;
}

}  // namespace

std::vector<AskedModule> asked_modules(const std::vector<fs::path>& files, const fs::path& workspace,
                                       const std::optional<Certificate>& certificate, unsigned width, const std::stop_token& stop,
                                       Diagnostics& problems) {
  const std::vector<Source> sources = files.empty() ? sources_in_workspace(workspace) : sources_of(files);
  std::vector<Reading> readings(sources.size());
  run_jobs(sources.size(), width, stop, [&](std::size_t index) {
    const Source& source = sources[index];
    Reading& reading = readings[index];
    try {
      if (is_package(source.file)) {
        read_package(source, certificate, stop, reading);
      } else {
        reading.modules.push_back(asked(decompressed_module(source.file), source.file, source.package, certificate));
      }
    } catch (const Error& error) {
      reading.problem = error.diagnostic();
    } catch (const Cancelled&) {
      // Seen again below.
      return;
    }
  });
  if (stop.stop_requested()) throw Cancelled{};
  std::vector<AskedModule> modules;
  for (Reading& reading : readings) {
    if (reading.problem) problems.report(*std::move(reading.problem));
    std::ranges::move(reading.modules, std::back_inserter(modules));
  }
  if (modules.empty() && problems.ok())
    problems.report({.code = "modules-none",
                     .message = files.empty() ? fmt::format("no finished cell of {} has a module", workspace.string())
                                              : std::string("there is no kernel module in what was given"),
                     .hint = files.empty() ? "name modules, packages or directories, or build first"
                                           : "give .ko files, packages with modules, or directories of these"});
  return modules;
}

}  // namespace kmpack
