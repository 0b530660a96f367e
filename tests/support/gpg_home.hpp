#pragma once

#include <cstdlib>
#include <string>

#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack::test {

/// A GnuPG home of its own with a key, for as long as it lives. One at a time: it is named in this process's environment.
class GpgHome {
 public:
  explicit GpgHome(const std::string& user = "Good Packages <good@example.org>") {
    ::setenv("GNUPGHOME", directory_.path().c_str(), 1);
    add_key(user);
  }
  ~GpgHome() {
    stop_agent();
    ::unsetenv("GNUPGHOME");
  }
  GpgHome(const GpgHome&) = delete;
  GpgHome& operator=(const GpgHome&) = delete;

  void add_key(const std::string& user, const std::string& passphrase = "", const std::string& usage = "sign",
               const std::string& expires = "never") {
    gpg({"--pinentry-mode", "loopback", "--passphrase", passphrase, "--quick-generate-key", user, "rsa2048", usage, expires});
  }
  /// The agent forgets passphrases with it.
  void stop_agent() { run("gpgconf", {"--homedir", directory_.path().string(), "--kill", "gpg-agent"}); }
  Completed gpg(std::vector<std::string> words) {
    words.insert(words.begin(), {"--homedir", directory_.path().string(), "--batch", "--no-tty"});
    return run("gpg", words);
  }
  Completed run(const std::string& program, const std::vector<std::string>& words) {
    return runner_.run({.program = program, .args = words, .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}}},
                       {});
  }

 private:
  TempDir directory_;
  ProcessRunner runner_;
};

/// An rpm made by rpmbuild itself: `<name>-1-<release>.noarch.rpm` in `directory`.
inline std::filesystem::path handmade_rpm(const std::filesystem::path& directory, const std::string& name,
                                          const std::string& release = "1", const std::string& summary = "made by hand") {
  const TempDir top;
  const std::filesystem::path spec = top.path() / "one.spec";
  write_file(spec, "Name: " + name + "\nVersion: 1\nRelease: " + release + "\nSummary: " + summary +
                       "\nLicense: MIT\nBuildArch: noarch\n%description\nOne.\n%files\n");
  ProcessRunner runner;
  make_directories(directory);
  run_checked(runner,
              {.program = "rpmbuild",
               .args = {"-bb", "--define", "_topdir " + top.path().string(), "--define", "_rpmdir " + directory.string(),
                        "--define", "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", "--define",
                        "use_source_date_epoch_as_buildtime 1", "--define", "_buildhost localhost", spec.string()},
               .environment = scrubbed_environment(1700000000)},
              {});
  return directory / (name + "-1-" + release + ".noarch.rpm");
}

}  // namespace kmpack::test
