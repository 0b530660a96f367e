#pragma once

#include <filesystem>
#include <string>

#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "sign/key.hpp"
#include "sign/signature.hpp"
#include "support/guest_kernel.hpp"
#include "support/handmade_deb.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "verify/report.hpp"

namespace kmpack::test {

/// Without the program there is nothing to see; in CI it has to be there.
#define KMPACK_NEEDS(program)                                    \
  if (!find_program(program)) {                                  \
    if (test::in_ci()) FAIL() << program << " is not installed"; \
    GTEST_SKIP() << program << " is not installed";              \
  }

inline std::string problems_of(const VerifyReport& report) {
  std::string text;
  for (const Diagnostic& problem : report.problems.all()) text += to_text(problem) + "\n";
  return text;
}

/// A module of the kernel's own as kbuild made it, so that tests need no compiler: not compressed, Debian's signature taken off.
inline std::string in_tree_module(const GuestKernel& kernel, const std::string& name) {
  const InTreeModules modules{kernel.image};
  const std::filesystem::path* const path = modules.find(name);
  if (path == nullptr) {
    ADD_FAILURE() << kernel.release.str() << " has no module " << name;
    return {};
  }
  const std::string module = decompressed_module(kernel.image.modules / *path);
  return std::string{split_signature(module).content};
}

/// A key for signing modules, made once for all tests of a run.
class TrialKey {
 public:
  TrialKey() : files_(create_key(KeyRequest{.common_name = "kmpack trial key", .prefix = directory_.path() / "trial"})) {}
  [[nodiscard]] const std::filesystem::path& certificate() const { return files_.certificate; }
  [[nodiscard]] std::string sealed(const std::string& module) const {
    const SigningKey key = SigningKey::load(files_.key, files_.certificate, {});
    return with_signature(module, signature_of(module, key, "sha256"));
  }

 private:
  TempDir directory_;
  KeyFiles files_;
};

/// A good package for a kernel, with the modules given as name and content.
inline HandmadeDeb module_package(const GuestKernel& kernel, const std::map<std::string, std::string>& modules) {
  const std::string& release = kernel.release.str();
  HandmadeDeb deb;
  deb.name = "trial-modules-" + release;
  deb.depends = "linux-image-" + release + " | linux-image-" + release + "-unsigned, kmod";
  deb.scripts = good_scripts(release);
  for (const auto& [name, content] : modules) deb.add("/lib/modules/" + release + "/updates/trial/" + name + ".ko", content);
  return deb;
}

}  // namespace kmpack::test
