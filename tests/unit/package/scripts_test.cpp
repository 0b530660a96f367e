#include "package/scripts.hpp"

#include <gmock/gmock.h>

#include "support/golden.hpp"
#include "support/sample_cell.hpp"
#include "support/thrown.hpp"

namespace kmpack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Templates shipped() { return Templates({std::filesystem::path(KMPACK_SOURCE_DIR) / "templates"}); }

PackageModel plan(Format format, Initramfs initramfs) {
  PackageModel model{.format = format};
  model.name = "hello";
  model.scripts.release = "6.1.0-7-amd64";
  model.scripts.release_root = "/lib/modules/6.1.0-7-amd64";
  model.scripts.initramfs = initramfs;
  return model;
}

std::string together(const std::map<std::string, std::string>& scripts) {
  std::string text;
  for (const auto& [name, script] : scripts) text += "==== " + name + "\n" + script;
  return text;
}

TEST(RenderDebScripts, AreAsTheyWere) {
  PackageModel model = plan(Format::deb, Initramfs::yes);
  for (const ScriptPhase phase :
       {ScriptPhase::pre_install, ScriptPhase::post_install, ScriptPhase::pre_remove, ScriptPhase::post_remove}) {
    model.scripts.fragments[phase] = "echo added";
  }
  PackageModel ubuntu = plan(Format::deb, Initramfs::yes);
  ubuntu.scripts.trigger = "linux-update-6.1.0-7-amd64";
  ubuntu.scripts.enrol = "/usr/share/hello/mok.der";
  test::expect_golden("package/deb.scripts",
                      "plain\n" + together(render_deb_scripts(plan(Format::deb, Initramfs::no), shipped())) + "\nfull\n" +
                          together(render_deb_scripts(model, shipped())) + "\nsigned, with a kernel's trigger\n" +
                          together(render_deb_scripts(ubuntu, shipped())));
}

TEST(RenderRpmScripts, AreAsTheyWere) {
  PackageModel model = plan(Format::rpm, Initramfs::yes);
  for (const ScriptPhase phase :
       {ScriptPhase::pre_install, ScriptPhase::post_install, ScriptPhase::pre_remove, ScriptPhase::post_remove}) {
    model.scripts.fragments[phase] = "echo added";
  }
  test::expect_golden("package/rpm.scripts", together(render_rpm_scripts(model, shipped())));
}

TEST(RenderDebScripts, GivesNoScriptThatDoesNothing) {
  PackageModel model{.format = Format::deb};
  EXPECT_TRUE(render_deb_scripts(model, shipped()).empty());
  model.scripts.fragments[ScriptPhase::pre_remove] = "echo bye";
  EXPECT_THAT(render_deb_scripts(model, shipped()), ElementsAre(Pair("prerm", HasSubstr("echo bye"))));
}

TEST(RenderDebScripts, TouchesTheInitramfsOnlyWhenAsked) {
  EXPECT_THAT(together(render_deb_scripts(plan(Format::deb, Initramfs::no), shipped())), Not(HasSubstr("initramfs")));
  EXPECT_THAT(together(render_deb_scripts(plan(Format::deb, Initramfs::yes), shipped())),
              HasSubstr("update-initramfs -u -k \"$release\""));
}

TEST(RenderDebScripts, LeavesTheInitramfsToAKernelsTriggerOnlyWhenAsked) {
  PackageModel model = plan(Format::deb, Initramfs::no);
  model.scripts.trigger = "linux-update-6.1.0-7-amd64";
  EXPECT_THAT(together(render_deb_scripts(model, shipped())), Not(HasSubstr("trigger")));
  model.scripts.initramfs = Initramfs::yes;
  const auto scripts = render_deb_scripts(model, shipped());
  EXPECT_THAT(scripts.at("postinst"), HasSubstr("dpkg-trigger --no-await linux-update-6.1.0-7-amd64"));
  EXPECT_THAT(scripts.at("postrm"), Not(HasSubstr("dpkg-trigger")));
}

TEST(RenderDebScripts, AdvisesEnrolmentOnlyWithACertificate) {
  PackageModel model{.format = Format::deb};
  model.scripts.enrol = "/usr/share/hello/mok.der";
  EXPECT_THAT(render_deb_scripts(model, shipped()),
              ElementsAre(Pair("postinst", HasSubstr("certificate=/usr/share/hello/mok.der\n"))));
  EXPECT_THAT(together(render_deb_scripts(plan(Format::deb, Initramfs::yes), shipped())), Not(HasSubstr("mokutil")));
}

TEST(RenderDebScripts, NamesTheTemplateThatIsMissing) {
  const TempDir empty;
  const auto problem =
      test::diagnostic_thrown_by([&] { render_deb_scripts(plan(Format::deb, Initramfs::no), Templates({empty.path()})); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "template-missing");
  EXPECT_EQ(problem->message, "no template directory holds 'scripts/functions.sh'");
  EXPECT_THAT(problem->notes, ElementsAre("looked in " + empty.path().string()));
}

TEST(Templates, LetAUsersDirectoryReplaceSingleFiles) {
  const TempDir own;
  write_file(own.path() / "deb/prerm", "{{package}} {{fragment}}");
  PackageModel model{.format = Format::deb};
  model.name = "hello";
  model.scripts.fragments[ScriptPhase::pre_remove] = "bye";
  const Templates templates({own.path(), std::filesystem::path(KMPACK_SOURCE_DIR) / "templates"});
  EXPECT_THAT(render_deb_scripts(model, templates), ElementsAre(Pair("prerm", "hello bye")));
}

}  // namespace
}  // namespace kmpack
