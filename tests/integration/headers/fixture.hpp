#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "support/signed_archive.hpp"

namespace kmpack::test {

/// Counts the children that are started.
class CountingRunner final : public CommandRunner {
 public:
  Completed run(const Command& command, std::stop_token stop) override {
    ++count;
    return real_.run(command, std::move(stop));
  }
  int count = 0;

 private:
  ProcessRunner real_;
};

/// A distribution nobody has heard of, added by a catalogue in a temporary folder, with its own signed archive.
class ArchiveFixture : public testing::Test {
 protected:
  ArchiveFixture() {
    write_file(flavors() / "test-1.xml",
               "<distribution id=\"test-1\" title=\"Test\" family=\"deb\">\n"
               "  <install root=\"/lib/modules\" directory=\"updates/{name}\"><image name=\"linux-image-{release}\"/></install>\n"
               "  <series name=\"7.0\" releases=\"7.0.*-{flavor}\" headers=\"linux-headers-{release}\" "
               "parts=\"linux-headers- linux-kbuild-\" meta=\"{flavor}\"/>\n"
               "  <flavor name=\"small\" arch=\"" +
                   std::string(host_architecture().deb) +
                   "\"/>\n"
                   "  <flavor name=\"rt-small\" arch=\"" +
                   std::string(host_architecture().deb) +
                   "\"/>\n"
                   "</distribution>\n");
    const std::vector<std::filesystem::path> directories{flavors()};
    catalogues_ = read_catalogues(directories, problems_);
    EXPECT_TRUE(problems_.ok());
    sources_ = {.root = "/nonexistent",
                .cache = archive_.directory() / "cache",
                .metadata = Metadata::recent,
                .apt_etc = archive_.etc(),
                .system_lists = archive_.directory() / "no-lists",
                .program = HEADERS_TEST_CHILD};
  }

  [[nodiscard]] std::filesystem::path flavors() const { return archive_.directory() / "flavors"; }
  [[nodiscard]] Errands errands(std::stop_token stop = {}) { return {.runner = runner_, .stop = std::move(stop), .say = {}}; }

  Kernels find() { return find_kernels(sources_, catalogues_, {}, errands(), problems_); }
  Kernels find_and_fetch() {
    Kernels kernels = find();
    fetch_headers(sources_, kernels, errands());
    return kernels;
  }

  /// The code and text of what `work` throws.
  template <class Work>
  static std::string complaint(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "nothing";
  }

  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const Diagnostic& problem : problems_.all()) {
      all.push_back((problem.severity == Severity::error ? "error " : "warning ") + std::string(problem.code));
    }
    return all;
  }

  [[nodiscard]] std::vector<std::string> stored(const std::string& part) const {
    std::vector<std::string> names;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(sources_.cache / "headers" / part, absent)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  SignedArchive archive_;
  std::vector<Catalogue> catalogues_;
  Diagnostics problems_;
  HeaderSources sources_;
  CountingRunner runner_;
};

}  // namespace kmpack::test
