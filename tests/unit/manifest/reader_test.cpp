#include "manifest/reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/manifests/sample_manifest.hpp"

namespace kmpack {
namespace {

constexpr const char* kFile = "/project/kmpack.xml";

Manifest read(const std::string& text) {
  Diagnostics problems;
  auto manifest = parse_manifest(text, kFile, problems);
  for (const Diagnostic& problem : problems.all()) {
    if (problem.code != "module-not-everywhere") ADD_FAILURE() << to_text(problem);
  }
  return manifest ? *manifest : Manifest{};
}

/// The one answer to a manifest with one mistake.
std::string answer(const std::string& text) {
  Diagnostics problems;
  EXPECT_FALSE(parse_manifest(text, kFile, problems).has_value());
  EXPECT_EQ(problems.all().size(), 1U);
  return problems.all().empty() ? std::string() : to_text(problems.all().front());
}

TEST(ParseManifest, FillsWhatIsLeftOut) {
  const Manifest manifest = read(test::minimal_manifest());
  EXPECT_EQ(test::all_fields(manifest),
            "file: /project/kmpack.xml\nname: mini\nversion: 1-1\nsummary: Mini|\ndescription: |\nlicense: GPL-2.0-only\nurl: "
            "\nvendor: |\n"
            "maintainer: M <m@example.org>\nsource: /project   in \nmake: modules\nmodule: mini in . uses as - strip 1 for "
            "[-..-]\nkernels: "
            "[-..-]\nrpm policy: -1 1\ninitramfs: 0\n");
}

TEST(ParseManifest, ReadsEveryElement) {
  const Manifest manifest = read(R"(<?xml version="1.0" encoding="utf-8"?>
<!-- A comment may stand anywhere. -->
<package name="full" version="1.2~rc1" release="3" license="MIT OR GPL-2.0-only">
  <summary> Something of everything </summary>
  <description>
    The first
    paragraph.

    The second one.
  </description>
  <url>https://example.org/full</url>
  <vendor>Example Devices</vendor>
  <maintainer name="Kernel Module Maintainers" mail="modules@example.org"/>
  <source archive="full-1.2.tar.xz" sha256="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" subdirectory="full-1.2/driver/"/>
  <patches><patch file="patches/new-api.patch" strip="0" fuzz="2" for="debian-12/*@6.12" min="6.8" max="6.12"/></patches>
  <make target="all_modules">
    <after>mv sub/full_core.ko core</after>
    <variable name="WITH_DEBUG" value="y n"/>
    <command for="debian-12/rt-amd64 debian-13/*"><![CDATA[make -C "${kernel_source_dir}" M="${build_dir}" && true]]></command>
    <command max="6.1">
      cd sub

      if true; then
        make KVER=${kernelver} 2&gt;&amp;1
      fi
    </command>
    <before> ./prepare.sh </before>
  </make>
  <modules>
    <module name="full_core" directory="core"/>
    <module name="full-usb" directory="usb" uses="full-core" file="full_usb2" strip="no"
            for="debian-12/amd64@6.1 debian-12/rt-*.arm64" min="5.10"/>
  </modules>
  <build-depends package="base-driver"/>
  <build-depends package="other"/>
  <kernels min="5.10" max="6.12">
    <config option="CONFIG_USB" need="module" reason="it is a USB driver"/>
    <include flavor="debian-12/*amd64"/>
    <exclude flavor="debian-12/rt-*" min="6.2" reason="no real time"/>
    <include flavor="debian-13/amd64@6.12"/>
  </kernels>
  <install initramfs="yes">
    <softdep module="full_core" pre="crc16 crc8" post="full_usb"/>
    <options module="full_core">debug=1 name="a b"</options>
    <blacklist module="rival"/>
    <load module="full_usb"/>
    <firmware file="firmware/full.bin" name="example/full.bin"/>
    <license file="COPYING"/>
    <doc file="README"/>
    <doc file="doc/usage.txt"/>
  </install>
  <rpm pin="rich" multiversion="no">
    <requires>kmod >= 30</requires>
    <provides>full = 1</provides>
    <conflicts>rival</conflicts>
    <script phase="post-install">
      if true; then
        echo

      fi
    </script>
  </rpm>
  <deb>
    <requires>kmod (&gt;= 30) | module-init-tools</requires>
    <provides>full</provides>
    <conflicts>rival-dkms</conflicts>
    <script phase="pre-remove"><![CDATA[rm -f /run/full && true]]></script>
  </deb>
</package>
)");
  EXPECT_EQ(test::all_fields(manifest), test::all_fields(test::full_manifest()));
}

TEST(ParseManifest, KeepsThePlaceOfWhatLaterStagesMayComplainOf) {
  const Manifest manifest = read(
      test::minimal_manifest("<source directory=\"s\"/>\n<patches>\n<patch file=\"p\"/>\n</patches>\n"
                             "<install>\n<firmware file=\"f\"/></install>\n<kernels>\n<include flavor=\"a/b\"/></kernels>\n"));
  EXPECT_EQ(manifest.modules.at(0).where, (SourceSpan{kFile, 4, 0}));
  EXPECT_EQ(manifest.source.where.line, 5U);
  EXPECT_EQ(manifest.patches.at(0).where.line, 7U);
  EXPECT_EQ(manifest.install.firmware.at(0).where.line, 10U);
  EXPECT_EQ(manifest.kernels.include.at(0).pattern.where.line, 12U);
}

TEST(ParseManifest, CountsLinesThatEndAsOnWindows) {
  std::string text = test::minimal_manifest("<unknown/>");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
  EXPECT_EQ(answer("\xEF\xBB\xBF" + text).substr(0, 22), "/project/kmpack.xml:5:");
}

TEST(ParseManifest, TakesDashAndUnderscoreInModuleNamesForTheSame) {
  const Manifest manifest = read(test::minimal_manifest("<install><load module=\"mini\"/></install>"));
  EXPECT_EQ(manifest.install.load_at_boot, (std::vector{ModuleName("mini")}));
}

TEST(ParseManifest, ExcludesFromEveryFlavorWhereNoneIsNamed) {
  const Manifest manifest = read(test::minimal_manifest("<kernels><exclude min=\"6.8\" reason=\"r\"/></kernels>"));
  const FlavorPattern& pattern = manifest.kernels.exclude.at(0).pattern;
  EXPECT_EQ(pattern.distribution + "/" + pattern.flavor, "*/*");
  EXPECT_EQ(pattern.text, "*/*");
}

TEST(ParseManifest, NamesTheFirmwareAsItsFileWhereNoNameIsGiven) {
  const Manifest manifest = read(test::minimal_manifest("<install><firmware file=\"fw/a.bin\"/></install>"));
  EXPECT_EQ(manifest.install.firmware.at(0).file, "/project/fw/a.bin");
  EXPECT_EQ(manifest.install.firmware.at(0).name, "a.bin");
}

TEST(ParseManifest, TakesNoVariableOfDpkgForAName) {
  EXPECT_NE(answer("<package name=\"mini\" version=\"1\" license=\"MIT\">\n<summary>M</summary><maintainer name=\"M ${b}\" "
                   "mail=\"m@e\"/>\n<modules><module name=\"m\"/></modules></package>")
                .find("[maintainer-invalid]"),
            std::string::npos);
}

TEST(ParseManifest, WantsTheDigestOfAnArchive) {
  EXPECT_EQ(answer(test::minimal_manifest("<source archive=\"a.tar\"/>")),
            "/project/kmpack.xml:5: error: <source> needs the attribute 'sha256' for its archive [attribute-missing]\n"
            "  hint: add what sha256sum prints for it");
  EXPECT_NE(answer(test::minimal_manifest("<source sha256=\"" + std::string(64, 'a') + "\"/>")).find("[source-ambiguous]"),
            std::string::npos);
}

TEST(ParseManifest, WantsAModule) {
  EXPECT_EQ(answer("<package name=\"mini\" version=\"1\" license=\"MIT\">\n<summary>M</summary><maintainer name=\"M\" "
                   "mail=\"m@e\"/>\n<modules/></package>"),
            "/project/kmpack.xml:3: error: <modules> needs the element <module> [element-missing]\n"
            "  hint: add <module name=\"...\"/> for each .ko the build makes");
}

TEST(ParseManifest, SuggestsWhatWasMeant) {
  EXPECT_EQ(answer(test::minimal_manifest("<kernels mn=\"6.1\"/>")),
            "/project/kmpack.xml:5: error: <kernels> has no attribute 'mn' [attribute-unknown]\n  hint: did you mean 'min'?");
  EXPECT_EQ(answer(test::minimal_manifest("<desription>x</desription>")),
            "/project/kmpack.xml:5: error: <package> has no element 'desription' [element-unknown]\n  hint: did you mean "
            "'description'?");
  EXPECT_EQ(answer(test::minimal_manifest("<firmware file=\"x\"/>")),
            "/project/kmpack.xml:5: error: <package> has no element 'firmware' [element-unknown]\n"
            "  hint: <firmware> belongs inside of <install>");
}

TEST(ParseManifest, GivesOneAnswerToAnotherKindOfFile) {
  EXPECT_EQ(answer("<metadata><a/><b/></metadata>"),
            "/project/kmpack.xml:1: error: the root element is 'metadata' [element-unknown]\n"
            "  hint: a kmpack.xml starts with <package name=\"...\" version=\"...\" license=\"...\">");
}

TEST(ParseManifest, ReportsAPolicyThatThereIsNot) {
  Diagnostics problems;
  const auto manifest =
      parse_manifest(test::minimal_manifest("<rpm pin=\"symbol\" multiversion=\"maybe\"/>"), "/project/kmpack.xml", problems);
  EXPECT_FALSE(manifest.has_value());
  ASSERT_EQ(problems.all().size(), 2U);
  EXPECT_EQ(problems.all()[0].hint, "did you mean 'symbols'?");
  EXPECT_EQ(problems.all()[1].code, "value-unknown");
}

}  // namespace
}  // namespace kmpack
