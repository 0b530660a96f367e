#include <gmock/gmock.h>

#include "deb_scripts_root.hpp"
#include "package/scripts.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kRelease = "6.1.0-7-amd64";

/// What dpkg may call a script with. Source: deb-postinst(5) and its siblings, Debian Policy 6.5.
const std::map<std::string, std::vector<std::string>> kArguments{
    {"preinst", {"install", "install 1.0-1", "upgrade 1.0-1 2.0-1", "abort-upgrade 2.0-1"}},
    {"postinst",
     {"configure", "configure 1.0-1", "abort-upgrade 2.0-1", "abort-remove", "abort-remove in-favour hello-dkms 1.0-1",
      "abort-deconfigure in-favour hello-dkms 1.0-1 removing linux-image-1 1-1"}},
    {"prerm",
     {"remove", "remove in-favour hello-dkms 1.0-1", "upgrade 2.0-1", "failed-upgrade 1.0-1 2.0-1",
      "deconfigure in-favour hello-dkms 1.0-1 removing linux-image-1 1-1"}},
    {"postrm",
     {"remove", "purge", "upgrade 2.0-1", "failed-upgrade 1.0-1 2.0-1", "abort-install", "abort-install 1.0-1 2.0-1",
      "abort-upgrade 1.0-1 2.0-1", "disappear hello-dkms 1.0-1"}}};

struct Shell {
  std::string name;
  std::string command;
  std::string path;
};
const std::vector<Shell> kShells{{"dash", "dash", "/usr/bin"},
                                 {"bash", "bash --posix", "/usr/bin"},
                                 // With its own rm, rmdir and od, too.
                                 {"busybox", "busybox sh", "/busybox"}};

/// The scripts as they are rendered, run by several shells in a root of their own.
struct ScriptShells : Packing {
  Templates templates{{fs::path(KMPACK_SOURCE_DIR) / "templates"}};
  TempDir fast{memory()};
  std::optional<DpkgRoot> root;

  void SetUp() override {
    const RootMeans means = probe_root_means(runner, {});
    if (means == RootMeans::chrootless) {
      if (std::getenv("CI") != nullptr) FAIL() << "no root and no user namespaces";
      GTEST_SKIP() << "no root and no user namespaces";
    }
    root.emplace(fast.path() / "root", means, runner);
    constexpr auto kPrograms = std::to_array<HostProgram>(
        {{"dash", "dash"}, {"bash", "bash"}, {"busybox", "busybox-static"}, {"mkdir", "coreutils"}, {"ln", "coreutils"}});
    Userland{root->path(), runner, {}}.add(kPrograms);
    fs::create_directories(root->path() / "busybox");
    const Completed names = root->inside({"busybox", "--list"});
    ASSERT_TRUE(names.ok()) << names.tail;
    for (const std::string_view name : split(names.tail, '\n')) {
      if (!name.empty()) fs::create_symlink("/usr/bin/busybox", root->path() / "busybox" / name);
    }
    for (const char* name : {"usr/bin/update-initramfs", "usr/bin/depmod", "usr/bin/dpkg-trigger", "busybox/depmod"}) {
      fs::remove(root->path() / name);
    }
  }

  /// A program that writes how it was called, for all shells.
  void add_tool(const std::string& name, const std::string& body) const {
    write_file(root->path() / "tools" / name, "#!/bin/sh\necho \"called: " + name + " $*\"\n" + body + "\n", fs::perms{0755});
  }

  static PackageModel plan() {
    PackageModel model{.format = Format::deb};
    model.name = "hello-modules-" + kRelease;
    model.scripts.release = kRelease;
    model.scripts.release_root = "/lib/modules/" + kRelease;
    return model;
  }

  static std::map<std::string, PackageModel> plans() {
    std::map<std::string, PackageModel> all;
    all["plain"] = all["initramfs"] = plan();
    all["initramfs"].scripts.initramfs = Initramfs::yes;
    all["trigger"] = all["fragments"] = all["initramfs"];
    all["trigger"].scripts.trigger = "linux-update-" + kRelease;
    all["trigger"].scripts.enrol = "/usr/share/hello/mok.der";
    for (const ScriptPhase phase :
         {ScriptPhase::pre_install, ScriptPhase::post_install, ScriptPhase::pre_remove, ScriptPhase::post_remove}) {
      all["fragments"].scripts.fragments[phase] = "cd /tmp\nroot=changed modules=changed\nrefresh_modules=$PWD\necho added";
    }
    return all;
  }

  /// Everything each script says when called in every way, in a world that `prepare` (shell commands) makes anew before each
  /// call.
  std::string transcript(const Shell& shell, const PackageModel& model, const std::string& prepare, const std::string& tools) {
    std::string runner_script = "PATH=" + shell.path + tools + "\n";
    for (const auto& [name, text] : render_deb_scripts(model, templates)) {
      write_file(root->path() / "scripts" / name, text);
      for (const std::string& arguments : kArguments.at(name)) {
        runner_script += "rm -rf /lib/modules/" + kRelease + " /boot/* /usr/lib/linux/triggers\n" + prepare + "\necho '> " +
                         name + " " + arguments + "'\n" + shell.command + " /scripts/" + name + " " + arguments +
                         " 2>&1\necho \"= $?\"\n[ ! -d /lib/modules/" + kRelease + " ] || echo 'a directory is there'\n";
      }
    }
    write_file(root->path() / "run", runner_script);
    const Completed done = root->inside({"/usr/bin/sh", "/run"}, {{"LC_ALL", "C"}});
    EXPECT_TRUE(done.ok()) << done.tail;
    return done.tail + "> end\n";
  }
};

const std::string kMakeKernel = "mkdir -p /lib/modules/" + kRelease + " /usr/lib/linux/triggers\n: >/lib/modules/" + kRelease +
                                "/modules.order\n: >/boot/vmlinuz-" + kRelease + "\n: >/boot/initrd.img-" + kRelease;

struct World {
  std::string what, prepare, tools, status;
};

TEST_F(ScriptShells, AllGoOnWhateverIsThereAndWhateverFails) {
  const std::string directory = "/lib/modules/" + kRelease;
  const std::vector<World> worlds{
      {"nothing", ":", ":/tools", "0"},
      {"no kernel, but its index", "mkdir -p " + directory + "\n: >" + directory + "/modules.dep", ":/tools", "0"},
      {"a kernel without tools", kMakeKernel, "", "0"},
      {"a kernel", kMakeKernel, ":/tools", "0"},
      {"a kernel, and tools that fail", kMakeKernel, ":/tools", "1"}};
  for (const World& world : worlds) {
    for (const char* tool : {"depmod", "update-initramfs", "dpkg-trigger"}) add_tool(tool, "exit " + world.status);
    for (const auto& [plan_name, model] : plans()) {
      std::string first;
      for (const Shell& shell : kShells) {
        // It says to have a depmod of its own, and then finds none.
        if (shell.name == "busybox" && world.tools.empty()) continue;
        SCOPED_TRACE(plan_name + ", " + world.what + ", " + shell.name);
        const std::string said = transcript(shell, model, world.prepare, world.tools);
        EXPECT_THAT(said, HasSubstr("= 0\n"));
        EXPECT_THAT(said, Not(HasSubstr("= 1\n")));
        EXPECT_THAT(said, Not(HasSubstr("not found")));
        EXPECT_EQ(said.find("called") != std::string::npos, world.prepare == kMakeKernel && !world.tools.empty());
        if (first.empty()) first = said;
        EXPECT_EQ(said, first);
      }
    }
  }
}

TEST_F(ScriptShells, SayWhatFailedAndDoTheRest) {
  for (const char* tool : {"depmod", "update-initramfs"}) add_tool(tool, "exit 1");
  for (const Shell& shell : kShells) {
    EXPECT_THAT(transcript(shell, plans().at("initramfs"), kMakeKernel, ":/tools"),
                HasSubstr("> postinst configure\n"
                          "called: depmod -a 6.1.0-7-amd64\n"
                          "hello-modules-6.1.0-7-amd64: depmod failed for 6.1.0-7-amd64\n"
                          "called: update-initramfs -u -k 6.1.0-7-amd64\n"
                          "hello-modules-6.1.0-7-amd64: update-initramfs failed for 6.1.0-7-amd64\n"
                          "= 0\n"));
  }
}

TEST_F(ScriptShells, TakeALeftIndexAwayOnRemovalAndOnPurge) {
  for (const Shell& shell : kShells) {
    const std::string said =
        transcript(shell, plan(), "mkdir -p /lib/modules/" + kRelease + "\n: >/lib/modules/" + kRelease + "/modules.dep", "");
    for (const char* way : {"remove", "purge", "disappear hello-dkms 1.0-1"}) {
      EXPECT_THAT(said, HasSubstr(std::string("> postrm ") + way + "\n= 0\n> ")) << shell.name;
    }
    EXPECT_THAT(said, HasSubstr("> postrm upgrade 2.0-1\n= 0\na directory is there\n")) << shell.name;
  }
}

TEST_F(ScriptShells, GoOnWhereTheDirectoryCannotGo) {
  const std::string directory = "/lib/modules/" + kRelease;
  const std::string link = "mkdir -p /srv/modules\nln -s /srv/modules " + directory + "\n: >" + directory + "/modules.dep";
  for (const Shell& shell : kShells) {
    const std::string said = transcript(shell, plan(), link, "");
    EXPECT_THAT(said, HasSubstr("> postrm remove\n= 0\na directory is there\n")) << shell.name;
    EXPECT_THAT(said, Not(HasSubstr("= 1\n"))) << shell.name;
  }
}

struct BootState {
  std::string what, mokutil, variable, certificate, dpkg_root;
  std::string told;
};

TEST_F(ScriptShells, TellUsersOfSecureBootWhatToEnrol) {
  const std::string on = "\\006\\000\\000\\000\\001", off = "\\006\\000\\000\\000\\000";
  const auto mokutil = [](const std::string& state, const std::string& test) {
    return "case $1 in --sb-state) " + state + " ;; --test-key) [ \"$2\" = /usr/share/hello/mok.der ]; " + test + " ;; esac";
  };
  const std::string enabled = "echo SecureBoot enabled", unknown = "echo \"$2 is not enrolled\"";
  const std::vector<BootState> states{
      {"on, not enrolled", mokutil(enabled, unknown), "", "yes", "", "run 'mokutil --import /usr/share/hello/mok.der'"},
      {"on, enrolled", mokutil(enabled, "echo \"$2 is already enrolled\"; exit 1"), "", "yes", "", ""},
      {"on, asked for", mokutil(enabled, "echo \"$2 is already in the enrollment request\"; exit 1"), "", "yes", "", ""},
      {"on, but not for shim", mokutil(enabled + "; echo SecureBoot validation is disabled in shim", unknown), "", "yes", "", ""},
      {"off", mokutil("echo SecureBoot disabled", unknown), "", "yes", "", ""},
      {"no EFI", mokutil("echo EFI variables are not supported on this system >&2; exit 1", "exit 1"), "", "yes", "", ""},
      {"a broken mokutil", "echo what >&2; exit 139", on, "yes", "", ""},
      {"no mokutil, on", "", on, "yes", "", "install mokutil, run 'mokutil --import /usr/share/hello/mok.der'"},
      {"no mokutil, off", "", off, "yes", "", ""},
      {"no mokutil, no EFI", "", "", "yes", "", ""},
      {"no certificate", mokutil(enabled, unknown), on, "", "", ""},
      {"another root", mokutil(enabled, unknown), on, "yes", "/other", ""}};
  PackageModel model{.format = Format::deb};
  model.name = "hello";
  model.scripts.enrol = "/usr/share/hello/mok.der";
  write_file(root->path() / "script", render_deb_scripts(model, templates).at("postinst"));
  const std::string efi = "/sys/firmware/efi/efivars", variable = efi + "/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  for (const BootState& state : states) {
    fs::remove(root->path() / "tools/mokutil");
    if (!state.mokutil.empty()) write_file(root->path() / "tools/mokutil", "#!/bin/sh\n" + state.mokutil + "\n", fs::perms{0755});
    std::string prepare = "rm -rf /sys /usr/share/hello\nmkdir -p /usr/share/hello\n";
    if (!state.certificate.empty()) prepare += ": >/usr/share/hello/mok.der\n";
    if (!state.variable.empty()) prepare += "mkdir -p " + efi + "\nprintf '" + state.variable + "' >" + variable + "\n";
    for (const Shell& shell : kShells) {
      SCOPED_TRACE(state.what + ", " + shell.name);
      write_file(root->path() / "run", prepare + "PATH=" + shell.path + ":/tools\n" + shell.command + " /script configure\n");
      const Completed done = root->inside({"/usr/bin/sh", "/run"}, {{"DPKG_ROOT", state.dpkg_root}, {"LC_ALL", "C"}});
      EXPECT_TRUE(done.ok());
      EXPECT_THAT(done.tail, HasSubstr(state.told));
      EXPECT_EQ(done.tail.empty(), state.told.empty()) << done.tail;
    }
  }
}

}  // namespace
}  // namespace kmpack::test
