#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "support/guest_kernel.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack::test {

/// All modules of a kernel package, sorted by path.
inline std::vector<std::filesystem::path> modules_of(const GuestKernel& kernel) {
  std::vector<std::filesystem::path> modules;
  for (const TreeEntry& entry : walk(kernel.image.modules / "kernel"))
    if (entry.type == EntryType::file && entry.relative.filename().string().find(".ko") != std::string::npos)
      modules.push_back(kernel.image.modules / "kernel" / entry.relative);
  return modules;
}

inline std::string output_of(const std::string& program, std::vector<std::string> args) {
  ProcessRunner runner;
  Command command;
  command.program = program;
  command.args = std::move(args);
  command.environment = scrubbed_environment(0);
  command.environment["PATH"] += ":/usr/sbin:/sbin";
  command.separate_errors = true;
  command.tail_bytes = 16U << 20U;
  const Completed completed = run_checked(runner, command, {});
  return completed.tail;
}

/// What modinfo prints, field by field.
inline std::multimap<std::string, std::string> modinfo(const std::filesystem::path& file) {
  std::multimap<std::string, std::string> fields;
  const std::string text = output_of("modinfo", {"-0", file.string()});
  for (const std::string_view field : split(text, '\0')) {
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) fields.emplace(field.substr(0, equals), field.substr(equals + 1));
  }
  return fields;
}

inline std::vector<std::string> values(const std::multimap<std::string, std::string>& fields, const std::string& key) {
  std::vector<std::string> found;
  const auto [begin, end] = fields.equal_range(key);
  for (auto entry = begin; entry != end; ++entry) found.push_back(entry->second);
  return found;
}

inline std::string value(const std::multimap<std::string, std::string>& fields, const std::string& key) {
  const auto found = fields.find(key);
  return found == fields.end() ? std::string() : found->second;
}

}  // namespace kmpack::test
