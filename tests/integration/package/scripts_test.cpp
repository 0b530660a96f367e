#include "package/scripts.hpp"

#include <gmock/gmock.h>

#include "fixture.hpp"
#include "package/model.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct RunScripts : Packing {
  fs::path tools = place.path() / "bin";
  fs::path called = place.path() / "called";
  Templates templates{{fs::path(KMPACK_SOURCE_DIR) / "templates"}};

  PackageModel model(Format format) {
    sample.manifest.install.initramfs = Initramfs::yes;
    // A root the scripts think is the machine's: they name /boot and /lib/modules absolutely.
    PackageModel model = module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, format);
    model.scripts.release_root = place.path() / "lib/modules/6.1.0-7-amd64";
    return model;
  }

  /// A program that notes how it was called, and how it ends.
  void add_tool(const std::string& name, int status = 0) {
    write_file(tools / name,
               "#!/bin/sh\necho \"" + name + " $*\" >> '" + called.string() + "'\nexit " + std::to_string(status) + "\n",
               fs::perms{0755});
  }

  std::string calls() const { return fs::exists(called) ? read_file(called) : std::string(); }

  /// The script with `/boot` moved below the test's directory, and with nothing in PATH but coreutils and the tools added.
  Completed run_script(std::string text, const std::string& argument) {
    std::size_t at = 0;
    const std::string boot = (place.path() / "boot").string();
    while ((at = text.find("\"/boot/", at)) != std::string::npos) {
      text.replace(at + 1, 5, boot);
      at += boot.size();
    }
    for (const char* name : {"rm", "rmdir", "sh"}) {
      if (!fs::exists(tools / name)) {
        fs::create_directories(tools);
        fs::create_symlink(find_program(name).value(), tools / name);
      }
    }
    write_file(place.path() / "script", text);
    return run("/bin/sh", {(place.path() / "script").string(), argument}, {{"PATH", tools.string()}});
  }

  void add_kernel() { write_file(place.path() / "lib/modules/6.1.0-7-amd64/modules.builtin", ""); }
  void add_image() { write_file(place.path() / "boot/initrd.img-6.1.0-7-amd64", ""); }
};

TEST_F(RunScripts, PassShellcheck) {
  KMPACK_NEED_TOOL("shellcheck");
  for (const Format format : {Format::deb, Format::rpm}) {
    for (const bool fragments : {false, true}) {
      PackageModel with = model(format);
      if (fragments) {
        with.scripts.trigger = "linux-update-6.1.0-7-amd64";
        with.scripts.enrol = "/usr/share/hello/mok.der";
        for (const ScriptPhase phase :
             {ScriptPhase::pre_install, ScriptPhase::post_install, ScriptPhase::pre_remove, ScriptPhase::post_remove}) {
          with.scripts.fragments[phase] = "echo added";
        }
      }
      const auto scripts = format == Format::deb ? render_deb_scripts(with, templates) : render_rpm_scripts(with, templates);
      ASSERT_EQ(scripts.size(), fragments ? 4U : 2U);
      for (const auto& [name, text] : scripts) {
        write_file(place.path() / name, text);
        const Completed checked = run("shellcheck", {"-s", "sh", (place.path() / name).string()});
        EXPECT_TRUE(checked.ok()) << name << "\n" << checked.tail;
      }
    }
  }
}

TEST_F(RunScripts, SucceedWhereThereIsNeitherKernelNorToolNorImage) {
  for (const Format format : {Format::deb, Format::rpm}) {
    const PackageModel with = model(format);
    const auto scripts = format == Format::deb ? render_deb_scripts(with, templates) : render_rpm_scripts(with, templates);
    for (const auto& [name, text] : scripts) {
      const std::string argument = format == Format::rpm ? "0" : name == "postinst" ? "configure" : "remove";
      const Completed completed = run_script(text, argument);
      EXPECT_TRUE(completed.ok()) << name << completed.errors;
      EXPECT_THAT(completed.tail + completed.errors, IsEmpty()) << name;
    }
  }
}

TEST_F(RunScripts, RefreshTheInitramfsOfExactlyThatKernel) {
  add_kernel();
  add_image();
  add_tool("depmod");
  add_tool("update-initramfs");
  EXPECT_TRUE(run_script(render_deb_scripts(model(Format::deb), templates).at("postinst"), "configure").ok());
  EXPECT_EQ(calls(), "depmod -a 6.1.0-7-amd64\nupdate-initramfs -u -k 6.1.0-7-amd64\n");
}

TEST_F(RunScripts, UseDracutWhereThereIsNoUpdateInitramfs) {
  add_kernel();
  add_image();
  add_tool("depmod");
  add_tool("dracut");
  EXPECT_TRUE(run_script(render_rpm_scripts(model(Format::rpm), templates).at("post"), "1").ok());
  const std::string image = (place.path() / "boot/initrd.img-6.1.0-7-amd64").string();
  EXPECT_EQ(calls(), "depmod -a 6.1.0-7-amd64\ndracut --quiet --force " + image + " 6.1.0-7-amd64\n");
}

TEST_F(RunScripts, MakeNoInitramfsForAKernelThatHasNone) {
  add_kernel();
  add_tool("depmod");
  add_tool("update-initramfs");
  EXPECT_TRUE(run_script(render_deb_scripts(model(Format::deb), templates).at("postinst"), "configure").ok());
  EXPECT_EQ(calls(), "depmod -a 6.1.0-7-amd64\n");
}

TEST_F(RunScripts, WarnAndSucceedWhenToolsFail) {
  add_kernel();
  add_image();
  add_tool("depmod", 1);
  add_tool("update-initramfs", 1);
  const Completed completed = run_script(render_deb_scripts(model(Format::deb), templates).at("postinst"), "configure");
  EXPECT_TRUE(completed.ok());
  EXPECT_EQ(completed.errors,
            "hello-modules-6.1.0-7-amd64: depmod failed for 6.1.0-7-amd64\n"
            "hello-modules-6.1.0-7-amd64: update-initramfs failed for 6.1.0-7-amd64\n");
}

TEST_F(RunScripts, TakeTheLeftIndexOfAGoneKernelAwayAndNothingElse) {
  const fs::path release_root = place.path() / "lib/modules/6.1.0-7-amd64";
  write_file(release_root / "modules.dep", "");
  write_file(release_root / "modules.dep.bin", "");
  write_file(release_root / "modules.mine", "");
  const std::string script = render_deb_scripts(model(Format::deb), templates).at("postrm");
  EXPECT_TRUE(run_script(script, "remove").ok());
  EXPECT_FALSE(fs::exists(release_root / "modules.dep"));
  EXPECT_FALSE(fs::exists(release_root / "modules.dep.bin"));
  EXPECT_TRUE(fs::exists(release_root / "modules.mine"));
  fs::remove(release_root / "modules.mine");
  EXPECT_TRUE(run_script(script, "remove").ok());
  EXPECT_FALSE(fs::exists(release_root));
}

TEST_F(RunScripts, RefuseArgumentsThatDpkgNeverGives) {
  for (const auto& [name, text] : render_deb_scripts(model(Format::deb), templates)) {
    EXPECT_EQ(run_script(text, "rubbish").exit_code, 1) << name;
  }
}

}  // namespace
}  // namespace kmpack::test
