#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "build/build.hpp"
#include "kmpack/diagnostic.hpp"
#include "support/headers.hpp"

namespace kmpack {

/// A cell over one of the tiny modules, built by real make and gcc in a directory that goes away.
class Build : public testing::Test {
 protected:
  Build() {
    manifest_.file = "kmpack.xml";
    manifest_.name = PackageName{"tiny"};
    manifest_.version = "1";
    manifest_.source.where = {"kmpack.xml", 3, 0};
  }
  /// Copies the named tree of tests/support/modules, for tests that change it.
  void use_source(const std::string& tree) {
    const std::filesystem::path copy = temp_.path() / "given" / tree;
    copy_tree(std::filesystem::path(KMPACK_SOURCE_DIR) / "tests/support/modules" / tree, copy);
    manifest_.source.directory = copy;
  }
  void add_module(const std::string& name, const std::string& directory = ".", std::vector<ModuleName> uses = {}) {
    manifest_.modules.push_back(
        {.name = ModuleName{name}, .directory = directory, .uses = std::move(uses), .where = {"kmpack.xml", 5, 0}});
  }
  void use_headers(const std::filesystem::path& root, const std::string& flavor) { headers_ = test::header_tree(root, flavor); }

  BuildRecord build(const std::string& where = "cell", std::stop_token stop = {}) {
    Cell cell;
    cell.manifest = std::make_shared<const Manifest>(manifest_);
    cell.kernel = std::make_shared<const Kernel>(headers_.kernel);
    settings_.directory = temp_.path() / where;
    settings_.log = temp_.path() / (where + ".log");
    return build_modules(cell, headers_, settings_, jobserver_, runner_, std::move(stop));
  }
  /// The whole text of the error that the build ends in.
  std::string failure() {
    try {
      build();
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "(built)";
  }
  [[nodiscard]] std::string release() const { return headers_.kernel.release.str(); }
  [[nodiscard]] std::filesystem::path log() const { return temp_.path() / "cell.log"; }

  TempDir temp_;
  Manifest manifest_;
  HeaderTree headers_;
  BuildSettings settings_;
  ProcessRunner runner_;
  Jobserver jobserver_ = Jobserver::serve(2, find_make_version(runner_, {}));
};

}  // namespace kmpack
