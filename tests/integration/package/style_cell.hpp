#pragma once

#include <string>
#include <utility>

#include "inspect/facts.hpp"
#include "support/fake_module.hpp"
#include "support/sample_cell.hpp"

namespace kmpack::test {

/// examples/pair on an invented kernel of one family of distributions: module files that every reader accepts, a Module.symvers,
/// and what the catalogues say.
struct StyleCell : SampleCell {
  explicit StyleCell(RpmStyle style) {
    manifest.name = PackageName{"pair"};
    manifest.version = "1.0";
    manifest.summary = "Two kernel modules, one of which uses the other";
    manifest.description = "pair_core exports a function, pair_client calls it.";
    kernel.rules = {.family = PackageFamily::rpm, .modules_root = "/lib/modules", .directory = "extra/{name}"};
    kernel.rules.rpm = {.style = style, .pin = KernelPin::symbols, .kernel = "kernel", .devel = "kernel-devel"};
    kernel.package_version.clear();
    switch (style) {
      case RpmStyle::kmp:
        set_kernel("opensuse-leap-16.0", "default", "6.12.0-160000.5-default");
        kernel.rules.modules_root = "/usr/lib/modules";
        kernel.rules.directory = "updates/{name}";
        kernel.rules.rpm.kernel = "kernel-default";
        kernel.rules.rpm.suffix = "-default";
        break;
      case RpmStyle::kmod:
        set_kernel("el9", "default", "5.14.0-427.13.1.el9_4.x86_64");
        kernel.package_version = "5.14.0-427.13.1.el9_4";
        break;
      case RpmStyle::fedora:
        set_kernel("fedora-42", "default", "6.14.0-63.fc42.x86_64");
        kernel.package_version = "6.14.0-63.fc42";
        kernel.rules.rpm.pin = KernelPin::exact;
        break;
      case RpmStyle::plain:
        set_kernel("debian-12", "amd64", "6.1.0-7-amd64");
        break;
    }
    headers.config.modversions = true;
    headers.symvers = directory.path() / "Module.symvers";
    write_file(headers.symvers,
               "0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n0x0000beef\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
               "0xaaaaaaaa\tother\tvmlinux\tEXPORT_SYMBOL\t\n");
    modules.clear();
    FakeModule core;
    core.needs("_printk", 0x92997ed8).exports("pair_greet", 0x0052d5bc, "", false);
    add("pair_core", core, "");
    FakeModule client;
    client.needs("_printk", 0x92997ed8).needs("pair_greet", 0x0052d5bc).needs("module_layout", 0xbeef).needs("elsewhere", 0x77);
    add("pair_client", client, "pair_core");
  }

  /// The kernel of another variant, as catalogues of this family have it.
  void set_variant(const std::string& variant, const std::string& sign) {
    kernel.flavor.flavor = variant;
    kernel.rules.rpm.variant = variant;
    kernel.rules.rpm.suffix = sign + variant;
    kernel.rules.rpm.kernel = "kernel-" + variant;
    kernel.release = KernelRelease{kernel.release.str() + sign + variant};
  }

  void set_kernel(const std::string& distribution, const std::string& flavor, const std::string& release) {
    kernel.flavor = {.distribution = distribution, .flavor = flavor, .arch = "x86_64"};
    kernel.release = KernelRelease{release};
  }

 private:
  void add(const std::string& name, FakeModule& content, const std::string& depends) {
    const std::filesystem::path file = directory.path() / "sealed" / (name + ".ko");
    content.modinfo({"license=GPL", "name=" + name, "vermagic=" + kernel.release.str() + " SMP mod_unload modversions ",
                     "depends=" + depends, "version=1.0", "alias=pci:v00008086d00001000sv*sd*bc*sc*i*",
                     "alias=pci:v00008086d00001001sv*sd*bc*sc*i*", "alias=of:N*T*Cacme,pair-1", "alias=" + name + "_alias"});
    write_file(file, content.bytes());
    modules.push_back({.facts = read_module_facts(file), .file = file});
  }
};

}  // namespace kmpack::test
