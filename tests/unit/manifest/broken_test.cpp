#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostic_codes.hpp"
#include "manifest/reader.hpp"
#include "support/golden.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> broken_examples() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(KMPACK_SOURCE_DIR) / "examples/broken")) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// As a user sees it, without what differs from machine to machine.
std::string answer_to(const fs::path& file) {
  Diagnostics problems;
  read_manifest(file, problems);
  std::string text;
  for (const Diagnostic& problem : problems.all()) text += to_text(problem) + "\n";
  const std::string folder = file.parent_path().string() + "/";
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
  return text;
}

TEST(BrokenExamples, AreAnsweredWordForWord) {
  std::string all;
  for (const fs::path& file : broken_examples()) all += "== " + file.filename().string() + "\n" + answer_to(file) + "\n";
  test::expect_golden("manifest/broken.txt", all);
}

TEST(BrokenExamples, AreNeverTakenAsManifests) {
  const auto files = broken_examples();
  ASSERT_GT(files.size(), 40U);
  for (const fs::path& file : files) {
    Diagnostics problems;
    EXPECT_FALSE(read_manifest(file, problems).has_value()) << file;
    EXPECT_FALSE(problems.ok()) << file;
  }
}

TEST(BrokenExamples, WithOneMistakeHaveOneAnswer) {
  for (const fs::path& file : broken_examples()) {
    Diagnostics problems;
    read_manifest(file, problems);
    const std::size_t expected = file.stem() == "many-mistakes" ? problems.error_count() : 1;
    EXPECT_EQ(problems.error_count(), expected) << answer_to(file);
  }
}

TEST(BrokenExamples, EachAnswerHasACodeInTheTableAPlaceAndAHint) {
  std::set<std::string_view> known;
  for (const DiagnosticCode& code : diagnostic_codes()) known.insert(code.code);
  for (const fs::path& file : broken_examples()) {
    Diagnostics problems;
    read_manifest(file, problems);
    for (const Diagnostic& problem : problems.all()) {
      EXPECT_TRUE(known.contains(problem.code)) << to_text(problem);
      EXPECT_EQ(fault_of(problem.code), Fault::input) << to_text(problem);
      EXPECT_TRUE(problem.hint.has_value()) << to_text(problem);
      ASSERT_TRUE(problem.where.has_value()) << to_text(problem);
      EXPECT_TRUE(problem.where->line > 0 || file.stem() == "empty") << to_text(problem);
    }
  }
}

TEST(ManyMistakes, AreAllReportedInOnePass) {
  Diagnostics problems;
  read_manifest(fs::path(KMPACK_SOURCE_DIR) / "examples/broken/many-mistakes.xml", problems);
  std::multiset<std::string_view> codes;
  for (const Diagnostic& problem : problems.all()) codes.insert(problem.code);
  for (const std::string_view code :
       {"package-name-invalid", "version-invalid", "attribute-unknown", "attribute-missing", "element-unknown", "url-invalid",
        "path-unsafe", "value-unknown", "kernel-range-invalid", "make-variable-reserved", "module-name-invalid", "module-unknown",
        "module-duplicate", "text-unexpected", "flavor-pattern-invalid", "entry-duplicate", "relation-invalid", "value-empty"}) {
    EXPECT_TRUE(codes.contains(code)) << code;
  }
}

}  // namespace
}  // namespace kmpack
