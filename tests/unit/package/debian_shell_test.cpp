#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "package/debian_source.hpp"
#include "support/sample_cell.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;

// What debian/rules and the shell scripts beside it do, run by make and sh.
namespace kmpack {
namespace {

/// The files of a source, of which a test runs a part.
struct DebianShell : ::testing::Test {
  DebianShell() {
    test::SampleCell sample;
    RecipePart part{.cell = sample.cell(), .headers = sample.headers, .source = sample.build.source};
    part.models = {module_package_model(part.cell, sample.headers, sample.modules, sample.build, Format::deb)};
    for (const DebianFile& file :
         render_debian_source(std::span(&part, 1), {}, {}, Templates({KMPACK_SOURCE_DIR "/templates"})).files) {
      write("debian" / file.place, file.content);
    }
  }

  void write(const fs::path& place, const std::string& text) const {
    fs::create_directories((directory.path() / place).parent_path());
    write_file(directory.path() / place, text);
  }

  [[nodiscard]] std::string content(const fs::path& place) const { return read_file(directory.path() / place); }

  Completed run(const std::string& program, std::vector<std::string> args, std::map<std::string, std::string> more = {}) {
    more.merge(scrubbed_environment(0));
    return runner.run(
        {.program = program, .args = std::move(args), .environment = std::move(more), .directory = directory.path()}, {});
  }

  /// What the text from `from` to `to` of build-modules says before commands of the test.
  std::string part_said(const std::string& from, const std::string& to, const std::string& commands,
                        std::map<std::string, std::string> more = {}) {
    const std::string script = content("debian/build-modules");
    const std::size_t begin = script.find(from);
    write("part", "set -eu\n" + script.substr(begin, script.find(to, begin) + to.size() - begin) + commands);
    return run("sh", {"part"}, std::move(more)).tail;
  }

  TempDir directory;
  ProcessRunner runner;
};

TEST_F(DebianShell, ScriptsAreGivenBackAsTheyAreWhereDebhelperAddsNothing) {
  for (const char* name : {"a", "b"}) {
    write(fmt::format("debian/{}.postinst", name), "#!/bin/sh\n#DEBHELPER#\necho '#PACKAGE#'\n#DEBHELPER#\nexit 0\n");
    write(fmt::format("debian/{}/DEBIAN/postinst", name), "debhelper's\n");
  }
  write("debian/b.postinst.debhelper", "more\n");
  EXPECT_EQ(run("sh", {"debian/build-modules", "scripts", "a", "b", "c"}).tail, "");
  EXPECT_EQ(content("debian/a/DEBIAN/postinst"), "#!/bin/sh\n#DEBHELPER#\necho '#PACKAGE#'\n\nexit 0\n");
  EXPECT_EQ(content("debian/b/DEBIAN/postinst"), "debhelper's\n");
}

TEST_F(DebianShell, TheLastNumberOfJobsCounts) {
  const std::string rules = content("debian/rules");
  const std::size_t begin = rules.find("JOBS :=");
  write("jobs.mk", rules.substr(begin, rules.find('\n', begin) - begin) + "\nall:\n\t@echo $(JOBS)\n");
  EXPECT_EQ(run("make", {"-s", "-f", "jobs.mk", "DEB_BUILD_OPTIONS=parallel=2 nocheck parallel=4"}).tail, "4\n");
  EXPECT_EQ(run("make", {"-s", "-f", "jobs.mk", "DEB_BUILD_OPTIONS=nocheck"}).tail, "1\n");
}

TEST_F(DebianShell, NothingOfTheEnvironmentReachesTheKernelsBuildOrTheCompression) {
  const std::map<std::string, std::string> set = {
      {"KBUILD_OUTPUT", "x"},  {"KBUILD_EXTMOD", "x"}, {"KBUILD_MODPOST_WARN", "x"}, {"O", "x"},
      {"CFLAGS", "x"},         {"XZ_OPT", "x"},        {"XZ_DEFAULTS", "x"},         {"ZSTD_CLEVEL", "x"},
      {"ZSTD_NBTHREADS", "x"}, {"GZIP", "x"}};
  EXPECT_EQ(part_said("# A kernel has its own flags", "ZSTD_NBTHREADS\n", "env | grep '=x$' || echo nothing\n", set),
            "nothing\n");
}

TEST_F(DebianShell, TheHashOfASignatureIsWhatTheKernelsBuildRead) {
  write("tree/.config", "CONFIG_MODULE_SIG_HASH=\"sha1\"\n");
  write("tree/include/config/auto.conf", "CONFIG_MODULE_SIG_HASH=\"sha512\"\n");
  write("tree/scripts/sign-file", "#!/bin/sh\necho \"$1\"\n");
  fs::permissions(directory.path() / "tree/scripts/sign-file", fs::perms::owner_all);
  const std::string commands = "tree=$PWD/tree root=r\nkmpack_sign /m.ko\nrm tree/include/config/auto.conf\nkmpack_sign /m.ko\n";
  EXPECT_EQ(part_said("kmpack_sign()", "\n}\n", commands, {{"KMPACK_SIGN_KEY", "k"}, {"KMPACK_SIGN_CERTIFICATE", "c"}}),
            "sha512\nsha1\n");
}

/// The test of installed packages, where dpkg and kmod are what the test says they are.
struct DebianInstalledTest : DebianShell {
  void add_command(const std::string& name, const std::string& commands) const {
    write("bin/" + name, "#!/bin/sh\n" + commands + "\n");
    fs::permissions(directory.path() / "bin" / name, fs::perms::owner_all);
  }

  std::string said(const std::string& listed, const std::string& shown) {
    std::string script = content("debian/tests/modules");
    // Where modprobe looks for an index is a fixed place.
    for (std::size_t at = 0; (at = script.find("-e \"/lib", at)) != std::string::npos;) script.replace(at, 8, "-e \"$PWD/lib");
    write("lib/modules/6.1.0-7-amd64/modules.builtin", "");
    write("test", script);
    add_command("dpkg-query", "echo installed");
    add_command("dpkg", "echo " + listed);
    add_command("modinfo", "if [ \"$2\" = name ]; then echo hello; else echo '6.1.0-7-amd64 SMP'; fi");
    add_command("modprobe", shown);
    const std::string path = (directory.path() / "bin").string() + ":" + scrubbed_environment(0).at("PATH");
    const Completed completed = run("sh", {"test"}, {{"PATH", path}});
    return completed.tail + completed.how();
  }
};

TEST_F(DebianInstalledTest, KnowsAFileBelowUsrAsModprobeCallsIt) {
  EXPECT_EQ(said("/usr/lib/modules/6.1.0-7-amd64/a/hello.ko.xz", "echo insmod /lib/modules/6.1.0-7-amd64/a/hello.ko.xz"),
            "/usr/lib/modules/6.1.0-7-amd64/a/hello.ko.xz: ok\nexit status 0");
}

TEST_F(DebianInstalledTest, SaysWhyItFails) {
  const std::string file = "/lib/modules/6.1.0-7-amd64/a/hello.ko";
  EXPECT_EQ(said(file, "echo insmod /lib/modules/6.1.0-7-amd64/b/hello.ko"),
            file + ": modprobe loads another one: insmod /lib/modules/6.1.0-7-amd64/b/hello.ko\nexit status 1");
  EXPECT_EQ(said(file, "exit 1"), file + ": modprobe cannot load hello\nexit status 1");
  EXPECT_EQ(said("/usr/share/doc", ":"),
            "none of the packages is installed with a module: hello-modules-6.1.0-7-amd64\nexit status 1");
}

}  // namespace
}  // namespace kmpack
