#include <gmock/gmock.h>

#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "fixture.hpp"
#include "package/rpm.hpp"
#include "package/rpm_models.hpp"
#include "package/scripts.hpp"
#include "style_cell.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Fact {
  const char* line;     ///< fnmatch(3), with the tag before it
  const char* section;  ///< of the facts; "rpm" where rpm itself adds it
};

constexpr std::array kOfRpm{Fact{"requires rpmlib(*", "rpm"}, Fact{"requires /bin/sh", "rpm"}};
// Lines that are in no row of a style's table fail its test: each has to come from the facts.
constexpr std::array kKmp{
    Fact{"provides pair-kmp = *", "suse.md 1.5"},
    Fact{"provides multiversion(kernel)", "suse.md 1.5"},
    Fact{"provides pair-kmp-default-k6.12.0_160000.5", "suse.md 1.5"},
    Fact{"provides ksym(default:*) = *", "suse.md 2"},
    Fact{"provides kmod(*.ko)", "suse.md 2"},
    Fact{"provides pair-kmp-default = *", "rpm"},
    Fact{"provides pair-kmp-default(*) = *", "rpm"},
    Fact{"requires coreutils", "suse.md 1.5"},
    Fact{"requires grep", "suse.md 1.5"},
    Fact{"requires suse-kernel-rpm-scriptlets", "suse.md 1.5"},
    Fact{"requires ksym(default:*) = *", "suse.md 2"},
    Fact{"enhances kernel-default", "suse.md 1.5"},
    Fact{"supplements (kernel-default and pair)", "suse.md 1.5"},
    Fact{"supplements modalias(kernel-default:*)", "suse.md 2"},
    Fact{"conflicts pair-kmp-default-k6.12.0_160000.5", "suse.md 1.5"},
};
constexpr std::array kKmod{
    Fact{"provides kernel-modules >= 5.14.0-427.13.1.el9_4.x86_64", "redhat.md 1.3"},
    Fact{"provides pair-kmod = *", "redhat.md 1.3"},
    Fact{"provides ksym(*) = 0x*", "redhat.md 1.5"},
    Fact{"provides kmod(*.ko)", "redhat.md 1.5"},
    Fact{"provides modalias(*) = 1.0", "redhat.md 1.5"},
    Fact{"provides kmod-pair = *", "rpm"},
    Fact{"provides kmod-pair(*) = *", "rpm"},
    Fact{"provides config(kmod-pair) = *", "rpm"},
    Fact{"requires config(kmod-pair) = *", "rpm"},
    Fact{"requires /usr/sbin/depmod", "redhat.md 1.3"},
    Fact{"requires /usr/sbin/weak-modules", "redhat.md 1.3"},
    Fact{"requires kernel(*) = 0x*", "redhat.md 1.5"},
    Fact{"requires ksym(*) = 0x*", "redhat.md 1.5"},
};
constexpr std::array kFedora{
    Fact{"provides kernel-modules-for-kernel = 6.14.0-63.fc42.x86_64", "redhat.md 2.1"},
    Fact{"provides pair-kmod = 1.0-1", "redhat.md 2.1"},
    Fact{"provides ksym(*) = 0x*", "redhat.md 1.5"},
    Fact{"provides kmod(*.ko)", "redhat.md 1.5"},
    Fact{"provides modalias(*) = 1.0", "redhat.md 1.5"},
    Fact{"provides kmod-pair-6.14.0-63.fc42.x86_64 = *", "rpm"},
    Fact{"provides kmod-pair-6.14.0-63.fc42.x86_64(*) = *", "rpm"},
    Fact{"requires kmod", "depmod"},
    Fact{"requires kernel-uname-r = 6.14.0-63.fc42.x86_64", "redhat.md 2.1"},
};
constexpr std::array kPlain{
    Fact{"provides kmod-pair = *", "decision 0004"},
    Fact{"provides pair-kmod = *", "decision 0004"},
    Fact{"provides kmod-pair-6.1.0-7-amd64 = *", "rpm"},
    Fact{"provides kmod-pair-6.1.0-7-amd64(*) = *", "rpm"},
    Fact{"provides kmod-pair-6.1.0-7-amd64-abi-*", "decision 0013"},
    Fact{"requires kmod", "depmod"},
    Fact{"requires kernel-6.1.0-7-amd64", "decision 0004"},
    Fact{"conflicts *dkms*", "decision 0004"},
};

std::span<const Fact> facts_of(RpmStyle style) {
  switch (style) {
    case RpmStyle::kmp:
      return kKmp;
    case RpmStyle::kmod:
      return kKmod;
    case RpmStyle::fedora:
      return kFedora;
    case RpmStyle::plain:
      break;
  }
  return kPlain;
}

std::string section_of(RpmStyle style, const std::string& line) {
  for (const std::span<const Fact> table : {facts_of(style), std::span<const Fact>(kOfRpm)}) {
    for (const Fact& fact : table) {
      if (::fnmatch(fact.line, line.c_str(), 0) == 0) return fact.section;
    }
  }
  return "NOWHERE";
}

struct RpmStyles : Packing {
  std::vector<PackageFile> pack_style(StyleCell& cell, PackageSettings with) {
    const std::vector formats{Format::rpm};
    return make_packages(cell.cell(), cell.headers, cell.build, cell.modules, formats, with, runner, {});
  }
  std::vector<PackageFile> pack_style(StyleCell& cell) { return pack_style(cell, settings()); }

  std::string queried(const PackageFile& package, const std::string& tag) {
    return output_of("rpm", {"-qp", "--nosignature", "--" + tag, package.path.string()});
  }

  /// Each relation with the section of the facts it comes from, then the scripts.
  std::string described(const PackageFile& package, RpmStyle style) {
    std::string text = package.path.filename().string() + "\n";
    for (const char* tag : {"provides", "requires", "supplements", "enhances", "conflicts"}) {
      const std::string answer = queried(package, tag);
      for (const std::string_view line : split(trimmed(answer), '\n')) {
        if (line.empty()) continue;
        const std::string whole = fmt_line(tag, line);
        const std::string section = section_of(style, whole);
        EXPECT_NE(section, "NOWHERE") << whole;
        text += whole + std::string(whole.size() < 90 ? 90 - whole.size() : 1, ' ') + "# " + section + "\n";
      }
    }
    return text + queried(package, "scripts");
  }
  static std::string fmt_line(const std::string& tag, std::string_view line) { return tag + " " + std::string(trimmed(line)); }

  void expect_style(RpmStyle style, const std::string& golden) {
    StyleCell cell(style);
    const std::vector<PackageFile> packages = pack_style(cell);
    expect_golden("package/" + golden, described(packages.at(0), style));
  }
};

TEST_F(RpmStyles, OfSuseIsAsTheFactsHaveIt) { expect_style(RpmStyle::kmp, "rpm-kmp.txt"); }
TEST_F(RpmStyles, OfRedHatIsAsTheFactsHaveIt) { expect_style(RpmStyle::kmod, "rpm-kmod.txt"); }
TEST_F(RpmStyles, OfFedoraIsAsTheFactsHaveIt) { expect_style(RpmStyle::fedora, "rpm-fedora.txt"); }
TEST_F(RpmStyles, OfNoRpmDistributionIsAsItWas) { expect_style(RpmStyle::plain, "rpm-plain.txt"); }

TEST_F(RpmStyles, AreAcceptedByRpmlint) {
  KMPACK_NEED_TOOL("rpmlint");
  // no-signature: packages are signed later. no-binary: the meta package is for one architecture. wrong-depmod: rpmlint knows
  // only `depmod -a -F /boot/System.map-<release>` with the release spelled out; ours is in a variable, and /boot may have no
  // such file.
  write_file(place.path() / "rpmlint.toml", "Filters = ['no-signature', 'no-binary', 'with-wrong-depmod']\n");
  for (const RpmStyle style : {RpmStyle::kmp, RpmStyle::kmod, RpmStyle::fedora, RpmStyle::plain}) {
    StyleCell cell(style);
    for (const PackageFile& package : pack_style(cell)) {
      const Completed lint = run("rpmlint", {"--config", (place.path() / "rpmlint.toml").string(), package.path.string()},
                                 {{"HOME", place.path().string()}});
      EXPECT_THAT(lint.tail, ::testing::Not(::testing::ContainsRegex(": E: "))) << lint.tail;
    }
  }
}

TEST_F(RpmStyles, HaveScriptsThatPassShellcheck) {
  KMPACK_NEED_TOOL("shellcheck");
  for (const RpmStyle style : {RpmStyle::kmp, RpmStyle::kmod, RpmStyle::fedora, RpmStyle::plain}) {
    for (const Initramfs initramfs : {Initramfs::no, Initramfs::yes}) {
      StyleCell cell(style);
      cell.manifest.install.initramfs = initramfs;
      cell.manifest.rpm.scripts = {{.phase = ScriptPhase::post_remove, .text = "echo added"}};
      const PackageModel model = rpm_models(cell.cell(), cell.headers, cell.modules, cell.build, {}).at(0);
      for (const auto& [name, text] : render_rpm_scripts(model, Templates({fs::path(KMPACK_SOURCE_DIR) / "templates"}))) {
        write_file(place.path() / name, text);
        const Completed checked = run("shellcheck", {"-s", "sh", (place.path() / name).string()});
        EXPECT_TRUE(checked.ok()) << name << "\n" << checked.tail;
      }
    }
  }
}

TEST_F(RpmStyles, OfFedoraHasAPackageThatFollowsTheNewestKernel) {
  StyleCell cell(RpmStyle::fedora);
  const std::vector<PackageFile> packages = pack_style(cell);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[1].path.filename(), "kmod-pair-1.0-1_k6.14.0_63.fc42.x86_64.x86_64.rpm");
  EXPECT_EQ(packages[1].kind, PackageKind::flavor_meta);
  EXPECT_THAT(queried(packages[1], "requires"), HasSubstr("kmod-pair-6.14.0-63.fc42.x86_64 = 1.0-1\n"));
  cell.newest = false;
  EXPECT_EQ(pack_style(cell).size(), 1U);
}

TEST_F(RpmStyles, OfRedHatTellsVariantsApart) {
  StyleCell cell(RpmStyle::kmod);
  cell.set_variant("64k-debug", "+");
  const PackageFile package = pack_style(cell).at(0);
  EXPECT_EQ(package.name, "kmod-pair-64k-debug");
  const std::string provides = queried(package, "provides");
  EXPECT_THAT(provides, HasSubstr("kernel-modules >= 5.14.0-427.13.1.el9_4.x86_64+64k_debug\n"));
  EXPECT_THAT(provides, HasSubstr("kernel-64k-debug-modules >= 5.14.0-427.13.1.el9_4.x86_64\n"));
  EXPECT_EQ(output_of("rpm2cpio", {package.path.string()}).empty(), false);
}

TEST_F(RpmStyles, NameTheSourcePackageTheyComeFrom) {
  for (const auto& [style, source] : {std::pair{RpmStyle::kmp, "pair-1.0-1.src.rpm"},
                                      {RpmStyle::kmod, "pair-kmod-1.0-1.src.rpm"},
                                      {RpmStyle::fedora, "pair-kmod-1.0-1.src.rpm"},
                                      {RpmStyle::plain, "kmod-pair-1.0-1.src.rpm"}}) {
    StyleCell cell(style);
    for (const PackageFile& package : pack_style(cell)) {
      EXPECT_EQ(output_of("rpm", {"-qp", "--nosignature", "--qf", "%{SOURCERPM}", package.path.string()}), source);
    }
  }
}

/// What plain rpmbuild makes of our spec: text that holds no word of rpm at the beginning of a line comes out as it was written.
TEST_F(RpmStyles, HoldTextLiterallyWithPlainRpmbuild) {
  KMPACK_NEED_TOOL("rpmbuild");
  StyleCell cell(RpmStyle::kmp);
  const std::string text = "100% %{name} %(id)\n%d items, %%twice\n%{nope}\n%define x y\n%{lua: print(1)}\nC:\\ \\\nand\tthe end";
  const std::string fragment = "echo %{name} %d '%(id)' \\\n  %% || true";
  cell.manifest.summary = "100% %{name} %(id)";
  cell.manifest.description = text;
  cell.manifest.rpm.scripts = {{.phase = ScriptPhase::post_install, .text = fragment}};
  PackageModel model = rpm_models(cell.cell(), cell.headers, cell.modules, cell.build, {}).at(0);
  model.files.clear();
  const Templates templates({fs::path(KMPACK_SOURCE_DIR) / "templates"});
  const std::vector<RpmPart> parts{{model, render_rpm_scripts(model, templates)}};
  const fs::path spec = place.path() / "pair.spec";
  write_file(spec, render_spec(spec_head(cell.manifest, RpmStyle::kmp, 1), parts, templates));
  output_of("rpmbuild",
            {"-bb", "--quiet", "--define", "_topdir " + (place.path() / "top").string(), "--target", "x86_64", spec.string()},
            {{"HOME", place.path().string()}});
  const fs::path made = place.path() / "top/RPMS/x86_64/pair-kmp-default-1.0_k6.12.0_160000.5-1.x86_64.rpm";
  ASSERT_TRUE(fs::exists(made));
  const auto query = [&](const std::string& format) {
    return output_of("rpm", {"-qp", "--nosignature", "--qf", format, made.string()});
  };
  EXPECT_THAT(query("%{DESCRIPTION}"), ::testing::StartsWith(text + "\n\nThis package holds"));
  EXPECT_THAT(query("%{SUMMARY}"), ::testing::StartsWith("100% %{name} %(id)"));
  EXPECT_THAT(query("%{POSTIN}"), HasSubstr("\n:\n" + fragment + "\n)\n"));
}

TEST_F(RpmStyles, RefuseAFlavorWithADashForSuse) {
  StyleCell cell(RpmStyle::kmp);
  cell.kernel.flavor.flavor = "rt-debug";
  const auto problem = diagnostic_thrown_by([&] { pack_style(cell); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "flavor-dashed");
  EXPECT_EQ(problem->message, "no package in SUSE's style can be named for the flavor 'rt-debug', which has a dash");
}

struct Pins : RpmStyles {
  std::string needs_of(StyleCell& cell) {
    std::string needs;
    const PackageModel model = rpm_models(cell.cell(), cell.headers, cell.modules, cell.build, {}).at(0);
    for (const Relation& relation : model.needs) {
      const std::string text =
          relation.verbatim.empty()
              ? relation.any_of.front() + (relation.compare.empty() ? "" : " " + relation.compare + " " + relation.version)
              : relation.verbatim;
      if (text.find("kernel") == 0 || text.find("(kernel") == 0 || text.find("((kernel") == 0 || text.find("ksym") == 0)
        needs += text + "\n";
    }
    return needs;
  }
};

TEST_F(Pins, FollowTheManifestBeforeTheDistribution) {
  StyleCell suse(RpmStyle::kmp);
  const std::string range = "(kernel-default >= 6.12.0-160000.5 with kernel-default < 6.12.0-160000.6)";
  EXPECT_THAT(needs_of(suse), HasSubstr("ksym(default:_printk) = 92997ed8\n"));
  suse.manifest.rpm_policy.pin = KernelPin::exact;
  EXPECT_EQ(needs_of(suse), range + "\n");
  suse.manifest.rpm_policy.pin = KernelPin::rich;
  EXPECT_EQ(needs_of(suse), "(" + range + " if kernel-default)\n");
  pack_style(suse);
  StyleCell redhat(RpmStyle::kmod);
  redhat.manifest.rpm_policy.pin = KernelPin::exact;
  EXPECT_EQ(needs_of(redhat), "kernel-uname-r = 5.14.0-427.13.1.el9_4.x86_64\n");
  redhat.manifest.rpm_policy.pin = KernelPin::rich;
  EXPECT_EQ(needs_of(redhat), "(kernel = 5.14.0-427.13.1.el9_4 if kernel)\n");
  redhat.kernel.package_version.clear();
  EXPECT_EQ(needs_of(redhat), "kernel-uname-r = 5.14.0-427.13.1.el9_4.x86_64\n");
}

TEST_F(Pins, AreExactWhereNoCrcsAreCompared) {
  StyleCell cell(RpmStyle::kmod);
  cell.headers.config.modversions = false;
  EXPECT_EQ(needs_of(cell), "kernel-uname-r = 5.14.0-427.13.1.el9_4.x86_64\n");
}

TEST_F(RpmStyles, LeaveMultiversionOutWhenTheManifestSaysSo) {
  StyleCell cell(RpmStyle::kmp);
  cell.manifest.rpm_policy.multiversion = Multiversion::no;
  const PackageFile package = pack_style(cell).at(0);
  EXPECT_THAT(queried(package, "provides"), ::testing::Not(HasSubstr("multiversion")));
  EXPECT_EQ(queried(package, "conflicts"), "");
}

TEST_F(RpmStyles, CarryTheCertificateOfTheModulesForSuse) {
  KMPACK_NEED_TOOL("openssl");
  const fs::path pem = place.path() / "mok.pem";
  output_of("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test", "-keyout",
                        (place.path() / "mok.key").string(), "-out", pem.string(), "-days", "2"});
  const std::string print = output_of("openssl", {"x509", "-in", pem.string(), "-noout", "-fingerprint", "-sha1"});
  const std::string name = replaced(print.substr(print.find('=') + 1, 11), ":", "");
  PackageSettings with = settings();
  with.certificate = pem;
  StyleCell cell(RpmStyle::kmp);
  const std::vector<PackageFile> packages = pack_style(cell, with);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[1].path.filename(), "pair-ueficert-1.0-1.x86_64.rpm");
  EXPECT_EQ(packages[1].kind, PackageKind::certificate);
  EXPECT_THAT(queried(packages[0], "requires"), HasSubstr("\npair-ueficert\n"));
  EXPECT_EQ(queried(packages[1], "list"), "/etc/uefi\n/etc/uefi/certs\n/etc/uefi/certs/" + name + ".crt\n");
  EXPECT_THAT(queried(packages[1], "scripts"), HasSubstr("cert-posttrans\n"));
  // The kernel must not matter: cells of other kernels make the same file.
  const std::string first = packages[1].sha256;
  cell.kernel.release = KernelRelease{"6.12.0-160000.6-default"};
  cell.headers.epoch += 1000;
  EXPECT_EQ(pack_style(cell, with).at(1).sha256, first);
}

}  // namespace
}  // namespace kmpack::test
