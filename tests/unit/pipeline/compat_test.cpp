#include "pipeline/compat.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "support/fake_module.hpp"
#include "support/fake_runner.hpp"
#include "support/header_trees.hpp"
#include "support/thrown.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class Compat : public testing::Test {
 protected:
  Compat() { write_file(symvers_, "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"); }

  fs::path module(const std::string& name, const std::string& release, const std::string& flags, std::size_t size) {
    test::FakeModule made;
    made.modinfo({"name=" + name, "license=GPL", "vermagic=" + release + " " + flags});
    made.sections.emplace_back(".gnu.linkonce.this_module", std::string(size, '\0'));
    const fs::path file = dir_.path() / (name + ".ko");
    write_file(file, made.bytes());
    return file;
  }

  /// Against one list of symbols.
  CompatReport against_symvers(std::vector<fs::path> files) {
    return asked({.files = std::move(files), .kernels = {}, .symvers = {symvers_}, .stablelists = lists_, .certificate = {}});
  }

  /// Against one header tree, in which no linux/vermagic.h is to be found.
  CompatReport against_tree(std::vector<fs::path> files, const std::string& release, const std::string& config = {}) {
    fs::remove_all(dir_.path() / "root");
    request_.places.headers = {
        test::make_debian_tree(dir_.path() / "root", release, "CONFIG_MODULES=y\nCONFIG_X86_64=y\n" + config)};
    return asked({.files = std::move(files), .kernels = {}, .symvers = {}, .stablelists = lists_, .certificate = {}});
  }

  CompatReport asked(const CompatQuestion& question) {
    request_.network = Network::offline;
    request_.places.cache = dir_.path() / "cache";
    request_.places.workspace = dir_.path() / "workspace";
    request_.places.lock_file = dir_.path() / "kmpack.lock";
    test::FakeRunner runner;
    std::stop_source stop;
    Context context{runner, stop.get_token()};
    return compat(question, request_, context);
  }

  TempDir dir_;
  fs::path symvers_ = dir_.path() / "Module.symvers";
  std::vector<fs::path> lists_;
  Request request_;
};

std::vector<std::string_view> codes(const CompatReport& report) {
  std::vector<std::string_view> codes;
  for (const Diagnostic& problem : report.problems.all()) codes.push_back(problem.code);
  return codes;
}

TEST_F(Compat, AnswersOfWhatCanBeReadBesideADamagedModule) {
  const fs::path good = module("good", "6.1.0-1-test", "SMP mod_unload ", 896);
  const fs::path cut = module("cut", "6.1.0-1-test", "SMP mod_unload ", 896);
  write_file(cut, read_file(cut).substr(0, 100));
  const CompatReport report = against_symvers({cut, good});
  EXPECT_FALSE(report.problems.ok());
  ASSERT_EQ(report.modules.size(), 1U);
  EXPECT_EQ(report.modules[0].facts.name.str(), "good");
  ASSERT_EQ(report.kernels.size(), 1U);
  EXPECT_EQ(report.answer(0, 0).rule, "vermagic") << report.answer(0, 0).reason;
}

TEST_F(Compat, KnowsNothingOfAKernelWhoseSymbolsCannotBeRead) {
  write_file(symvers_, "no such list\n");
  const CompatReport report = against_symvers({module("good", "6.1.0-1-test", "SMP mod_unload ", 896)});
  EXPECT_EQ(codes(report), std::vector<std::string_view>{"symvers-malformed"});
  ASSERT_EQ(report.kernels.size(), 1U);
  EXPECT_NE(report.kernels[0].unknown, "");
}

TEST_F(Compat, WarnsOfAListWithoutSymbols) {
  const fs::path good = module("good", "6.1.0-1-test", "SMP mod_unload ", 896);
  EXPECT_EQ(codes(against_symvers({good})), std::vector<std::string_view>{}) << "none that the module needs, and others";
  write_file(symvers_, "");
  const CompatReport report = against_symvers({good});
  EXPECT_EQ(codes(report), std::vector<std::string_view>{"symvers-empty"});
  EXPECT_TRUE(report.problems.ok());
}

TEST_F(Compat, RefusesAStableListWithoutNames) {
  const fs::path good = module("good", "6.1.0-1-test", "SMP mod_unload ", 896);
  lists_ = {dir_.path() / "list"};
  write_file(lists_[0], "[rhel]\n\tmodule_layout\n");
  EXPECT_EQ(codes(against_symvers({good})), std::vector<std::string_view>{});
  for (const char* text : {"", "[rhel]\n# no name\n", "two words\n\x7f ELF\n12\n"}) {
    write_file(lists_[0], text);
    EXPECT_EQ(test::code_thrown_by([&] { static_cast<void>(against_symvers({good})); }), "stablelist-malformed") << text;
  }
}

TEST_F(Compat, DoesNotHoldTheVermagicOfAModuleAgainstItself) {
  const fs::path wrong = module("wrong", "6.1.0-1-test", "SMP mod_unload modversions ", 896);
  const CompatReport report = against_tree({wrong}, "6.1.0-1-test");
  ASSERT_EQ(codes(report), std::vector<std::string_view>{});
  ASSERT_EQ(report.kernels.size(), 1U);
  EXPECT_EQ(report.answer(0, 0).loads, Loads::no);
  EXPECT_EQ(report.answer(0, 0).rule, "vermagic");
}

TEST_F(Compat, AnswersTheSameInWhateverOrderModulesAreGiven) {
  for (const std::string release : {"6.1.0-1-test", "6.12.0-1-test"}) {
    const fs::path good = module("good", release, "SMP mod_unload ", 896);
    const fs::path small = module("small", release, "SMP mod_unload ", 832);
    for (const std::vector<fs::path>& files : {std::vector{good, small}, std::vector{small, good}}) {
      const CompatReport report = against_tree(files, release);
      ASSERT_EQ(report.kernels.size(), 1U);
      EXPECT_EQ(report.answer(0, 0).loads, Loads::yes) << report.answer(0, 0).reason;
      EXPECT_EQ(report.answer(1, 0).loads, Loads::yes) << report.answer(1, 0).reason;
    }
  }
}

}  // namespace
}  // namespace kmpack
