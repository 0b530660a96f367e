#include <fmt/format.h>

#include <random>
#include <set>

#include "inspect/check.hpp"
#include "inspect/facts.hpp"
#include "integration/inspect/corpus.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using test::modinfo;
using test::output_of;
using test::value;
using test::values;

// Every module is read; the slower comparison with programs takes one in so many.
constexpr std::size_t kSample = 8;

/// Debian's own modules: plain .ko in 6.1, .ko.xz in 6.12.
class Corpus : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::in_ci() && !find_program("apt-get")) GTEST_SKIP() << "there is no apt to fetch kernels with";
    kernel_ = test::newest_kernel("cloud-amd64", GetParam());
    ASSERT_TRUE(kernel_.has_value());
    modules_ = test::modules_of(*kernel_);
    ASSERT_GT(modules_.size(), 500U);
  }

  HeaderTree headers() const {
    HeaderTree headers;
    headers.kernel.flavor = {.distribution = "debian-12", .flavor = "cloud-amd64", .arch = "amd64"};
    headers.kernel.release = kernel_->release;
    headers.config.modversions = true;
    return headers;
  }

  std::optional<test::GuestKernel> kernel_;
  std::vector<std::filesystem::path> modules_;
};

TEST_P(Corpus, ReadsWhatModinfoReads) {
  for (std::size_t index = 0; index < modules_.size(); index += kSample) {
    SCOPED_TRACE(modules_[index]);
    const ModuleFacts facts = read_module_facts(modules_[index]);
    const auto fields = modinfo(modules_[index]);
    EXPECT_EQ(facts.vermagic, value(fields, "vermagic"));
    EXPECT_EQ(facts.license, value(fields, "license"));
    EXPECT_EQ(facts.version, value(fields, "version"));
    EXPECT_EQ(facts.srcversion, value(fields, "srcversion"));
    EXPECT_EQ(facts.description, value(fields, "description"));
    EXPECT_EQ(joined(facts.depends, ","), value(fields, "depends"));
    EXPECT_EQ(facts.aliases, values(fields, "alias"));
    EXPECT_EQ(facts.softdeps, values(fields, "softdep"));
    EXPECT_EQ(facts.firmware, values(fields, "firmware"));
    EXPECT_EQ(facts.import_namespaces, values(fields, "import_ns"));
    ASSERT_TRUE(facts.signature.has_value());
    EXPECT_EQ(facts.signature->signer, value(fields, "signer"));
    EXPECT_EQ(facts.signature->key_serial, value(fields, "sig_key"));
    EXPECT_EQ(facts.signature->hash, value(fields, "sig_hashalgo"));
  }
}

TEST_P(Corpus, ReadsTheVersionsThatModprobeDumps) {
  for (std::size_t index = 1; index < modules_.size(); index += kSample) {
    SCOPED_TRACE(modules_[index]);
    std::set<std::string> dumped;
    const std::string text = output_of("modprobe", {"--dump-modversions", modules_[index].string()});
    for (const std::string_view line : split(text, '\n'))
      if (!line.empty()) dumped.emplace(line);
    std::set<std::string> read;
    for (const NeededSymbol& symbol : read_module_facts(modules_[index]).needed)
      if (symbol.crc) read.insert(fmt::format("0x{:08x}\t{}", *symbol.crc, symbol.name));
    EXPECT_EQ(read, dumped);
  }
}

TEST_P(Corpus, ReadsTheExportsThatTheKernelsSymversLists) {
  const Symvers symvers = Symvers::read(kernel_->symvers);
  std::map<std::string, std::map<std::string, const KernelSymbol*>> listed;
  for (const KernelSymbol& symbol : symvers.all()) {
    const std::string_view path = symbol.module;
    listed[std::string(path.substr(path.rfind('/') + 1))].emplace(symbol.name, &symbol);
  }
  std::size_t compared = 0;
  for (const auto& file : modules_) {
    const ModuleFacts facts = read_module_facts(file);
    const auto& expected = listed[facts.name.str()];
    ASSERT_EQ(facts.exported.size(), expected.size()) << file;
    for (const ExportedSymbol& symbol : facts.exported) {
      ASSERT_TRUE(expected.contains(symbol.name)) << file << " " << symbol.name;
      const KernelSymbol& line = *expected.at(symbol.name);
      EXPECT_EQ(symbol.crc, line.crc) << file << " " << symbol.name;
      EXPECT_EQ(symbol.symbol_namespace, line.symbol_namespace) << file << " " << symbol.name;
      EXPECT_EQ(symbol.gpl_only, line.gpl_only) << file << " " << symbol.name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 3000U);
}

TEST_P(Corpus, LetsEveryModuleOfTheKernelLoadInIt) {
  const Symvers symvers = Symvers::read(kernel_->symvers);
  for (const auto& file : modules_) {
    const std::vector<ModuleFacts> alone{read_module_facts(file)};
    const Diagnostics problems = check_modules(alone, headers(), symvers);
    EXPECT_TRUE(problems.ok()) << file << "\n" << (problems.all().empty() ? "" : to_text(problems.all()[0]));
  }
}

TEST_P(Corpus, RefusesModulesOfAnotherSeries) {
  const auto other = test::newest_kernel("cloud-amd64", GetParam() == "6.1" ? "6.12" : "6.1");
  ASSERT_TRUE(other.has_value());
  const Symvers symvers = Symvers::read(other->symvers);
  HeaderTree elsewhere = headers();
  elsewhere.kernel.release = other->release;
  for (std::size_t index = 0; index < modules_.size(); index += 50) {
    ModuleFacts facts = read_module_facts(modules_[index]);
    EXPECT_FALSE(check_modules(std::span(&facts, 1), elsewhere, symvers).ok()) << modules_[index];
    // Even with the release forged, the CRCs tell.
    facts.vermagic = other->release.str();
    EXPECT_FALSE(check_modules(std::span(&facts, 1), elsewhere, symvers).ok()) << modules_[index];
  }
}

TEST_P(Corpus, SurvivesDamageToRealModules) {
  std::mt19937 random(20240601);
  for (std::size_t index = 7; index < modules_.size(); index += 200) {
    const std::string good = decompressed_module(modules_[index]);
    for (int round = 0; round < 300; ++round) {
      std::string bad = good;
      // The tables are at both ends; damage in the code between them is nobody's to notice.
      for (int change = 0; change < 4; ++change) {
        const std::size_t near_end = random() % std::min<std::size_t>(bad.size(), 8192);
        const std::size_t place = random() % 2 == 0 ? near_end % 64 : bad.size() - 1 - near_end;
        bad[place] = static_cast<char>(random());
      }
      if (round % 3 == 0) bad.resize(random() % bad.size());
      bad.shrink_to_fit();
      try {
        read_module_facts(bad, "damaged.ko");
      } catch (const Error& error) {
        EXPECT_FALSE(error.diagnostic().message.empty());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Series, Corpus, testing::Values("6.1", "6.12"),
                         [](const auto& parameter) { return parameter.param == "6.1" ? "Linux61" : "Linux612"; });

}  // namespace
}  // namespace kmpack
