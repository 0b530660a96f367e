#pragma once

#include "fixture.hpp"
#include "sys/confine.hpp"

namespace kmpack {

constexpr const char* kKbuild = "make -C ${kernel_source_dir} M=${build_dir}/hello modules";

class BuildCommands : public Build {
 protected:
  void SetUp() override {
    KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
    use_headers(root, "amd64");
    root_ = root;
    manifest_.source.directory = std::filesystem::path(KMPACK_SOURCE_DIR) / "tests/support/modules";
    add_module("hello", "hello");
  }
  static BuildCommand text(const std::string& command) { return {.text = command, .when = {}, .where = {"kmpack.xml", 9, 0}}; }
  void run_instead(const std::string& command) { manifest_.make.commands = {text(command)}; }
  void needs_confinement() {
    if (!is_confining(runner_, {}) && std::getenv("CI") == nullptr) GTEST_SKIP() << "this machine gives no namespaces";
  }
  std::string bytes(const BuildRecord& record, std::size_t module = 0) { return read_file(record.modules.at(module).file); }

  std::filesystem::path root_;
};

}  // namespace kmpack
