#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "headers/config.hpp"
#include "inspect/compat.hpp"
#include "inspect/facts.hpp"
#include "integration/inspect/corpus.hpp"
#include "support/headers.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

// Enough for every kind of answer; depmod takes its time for each.
constexpr std::size_t kSample = 60;

/// For each module the symbols that depmod complains about, as weak-modules reads them.
///
/// Source: Red Hat's weak-modules (validate_weak_links): `depmod -naeE SYMVERS RELEASE`; kmod tools/depmod.c.
std::map<std::string, std::set<std::string>> depmod_complaints(const fs::path& root, const std::string& release,
                                                               const fs::path& symvers) {
  ProcessRunner runner;
  Command command{.program = "depmod",
                  .args = {"-n", "-a", "-e", "-E", symvers.string(), "-b", root.string(), release},
                  .environment = scrubbed_environment(0)};
  command.environment["PATH"] += ":/usr/sbin:/sbin";
  command.separate_errors = true;
  command.tail_bytes = 64U << 20U;
  const Completed completed = runner.run(command, {});
  EXPECT_TRUE(completed.ok()) << completed.how();
  std::map<std::string, std::set<std::string>> complaints;
  for (const std::string_view line : split(completed.errors, '\n')) {
    for (const std::string_view words : {" needs unknown symbol ", " disagrees about version of symbol "}) {
      const std::size_t at = line.find(words);
      if (at == std::string_view::npos) continue;
      const std::string_view file = line.substr(0, at);
      complaints[std::string(file.substr(file.rfind('/') + 1))].emplace(trimmed(line.substr(at + words.size())));
    }
  }
  return complaints;
}

/// The list as depmod takes all of it: it passes over symbols of modules, which it looks for in the tree it is given.
void write_for_depmod(const fs::path& symvers, const fs::path& to) {
  const Symvers symbols = Symvers::read(symvers);
  std::string text;
  for (const KernelSymbol& symbol : symbols.all())
    text += fmt::format("0x{:08x}\t{}\tvmlinux\tEXPORT_SYMBOL\t\n", symbol.crc, symbol.name);
  write_file(to, text);
}

/// Modules that nobody else needs: depmod has symbols of the kernel that is asked about take the place of other modules' own.
std::vector<ModuleFacts> leaves_of(const test::GuestKernel& kernel) {
  std::vector<ModuleFacts> leaves;
  const std::vector<fs::path> files = test::modules_of(kernel);
  for (std::size_t index = 0; index < files.size() && leaves.size() < kSample;
       index += std::max<std::size_t>(1, files.size() / 120)) {
    ModuleFacts facts = read_module_facts(files[index]);
    if (facts.exported.empty()) leaves.push_back(std::move(facts));
  }
  return leaves;
}

struct Asked {
  const char* flavor;
  const char* series;
};

TEST(WouldLoad, RefusesForSymbolsWhatDepmodComplainsAboutForRealModulesAndKernels) {
  if (!test::in_ci() && !find_program("apt-get")) GTEST_SKIP() << "there is no apt to fetch kernels with";
  const auto built_for = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(built_for.has_value());
  const std::vector<ModuleFacts> modules = leaves_of(*built_for);
  ASSERT_GT(modules.size(), kSample / 2);
  SymbolNames names;
  for (const ModuleFacts& module : modules) {
    // What the loader compares from Linux 6.4 on is there to be compared.
    EXPECT_EQ(module.struct_module_size, 896U) << module.file;
    for (const NeededSymbol& symbol : module.needed) names.insert(symbol.name);
  }
  const TempDir root;
  const std::string release = "6.0.0-asked";
  const fs::path updates = root.path() / "lib/modules" / release / "updates";
  make_directories(updates);
  for (const ModuleFacts& module : modules) fs::copy_file(module.file, updates / module.file.filename());

  std::size_t refused = 0;
  std::size_t taken = 0;
  for (const Asked& asked :
       {Asked{"cloud-amd64", "6.1"}, Asked{"amd64", "6.1"}, Asked{"rt-amd64", "6.1"}, Asked{"cloud-amd64", "6.12"}}) {
    SCOPED_TRACE(fmt::format("{} {}", asked.flavor, asked.series));
    std::string reason;
    const auto headers = test::fetch_headers(asked.flavor, asked.series, reason);
    ASSERT_TRUE(headers.has_value()) << reason;
    const fs::path symvers = test::header_tree(*headers, asked.flavor).symvers;
    write_for_depmod(symvers, root.path() / "symvers");
    const auto complaints = depmod_complaints(root.path(), release, root.path() / "symvers");
    LoadingKernel kernel;
    kernel.symbols = Symvers::read_some(symvers, names);
    for (const ModuleFacts& module : modules) {
      const CompatAnswer answer = would_load(module, std::span<const ModuleFacts>(), kernel);
      const auto found = complaints.find(module.file.filename().string());
      EXPECT_EQ(answer.loads == Loads::no, found != complaints.end()) << module.file << ": " << answer.reason;
      if (found != complaints.end()) {
        EXPECT_TRUE(found->second.contains(answer.symbol)) << module.file << ": " << answer.reason;
      }
      ++(answer.loads == Loads::no ? refused : taken);
    }
  }
  EXPECT_GT(refused, kSample) << "other kernels' symbols differ";
  EXPECT_GT(taken, kSample / 2) << "at least their own kernel takes them";
}

TEST(LoadingKernel, KnowsWhatRealModulesOfTheKernelSay) {
  if (!test::in_ci() && !find_program("apt-get")) GTEST_SKIP() << "there is no apt to fetch kernels with";
  for (const char* series : {"6.1", "6.12"}) {
    SCOPED_TRACE(series);
    const auto own = test::newest_kernel("cloud-amd64", series);
    ASSERT_TRUE(own.has_value());
    std::string reason;
    const auto root = test::fetch_headers("cloud-amd64", series, reason);
    ASSERT_TRUE(root.has_value()) << reason;
    HeaderTree headers = test::header_tree(*root, "cloud-amd64");
    headers.config = read_kernel_config(headers.tree);
    const LoadingKernel kernel = loading_kernel(headers, {});
    const ModuleFacts module = read_module_facts(test::modules_of(*own).front());
    if (module.release() != kernel.release) GTEST_SKIP() << "the archive is between two kernels";
    EXPECT_EQ(kernel.vermagic, module.vermagic);
    EXPECT_EQ(kernel.elf_machine, module.elf_machine);
    // From 6.4 on the loader compares, and Debian's headers bring the types of the kernel.
    if (std::string_view(series) == "6.12") {
      EXPECT_EQ(kernel.struct_module_size, module.struct_module_size);
    }
  }
}

}  // namespace
}  // namespace kmpack
