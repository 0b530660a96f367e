#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manifest/reader.hpp"
#include "manifest/writer.hpp"
#include "support/manifests/sample_manifest.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = KMPACK_SOURCE_DIR;

// What a grammar cannot say: names that must agree, order of numbers, files that must be there, characters before there is any
// XML tree.
const std::set<std::string> kBeyondTheSchema = {"entry-duplicate",
                                                "xml-doctype",
                                                "file-missing",
                                                "kernel-range-invalid",
                                                "license-invalid",
                                                "make-variable-reserved",
                                                "module-cycle",
                                                "module-directory-cycle",
                                                "module-duplicate",
                                                "module-unknown",
                                                "relation-deb-invalid",
                                                "relation-rpm-invalid",
                                                "source-missing",
                                                "build-depends-twice",
                                                "condition-pattern-twice",
                                                "condition-range-invalid",
                                                "module-file-twice"};

class Schema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (find_program("xmllint")) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << "xmllint must be there in CI: apt-get install libxml2-utils";
    GTEST_SKIP() << "no xmllint; apt-get install libxml2-utils";
  }

  /// What xmllint complains of; empty when the file is valid.
  std::string complaint(const fs::path& file) {
    Command command;
    command.program = "xmllint";
    command.args = {"--noout", "--nonet", "--relaxng", (kRoot / "schema/kmpack.rng").string(), file.string()};
    command.environment = scrubbed_environment(0);
    const Completed completed = runner_.run(command, {});
    return completed.ok() ? std::string() : "status " + completed.how() + ": " + completed.tail;
  }
  std::string complaint_of_text(const std::string& text) {
    write_file(dir_.path() / "kmpack.xml", text);
    return complaint(dir_.path() / "kmpack.xml");
  }

  ProcessRunner runner_;
  TempDir dir_;
};

std::vector<fs::path> files_in(const fs::path& directory, std::string_view name) {
  std::vector<fs::path> files;
  for (const TreeEntry& entry : walk(directory)) {
    if (entry.type == EntryType::file && entry.relative.filename().string().ends_with(name))
      files.push_back(directory / entry.relative);
  }
  return files;
}

/// The xml blocks of a Markdown file.
std::vector<std::string> snippets_of(const fs::path& page) {
  const std::string text = read_file(page);
  std::vector<std::string> snippets;
  const std::string open = "```xml\n";
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    snippets.push_back(text.substr(at, text.find("```", at) - at));
  }
  return snippets;
}

/// A snippet as a whole manifest: what it does not have itself is put round it.
std::string whole(const std::string& snippet) {
  if (snippet.find("<package ") != std::string::npos) return snippet;
  std::string text = "<package name=\"hello\" version=\"1\" license=\"GPL-2.0-only\">\n" + snippet;
  for (const auto& [element, standard] : {std::pair{"<summary>", "<summary>S</summary>"},
                                          std::pair{"<maintainer ", "<maintainer name=\"M\" mail=\"m@example.org\"/>"},
                                          std::pair{"<modules>", "<modules><module name=\"hello\"/></modules>"}}) {
    if (snippet.find(element) == std::string::npos) text += standard;
  }
  return text + "</package>\n";
}

TEST_F(Schema, FitsEveryExample) {
  int count = 0;
  for (const fs::path& file : files_in(kRoot / "examples", "kmpack.xml")) {
    EXPECT_EQ(complaint(file), "");
    ++count;
  }
  EXPECT_GE(count, 6);
}

TEST_F(Schema, RefusesEveryBrokenExampleThatAGrammarCanTell) {
  for (const fs::path& file : files_in(kRoot / "examples/broken", ".xml")) {
    EXPECT_EQ(complaint(file).empty(), kBeyondTheSchema.contains(file.stem())) << file;
  }
}

TEST_F(Schema, AndReaderTakeEverySnippetOfTheManual) {
  const auto snippets = snippets_of(kRoot / "docs/manifest.md");
  ASSERT_GE(snippets.size(), 9U);
  for (const std::string& snippet : snippets) {
    EXPECT_EQ(complaint_of_text(whole(snippet)), "") << snippet;
    Diagnostics problems;
    EXPECT_TRUE(parse_manifest(whole(snippet), "/project/kmpack.xml", problems).has_value()) << snippet;
    for (const Diagnostic& problem : problems.all()) ADD_FAILURE() << to_text(problem);
  }
}

TEST_F(Schema, FitsWhatInitWrites) {
  EXPECT_EQ(complaint_of_text(render_manifest(test::full_manifest())), "");
  for (std::uint32_t seed = 0; seed < 40; ++seed)
    EXPECT_EQ(complaint_of_text(render_manifest(test::random_manifest(seed))), "") << seed;
}

}  // namespace
}  // namespace kmpack
