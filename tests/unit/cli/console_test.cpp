#include "cli/console.hpp"

#include <gtest/gtest.h>

#include "cli/inspect_text.hpp"

namespace kmpack {
namespace {

TEST(Painted, ColoursTheSeverityOnly) {
  const Diagnostic problem{
      .code = "build-failed", .message = "no error: here", .where = SourceSpan{"a.xml", 3}, .notes = {}, .hint = "look"};
  EXPECT_EQ(painted(problem, true), "a.xml:3: \x1b[1;31merror:\x1b[0m no error: here [build-failed]\n  hint: look");
  EXPECT_EQ(painted(problem, false), to_text(problem));
}

TEST(Painted, LetsNothingThatIsQuotedCommandTheTerminal) {
  const Diagnostic problem{.code = "file-missing",
                           .message = "no \x1b]0;title\x07 here",
                           .where = SourceSpan{"a\x1b[2J.conf", 1},
                           .notes = {"one\n\ttwo \xc2\x9b"
                                     "31m\r"},
                           .hint = "Grüße"};
  EXPECT_EQ(painted(problem, false),
            "a?[2J.conf:1: error: no ?]0;title? here [file-missing]\n  note: one\n\ttwo ?31m?\n  hint: Grüße");
}

TEST(Shown, ReplacesControlCharactersAndKeepsUtf8) {
  EXPECT_EQ(printable("a\tb\x1b[0m\x7f"), "a?b?[0m?");
  EXPECT_EQ(printable("Grüße"), "Grüße");
}

TEST(InspectText, TellsTheFactsOfAModule) {
  ModuleFacts facts;
  facts.name = ModuleName{"hello"};
  facts.vermagic = "6.1.0-7-amd64 SMP preempt mod_unload modversions ";
  facts.license = "GPL";
  facts.compression = Compression::xz;
  facts.aliases = {"pci:v1", "pci:v2"};
  facts.needed = {{"printk", 0x92997ed8, false}, {"maybe", std::nullopt, true}};
  facts.exported = {{"hello_answer", 0x1, "HELLO", true}};
  EXPECT_EQ(inspect_text("hello.ko.xz", facts),
            "file:        hello.ko.xz\n"
            "module:      hello\n"
            "vermagic:    6.1.0-7-amd64 SMP preempt mod_unload modversions \n"
            "license:     GPL\n"
            "compression: xz\n"
            "alias:       pci:v1\n"
            "alias:       pci:v2\n"
            "btf:         no\n"
            "signer:      UNSIGNED\n"
            "exports:     0x00000001  hello_answer  (GPL only)  (namespace HELLO)\n"
            "needs:       0x92997ed8  printk\n"
            "needs:       -  maybe  (weak)\n");
  facts.signature = SignatureFacts{"Example", "AB:CD", "sha256"};
  EXPECT_NE(inspect_text("hello.ko.xz", facts).find("signer:      Example\nsig key:     AB:CD\nsig hash:    sha256\n"),
            std::string::npos);
}

TEST(InspectText, TellsRelationsFilesAndScriptsOfPackages) {
  DebPackage deb;
  deb.control.fields = {{"Package", "hello"}, {"Description", "greets\nfrom the kernel"}};
  deb.files = {{.path = "/lib/modules/x/hello.ko",
                .type = {},
                .size = 4,
                .mode = 0644,
                .mtime = 0,
                .link = {},
                .owner = {},
                .group = {},
                .sha256 = {}}};
  deb.scripts = {{"postinst", "#!/bin/sh\ndepmod\n"}};
  EXPECT_EQ(inspect_text("h.deb", deb),
            "file:        h.deb\n"
            "Package:     hello\n"
            "Description: greets from the kernel\n"
            "content:     0644  /lib/modules/x/hello.ko\n"
            "postinst:\n  #!/bin/sh\n  depmod\n");
  RpmHeader rpm;
  rpm.name = "kmod-hello";
  rpm.version = "1.0";
  rpm.release = "1";
  rpm.requires_ = {{"kernel", "=", "6.1"}};
  rpm.files = {{.path = "/a", .mode = 0120777, .size = 0, .mtime = 0, .digest = {}, .link = "b", .owner = {}, .group = {}}};
  EXPECT_EQ(inspect_text("h.rpm", rpm),
            "file:        h.rpm\n"
            "name:        kmod-hello\n"
            "version:     1.0-1\n"
            "requires:    kernel = 6.1\n"
            "content:     0777  /a -> b\n");
}

}  // namespace
}  // namespace kmpack
