#include "support/signed_archive.hpp"

#include <utility>

#include "kmpack/architecture.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/process.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack::test {
namespace {

std::string tar_of(const std::vector<ArchiveFile>& files) {
  ArchiveWriter writer({.format = ArchiveFormat::tar, .filter = ArchiveFilter::gzip});
  for (const ArchiveFile& file : files) writer.add(file.member, file.content);
  return writer.finish_bytes();
}

std::string host() { return std::string(host_architecture().deb); }

TestPackage headers_package(const std::string& release, const std::string& version) {
  const std::string tree = "./usr/src/linux-headers-" + release + "/";
  return {.name = "linux-headers-" + release,
          .version = version,
          .arch = host(),
          .depends = "linux-headers-" + release + "-common (= " + version + "), linux-kbuild-test, gcc-12",
          .files = {plain_file(tree + "Module.symvers", "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"),
                    plain_file(tree + "Makefile", "include /usr/src/linux-headers-" + release + "-common/Makefile\n"),
                    plain_file(tree + ".config", "CONFIG_MODULES=y\n"),
                    plain_file(tree + "include/config/auto.conf",
                               "CONFIG_MODULES=y\nCONFIG_GCC_VERSION=120200\nCONFIG_CC_VERSION_TEXT=\"gcc-12 (Test) 12.2.0\"\n"),
                    plain_file(tree + "include/generated/utsrelease.h", "#define UTS_RELEASE \"" + release + "\"\n"),
                    symlink_to(tree + "scripts", "../../lib/linux-kbuild-test/scripts"),
                    symlink_to("./lib/modules/" + release + "/build", "/usr/src/linux-headers-" + release)}};
}

/// Two keys for all archives of this process: making one takes as long as the rest of a test.
class Keyring {
 public:
  Keyring() {
    fs::permissions(home_.path(), fs::perms::owner_all);
    for (const char* name : {"archive@kmpack.invalid", "stranger@kmpack.invalid"})
      gpg({"--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never"});
  }
  ~Keyring() {
    try {
      // gpg leaves its agent running.
      const Command end{
          .program = "gpgconf", .args = {"--homedir", home_.path(), "--kill", "all"}, .environment = scrubbed_environment(0)};
      ProcessRunner().run(end, {});
    } catch (...) {
      // It ends by itself when its directory is gone.
    }
  }
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;

  void gpg(std::vector<std::string> args) const {
    std::vector<std::string> all{"--homedir", home_.path(), "--batch", "--yes", "--quiet"};
    all.insert(all.end(), args.begin(), args.end());
    ProcessRunner runner;
    run_checked(runner, {.program = "gpg", .args = std::move(all), .environment = scrubbed_environment(0)}, {});
  }

 private:
  TempDir home_;
};

const Keyring& keyring() {
  static const Keyring kKeyring;
  return kKeyring;
}

}  // namespace

ArchiveFile plain_file(std::string name, std::string content, unsigned mode) {
  return {.member = {.name = std::move(name), .mode = mode, .mtime = 1700000000}, .content = std::move(content)};
}

ArchiveFile symlink_to(std::string name, std::string target) {
  return {.member = {.name = std::move(name), .type = MemberType::symlink, .mtime = 1700000000, .link = std::move(target)},
          .content = {}};
}

std::string make_deb(const TestPackage& package) {
  ArchiveWriter writer({.format = ArchiveFormat::ar});
  writer.add({.name = "debian-binary"}, "2.0\n");
  writer.add({.name = "control.tar.gz"}, tar_of({plain_file("./control", "Package: " + package.name + "\n")}));
  writer.add({.name = "data.tar.gz"}, tar_of(package.files));
  return writer.finish_bytes();
}

std::vector<TestPackage> kernel_packages(const std::string& release, const std::string& version) {
  const std::string common = "linux-headers-" + release + "-common";
  TestPackage kbuild{.name = "linux-kbuild-test", .version = version, .arch = host()};
  kbuild.files = {plain_file("./usr/lib/linux-kbuild-test/scripts/basic/fixdep", "fixdep", 0755),
                  plain_file("./usr/lib/linux-kbuild-test/scripts/mod/modpost", "modpost " + version, 0755)};
  TestPackage image{.name = "linux-image-" + release, .version = version, .arch = host()};
  image.files = {plain_file("./boot/vmlinuz-" + release, "kernel"), plain_file("./boot/System.map-" + release, "map"),
                 plain_file("./lib/modules/" + release + "/modules.builtin", "")};
  return {headers_package(release, version),
          {.name = common,
           .version = version,
           .files = {plain_file("./usr/src/" + common + "/Makefile", "modules: # " + version + "\n")}},
          std::move(kbuild),
          std::move(image)};
}

SignedArchive::SignedArchive() {
  for (const char* part : {"archive/pool", "etc/sources.list.d", "etc/apt.conf.d", "etc/trusted.gpg.d", "etc/preferences.d"})
    make_directories(directory_.path() / part);
  keyring().gpg({"--output", (directory_.path() / "archive.gpg").string(), "--export", "archive@kmpack.invalid"});
  set_sources(own_source());
}

fs::path SignedArchive::file_of(const TestPackage& package) const {
  return pool() / (package.name + "_" + package.version + "_" + package.arch + ".deb");
}

void SignedArchive::add(const TestPackage& package) {
  const fs::path file = file_of(package);
  const std::string bytes = make_deb(package);
  write_file(file, bytes);
  packages_.push_back("Package: " + package.name + "\nVersion: " + package.version + "\nArchitecture: " + package.arch +
                      (package.depends.empty() ? "" : "\nDepends: " + package.depends) + "\nFilename: pool/" +
                      file.filename().string() + "\nSize: " + std::to_string(bytes.size()) + "\nSHA256: " + sha256_of(bytes) +
                      "\n\n");
}

void SignedArchive::add_kernel(const std::string& release, const std::string& version) {
  for (const TestPackage& package : kernel_packages(release, version)) add(package);
}

void SignedArchive::publish(Signed how) {
  const fs::path dist = directory_.path() / "archive/dists/test";
  const std::string index = "main/binary-" + host() + "/Packages";
  std::string packages;
  for (const std::string& stanza : packages_) packages += stanza;
  make_directories((dist / index).parent_path());
  write_file(dist / index, packages);
  const std::string release = "Origin: test\nSuite: test\nCodename: test\nArchitectures: " + host() +
                              "\nComponents: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n" +
                              (valid_until_.empty() ? "" : "Valid-Until: " + valid_until_ + "\n") + "SHA256:\n " +
                              sha256_of(packages) + " " + std::to_string(packages.size()) + " " + index + "\n";
  fs::remove(dist / "InRelease");
  write_file(dist / "Release", release);
  if (how == Signed::no) return;
  const std::string key = how == Signed::yes ? "archive@kmpack.invalid" : "stranger@kmpack.invalid";
  keyring().gpg({"--local-user", key, "--output", (dist / "InRelease").string(), "--clearsign", (dist / "Release").string()});
  fs::remove(dist / "Release");
}

std::string SignedArchive::own_source(const std::string& options) const {
  return "deb [signed-by=" + (directory_.path() / "archive.gpg").string() + (options.empty() ? "" : " " + options) +
         "] file:" + (directory_.path() / "archive").string() + " test main\n";
}

}  // namespace kmpack::test
