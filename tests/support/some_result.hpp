#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cache/cache_layout.hpp"
#include "cache/result_cache.hpp"
#include "inspect/facts.hpp"
#include "support/fake_module.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace kmpack::test {

inline std::string key_of(const std::string& name) { return sha256_of("key of " + name); }

/// What packages take of it.
inline const std::vector<std::filesystem::path> kSomeSources{"COPYING", "docs/usage.txt", "main.c"};

/// A result of two modules, one with debug information, all made of `name`.
inline BuildResult some_result(const std::filesystem::path& place, const std::string& name) {
  BuildResult result{.modules = {},
                     .source = place / "source",
                     .symvers = place / "all.symvers",
                     .log = place / "log",
                     .wall = std::chrono::milliseconds(1234),
                     .warnings = {}};
  for (const std::string& module : {std::string("first"), std::string("second")}) {
    FakeModule fake = plain_module();
    fake.sections.emplace_back(".salt", name + module);
    const std::filesystem::path file = place / "stripped" / (module + ".ko");
    write_file(file, fake.bytes());
    result.modules.push_back({.facts = read_module_facts(file), .file = file, .name = ModuleName(module)});
  }
  result.modules.back().debug = place / "stripped/debug/second.ko.debug";
  write_file(result.modules.back().debug, "debug information of " + name + std::string(3000, 'd'));
  write_file(place / "source/COPYING", "Do what you like.\n");
  write_file(place / "source/docs/usage.txt", "How to use " + name + "\n");
  write_file(place / "source/main.c", "int x;\n", std::filesystem::perms{0755});
  write_file(place / "source/never-packed.o", "object");
  write_file(result.symvers, "0x12345678\t" + name + "\tfirst\tEXPORT_SYMBOL\t\n");
  write_file(result.log, "$ make of " + name + "\n");
  return result;
}

/// The bytes that packages are made of, by what they are.
inline std::map<std::string, std::string> content_of(const BuildResult& result) {
  std::map<std::string, std::string> content{{"symvers", read_file(result.symvers)}, {"log", read_file(result.log)}};
  for (const StrippedModule& module : result.modules) {
    content["module " + module.name.str()] = read_file(module.file);
    if (!module.debug.empty()) content["debug " + module.name.str()] = read_file(module.debug);
  }
  for (const std::filesystem::path& source : kSomeSources)
    content["source " + source.string()] = read_file(result.source / source);
  return content;
}

/// A cache with a place to make and take results beside it.
class CacheBench {
 public:
  /// Keeps the result of that name, and says what it is made of.
  std::map<std::string, std::string> keep(ResultCache& into, const std::string& name) {
    const TempDir work(directory.path());
    const BuildResult result = some_result(work.path(), name);
    const auto problem = into.keep(key_of(name), result, kSomeSources);
    EXPECT_FALSE(problem.has_value()) << problem.value_or(Diagnostic{}).message;
    return content_of(result);
  }
  /// Empty: there is none.
  std::map<std::string, std::string> take(ResultCache& from, const std::string& name) {
    const TempDir work(directory.path());
    const std::optional<BuildResult> result = from.take(key_of(name), work.path() / "into", warnings, {});
    EXPECT_EQ(std::filesystem::exists(work.path() / "into"), result.has_value()) << "nothing stays of what was not taken";
    return result ? content_of(*result) : std::map<std::string, std::string>{};
  }
  [[nodiscard]] std::filesystem::path entry(const std::string& name) const { return detail::entry_place(results, key_of(name)); }
  /// All files of one kind below results/.
  [[nodiscard]] std::vector<std::filesystem::path> files(const std::string& kind) const {
    std::vector<std::filesystem::path> found;
    for (const TreeEntry& each : walk(results / kind)) {
      if (each.type != EntryType::directory) found.push_back(results / kind / each.relative);
    }
    return found;
  }

  TempDir directory;
  std::filesystem::path home = directory.path() / "cache";
  std::filesystem::path results = home / "results";
  ResultCache cache{home, {}};
  std::vector<Diagnostic> warnings;
};

}  // namespace kmpack::test
