#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sys/files.hpp"

namespace kmpack::test {

/// A cell that needs no kernel: two "modules" of a few bytes, a source with license and document, an invented kernel release. For
/// tests of what comes after signing.
struct SampleCell {
  TempDir directory;
  Manifest manifest;
  Kernel kernel;
  HeaderTree headers;
  BuildRecord build;
  std::vector<SealedModule> modules;
  bool newest = true;

  SampleCell() {
    const std::filesystem::path source = directory.path() / "source";
    write_file(source / "README", "Read me.\n");
    write_file(source / "docs/usage.txt", "How to use it.\n");
    write_file(source / "COPYING", "Do what you like.\n\nBut say so.\n");
    build.source = source;
    manifest.file = directory.path() / "kmpack.xml";
    write_file(manifest.file, "<kmpack/>\n");
    manifest.name = PackageName{"hello"};
    manifest.version = "1.2";
    manifest.summary = "Greets from the kernel";
    manifest.description = "A module that greets when it is loaded.\nIt does nothing else.\n\nA second paragraph.";
    manifest.license = "GPL-2.0-only";
    manifest.url = "https://example.org/hello";
    manifest.vendor = "Example";
    manifest.maintainer = {.name = "Ada Example", .mail = "ada@example.org"};
    manifest.install.licenses = {"COPYING"};
    manifest.install.documents = {"README", "docs/usage.txt"};
    kernel.flavor = {.distribution = "debian-12", .flavor = "amd64", .arch = "amd64"};
    kernel.series = "6.1";
    kernel.release = KernelRelease{"6.1.0-7-amd64"};
    kernel.package_version = "6.1.20-2";
    kernel.rules = {.family = PackageFamily::deb,
                    .modules_root = "/lib/modules",
                    .directory = "updates/{name}",
                    .image_packages = {"linux-image-{release}", "linux-image-{release}-unsigned"},
                    .latest_modules = "linux-latest-modules-{release}",
                    .meta_suffix = "amd64"};
    headers.epoch = 1700000000;
    add_module("hello");
    add_module("hello-more");
  }

  void add_module(const std::string& name) {
    const std::filesystem::path file = directory.path() / "sealed" / (name + ".ko");
    write_file(file, std::string("\x7f") + "ELF of " + name + std::string(2000, 'x') + "~Module signature appended~\n");
    modules.push_back({.facts = {.name = ModuleName{name}, .file = file}, .file = file});
  }

  /// modprobe.d, modules-load.d and firmware, so that there is a common package.
  void add_common_files() {
    manifest.install.softdeps = {{.module = ModuleName{"hello"}, .pre = {"crc32c"}, .post = {"loop", "dummy"}}};
    manifest.install.options = {{.module = ModuleName{"hello"}, .text = "loud=1"}};
    manifest.install.blacklist = {ModuleName{"goodbye"}};
    manifest.install.load_at_boot = {ModuleName{"hello"}};
    write_file(directory.path() / "fw.bin", "firmware bytes");
    manifest.install.firmware = {{.file = directory.path() / "fw.bin", .name = "hello/fw.bin"}};
  }

  [[nodiscard]] Cell cell() const {
    return {.manifest = std::make_shared<const Manifest>(manifest),
            .kernel = std::make_shared<const Kernel>(kernel),
            .newest_of_series = newest};
  }
};

}  // namespace kmpack::test
