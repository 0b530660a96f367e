#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "headers/store.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack::test {

/// Two distributions nobody has heard of with signed rpm-md repositories: tests/support/tiny-rpm-repository.
class RpmFixture : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Packages are made once, by ctest for all processes; each test has a copy that it may spoil.
    if (const char* const made = std::getenv("KMPACK_TINY_RPM_REPOSITORY"); made != nullptr) {
      made_ = made;
      return;
    }
    static const TempDir own;
    made_ = own.path();
    if (!std::filesystem::exists(made_ / "suse/repodata")) script({"make", made_.string()});
  }

  RpmFixture() {
    for (const char* part : {"suse", "el", "gnupg"})
      copy_tree(made_ / part, directory_.path() / part, [](const TreeEntry& entry) { return entry.type == EntryType::other; });
    // Catalogues and mirrors name the place.
    for (const TreeEntry& entry : walk(made_ / "flavors"))
      write_file(flavors() / entry.relative, here(read_file(made_ / "flavors" / entry.relative)));
    write_file(directory_.path() / "mirrors", here(read_file(made_ / "mirrors")));
    std::filesystem::permissions(directory_.path() / "gnupg", std::filesystem::perms::owner_all);
    read_flavors();
    sources_ = {.root = "/nonexistent",
                .cache = directory_.path() / "cache",
                .metadata = Metadata::recent,
                .apt_etc = directory_.path() / "no-apt",
                .system_lists = directory_.path() / "no-lists",
                .program = HEADERS_TEST_CHILD};
  }

  static void script(std::vector<std::string> args) {
    ProcessRunner runner;
    const char* const path = std::getenv("PATH");
    run_checked(runner,
                {.program = KMPACK_SOURCE_DIR "/tests/support/tiny-rpm-repository",
                 .args = std::move(args),
                 .environment = {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}, {"HOME", "/nonexistent"}}},
                {});
  }
  void publish(const std::string& repository, const std::string& key = "good") const {
    script({"publish", directory_.path().string(), repository, key});
  }

  [[nodiscard]] std::filesystem::path flavors() const { return directory_.path() / "flavors"; }
  [[nodiscard]] std::filesystem::path rpm(const std::string& name) const { return directory_.path() / (name + ".rpm"); }
  [[nodiscard]] Errands errands() { return {.runner = runner_, .stop = {}, .say = {}}; }

  void read_flavors() {
    Diagnostics problems;
    const std::vector<std::filesystem::path> directories{flavors()};
    catalogues_ = read_catalogues(directories, problems);
    for (const Diagnostic& problem : problems.all()) ADD_FAILURE() << to_text(problem);
  }

  std::vector<FlavorPattern> patterns(const std::vector<std::string>& texts) {
    std::vector<FlavorPattern> all;
    for (const std::string& text : texts) all.push_back(parse_flavor_pattern(text, {}, problems_).value());
    return all;
  }
  Kernels find(const std::vector<std::string>& texts) {
    return find_kernels(sources_, catalogues_, patterns(texts), errands(), problems_);
  }
  /// What the patterns mean of what there is.
  Kernels select(const std::vector<std::string>& texts) {
    return select_kernels(patterns(texts), catalogues_, find(texts), problems_);
  }

  static std::vector<std::string> ids(const Kernels& kernels) {
    std::vector<std::string> all;
    for (const auto& kernel : kernels) all.push_back(kernel->id());
    return all;
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const Diagnostic& problem : problems_.all()) all.push_back(to_text(problem));
    return all;
  }
  template <class Work>
  static std::string complaint(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "nothing";
  }

  TempDir directory_;
  std::vector<Catalogue> catalogues_;
  Diagnostics problems_;
  HeaderSources sources_;
  ProcessRunner runner_;

 private:
  [[nodiscard]] std::string here(std::string text) const {
    for (std::size_t at = 0; (at = text.find(made_.string(), at)) != std::string::npos;)
      text.replace(at, made_.string().size(), directory_.path().string());
    return text;
  }
  static inline std::filesystem::path made_;
};

}  // namespace kmpack::test
