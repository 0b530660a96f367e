#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "inspect/facts.hpp"
#include "integration/inspect/corpus.hpp"
#include "sign/key.hpp"
#include "sign/signature.hpp"
#include "support/headers.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace kmpack::test {

/// One key for all tests of a program; OpenSSL takes its time to find one under the sanitizers.
struct KeyOnDisk {
  KeyOnDisk() {
    KeyRequest request;
    request.common_name = "Integration key";
    request.organization = "Test";
    request.prefix = directory.path() / "signing";
    files = create_key(request);
  }
  TempDir directory;
  KeyFiles files;
};

inline const KeyOnDisk& key_on_disk() {
  static const KeyOnDisk key;
  return key;
}

inline SigningKey signing_key() { return SigningKey::load(key_on_disk().files.key, key_on_disk().files.certificate, {}); }

/// tests/support/modules/hello, built by plain make in `directory`.
inline BuiltModule build_hello(const HeaderTree& headers, const std::filesystem::path& directory) {
  copy_tree(std::filesystem::path(KMPACK_SOURCE_DIR) / "tests/support/modules/hello", directory);
  ProcessRunner runner;
  Command make;
  make.program = "make";
  make.args = {"-f", headers.makefile.string(), "-C", headers.tree.string(), "M=" + directory.string(), "modules"};
  if (!headers.cross_prefix.empty()) make.args.push_back("CROSS_COMPILE=" + headers.cross_prefix);
  make.environment = scrubbed_environment(headers.epoch);
  run_checked(runner, make, {});
  return {.name = ModuleName("hello"), .file = directory / "hello.ko"};
}

}  // namespace kmpack::test
