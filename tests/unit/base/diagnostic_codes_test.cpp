#include "base/diagnostic_codes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

const fs::path kSource = KMPACK_SOURCE_DIR;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All text below a folder, except of the files named in `without`.
std::string all_text(const fs::path& folder, const std::set<std::string>& without) {
  std::string text;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !without.contains(entry.path().filename().string())) text += content(entry.path());
  }
  return text;
}

bool is_slug_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

/// As a whole slug: "module-unsigned" is no use of "module".
bool occurs(const std::string& text, std::string_view code) {
  for (std::size_t at = text.find(code); at != std::string::npos; at = text.find(code, at + 1)) {
    const std::size_t end = at + code.size();
    if ((at == 0 || !is_slug_character(text[at - 1])) && (end == text.size() || !is_slug_character(text[end]))) return true;
  }
  return false;
}

std::string generated_page() {
  std::ostringstream page;
  page << "# Diagnostics\n\n"
          "Every message ends in its code, as in `kmpack.xml:14: error: … [flavor-unknown]`. A code never changes its meaning; "
          "the wording of\n"
          "a message may. `--json` gives the code as `code`. The last column is the exit status when this is the worst that "
          "happened.\n\n"
          "| code | meaning | exit |\n|---|---|---|\n";
  for (const DiagnosticCode& code : diagnostic_codes()) {
    page << "| `" << code.code << "` | " << code.meaning << " | " << static_cast<int>(code.fault) << " |\n";
  }
  return page.str();
}

TEST(DiagnosticCodes, AreSortedUniqueSlugs) {
  std::string_view before;
  for (const DiagnosticCode& code : diagnostic_codes()) {
    EXPECT_LT(before, code.code);
    EXPECT_TRUE(std::regex_match(std::string(code.code), std::regex("[a-z][a-z0-9]*(-[a-z0-9]+)*"))) << code.code;
    EXPECT_FALSE(code.meaning.empty()) << code.code;
    EXPECT_NE(code.meaning.back(), '.') << code.code;
    before = code.code;
  }
}

TEST(FaultOf, FollowsTheTable) {
  for (const DiagnosticCode& code : diagnostic_codes()) EXPECT_EQ(fault_of(code.code), code.fault) << code.code;
  EXPECT_EQ(fault_of("disk-full"), Fault::environment);
  EXPECT_EQ(fault_of("no-such-code"), Fault::cell);
}

TEST(DiagnosticCodes, StandInTheDocumentAsInTheTable) {
  const fs::path document = kSource / "docs/diagnostics.md";
  if (std::getenv("KMPACK_UPDATE_GOLDEN") != nullptr) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "golden files are not rewritten in CI";
    std::ofstream(document, std::ios::binary) << generated_page();
    GTEST_SKIP() << "rewrote " << document;
  }
  EXPECT_EQ(content(document), generated_page()) << "rewrite it with KMPACK_UPDATE_GOLDEN=1 and review the difference";
}

TEST(DiagnosticCodes, AreEachReportedSomewhereInTheSource) {
  const std::string source = all_text(kSource / "src", {"diagnostic_codes.cpp"});
  std::set<std::string_view> unused;
  for (const DiagnosticCode& code : diagnostic_codes()) {
    if (source.find('"' + std::string(code.code) + '"') == std::string::npos) unused.insert(code.code);
  }
  EXPECT_THAT(unused, IsEmpty());
}

TEST(DiagnosticCodes, AreEachExercisedByATest) {
  const std::string tests = all_text(kSource / "tests", {"diagnostic_codes_test.cpp"});
  std::set<std::string_view> untested;
  for (const DiagnosticCode& code : diagnostic_codes()) {
    if (!occurs(tests, code.code)) untested.insert(code.code);
  }
  EXPECT_THAT(untested, IsEmpty());
}

TEST(DiagnosticCodes, HoldEveryCodeThatTheSourceReports) {
  const std::string source = all_text(kSource / "src", {});
  std::set<std::string_view> known;
  for (const DiagnosticCode& code : diagnostic_codes()) known.insert(code.code);
  std::set<std::string> unknown;
  const std::regex reported(R"re(\bcode\s*=\s*"([^"]*)")re");
  for (std::sregex_iterator it(source.begin(), source.end(), reported), end; it != end; ++it) {
    if (!known.contains((*it)[1].str())) unknown.insert((*it)[1].str());
  }
  EXPECT_THAT(unknown, IsEmpty());
}

}  // namespace
}  // namespace kmpack
