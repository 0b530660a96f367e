#pragma once

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "fixture.hpp"
#include "support/fake_module.hpp"
#include "support/handmade_deb.hpp"
#include "verify/install.hpp"
#include "verify/userland.hpp"

namespace kmpack::test {

/// Where files cost no disk, as dpkg syncs after every step; nothing when programs do not run from there.
inline std::filesystem::path memory() {
  struct statvfs found {};
  const char* const place = "/dev/shm";
  if (::statvfs(place, &found) != 0 || (found.f_flag & ST_NOEXEC) != 0 || ::access(place, W_OK) != 0) return {};
  return place;
}

/// How a distribution's kernels lie and are announced.
struct KernelWays {
  std::filesystem::path modules_root = "/lib/modules";
  std::string trigger;  ///< linux-update-{release}: hooks run by a trigger of the kernel's package, as Ubuntu's do
};

/// A kernel's package with what module packages can meet of one, and scripts that do what the real ones do.
///
/// Source: linux-image-6.1.0-56-cloud-amd64 (scripts; the index stays until purge); Ubuntu as in facts debian.md section 3.3.
inline std::filesystem::path kernel_deb(const std::filesystem::path& directory, const std::string& release,
                                        const KernelWays& ways) {
  const std::string modules = (ways.modules_root / release).string();
  HandmadeDeb deb;
  deb.name = "linux-image-" + release;
  deb.version = "1";
  for (const char* list : {"modules.builtin", "modules.builtin.modinfo", "modules.order"}) deb.add(modules + "/" + list, "");
  deb.add(modules + "/kernel/loop.ko",
          FakeModule{}.modinfo({"license=GPL", "name=loop", "vermagic=" + release, "depends="}).bytes());
  deb.add("/boot/vmlinuz-" + release, "stands for a kernel\n");
  const std::string head = "#!/bin/sh\nset -e\nroot=${DPKG_ROOT:-}\nrelease=" + release + "\nmodules=$root" + modules + "\n";
  const std::string hooks = "/usr/lib/linux/triggers/" + release;
  std::string& postinst = deb.scripts["postinst"] = head;
  if (!ways.trigger.empty()) {
    deb.add("/usr/lib/linux/triggers/.keep-" + release, "");
    deb.scripts["triggers"] = "interest " + replaced(ways.trigger, "{release}", release) + "\n";
    postinst +=
        "if [ \"$1\" = triggered ]; then\n  [ ! -f " + hooks + " ] || { sh " + hooks + "; rm -f " + hooks + "; }\n  exit 0\nfi\n";
  }
  postinst += "[ \"$1\" = configure ] || exit 0\ndepmod ${root:+-b \"$root\"} \"$release\"\n[ -z \"$root\" ] || exit 0\n";
  if (ways.trigger.empty()) {
    postinst += "update-initramfs -c -k \"$release\"\n";
  } else {
    postinst += "echo 'DEB_MAINT_PARAMS=configure run-parts --report --exit-on-error --arg=" + release + " --arg=/boot/vmlinuz-" +
                release + " /etc/kernel/postinst.d' >" + hooks + "\ndpkg-trigger --no-await " +
                replaced(ways.trigger, "{release}", release) + "\n";
  }
  deb.scripts["postrm"] = head +
                          "[ \"$1\" != remove ] || [ -n \"$root\" ] || update-initramfs -d -k \"$release\"\n"
                          "[ \"$1\" = purge ] || exit 0\n"
                          "for list in dep alias symbols softdep devname weakdep; do rm -f \"$modules/modules.$list\"; done\n"
                          "rm -f \"$modules\"/modules.*.bin\nrmdir \"$modules\" 2>/dev/null || true\n";
  const std::filesystem::path place = directory / (deb.name + ".deb");
  deb.write(place);
  return place;
}

/// A root with real dpkg, sh and kmod, whose update-initramfs writes which modules of others the index then names.
class DpkgRoot {
 public:
  DpkgRoot(std::filesystem::path root, RootMeans means, CommandRunner& runner)
      : root_(std::move(root)), means_(means), runner_(runner) {
    namespace fs = std::filesystem;
    for (const char* name :
         {"usr/bin", "usr/lib/modules", "usr/lib64", "usr/share/doc", "usr/lib/linux", "boot", "dev", "tmp",
          "etc/kernel/postinst.d", "var/log", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"}) {
      fs::create_directories(root_ / name);
    }
    fs::create_directory_symlink("bin", root_ / "usr/sbin");
    for (const char* name : {"bin", "sbin", "lib", "lib64"}) fs::create_directory_symlink(fs::path("usr") / name, root_ / name);
    write_file(root_ / "dev/null", "", fs::perms{0666});
    add_userland();
    write_file(root_ / "etc/kernel/postinst.d/initramfs", "#!/bin/sh\nset -e\nexec update-initramfs -c -k \"$1\"\n",
               fs::perms{0755});
    write_file(root_ / "var/lib/dpkg/status",
               "Package: base\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.org>\nArchitecture: all\n"
               "Version: 1\nDescription: what a root has\n\n");
    // What another package has as well stays when ours goes.
    std::string list = "/.\n";
    for (const TreeEntry& entry : walk(root_)) {
      const std::string path = entry.relative.string();
      list += "/" + path + "\n";
      if (path.starts_with("usr/lib/")) list += "/" + path.substr(4) + "\n";
    }
    write_file(root_ / "var/lib/dpkg/info/base.list", list);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return root_; }

  Completed dpkg(std::vector<std::string> args) {
    std::vector<std::string> all{"--root=" + root_.string(), "--log=/dev/null", "--force-unsafe-io", "--force-depends"};
    if (means_ == RootMeans::chrootless) all.insert(all.end(), {"--force-not-root", "--force-script-chrootless"});
    all.insert(all.end(), args.begin(), args.end());
    return run("dpkg", std::move(all), {});
  }

  /// A program of the root, seen from inside.
  Completed inside(std::vector<std::string> command, const std::map<std::string, std::string>& more = {}) {
    command.insert(command.begin(), root_.string());
    return run("chroot", std::move(command), more);
  }

  /// `install ok installed 1.0`, or nothing; by dpkg's own record.
  [[nodiscard]] std::string status(const std::string& package) const {
    const std::string all = "\n" + read_file(root_ / "var/lib/dpkg/status");
    const std::size_t at = all.find("\nPackage: " + package + "\n");
    if (at == std::string::npos) return {};
    const std::string stanza = all.substr(at, all.find("\n\n", at) - at) + "\n";
    const auto field = [&](const std::string& name) {
      const std::size_t found = stanza.find("\n" + name + ": ");
      if (found == std::string::npos) return std::string();
      const std::size_t begin = found + name.size() + 3;
      return stanza.substr(begin, stanza.find('\n', begin) - begin);
    };
    const std::string state = field("Status");
    return state.ends_with("config-files") ? "removed" : state.ends_with(" installed") ? field("Version") : state;
  }

  /// Every path but those of dpkg and of logs.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    const auto skip = [](const TreeEntry& entry) { return entry.relative == "var"; };
    for (const TreeEntry& entry : walk(root_, skip)) found.push_back(entry.relative.string());
    return found;
  }

  /// How update-initramfs was called since this was asked last.
  std::vector<std::string> calls() {
    const std::filesystem::path log = root_ / "var/log/initramfs";
    std::vector<std::string> lines;
    if (!std::filesystem::exists(log)) return lines;
    const std::string text = read_file(log);
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) lines.emplace_back(line);
    }
    std::filesystem::remove(log);
    return lines;
  }

 private:
  Completed run(std::string program, std::vector<std::string> args, const std::map<std::string, std::string>& more) {
    if (means_ == RootMeans::namespaces) {
      args.insert(args.begin(), {"--map-root-user", "--", program});
      program = "unshare";
    }
    Command command{.program = std::move(program), .args = std::move(args), .environment = scrubbed_environment(0)};
    command.environment["DEBIAN_FRONTEND"] = "noninteractive";
    for (const auto& [name, value] : more) command.environment[name] = value;
    return runner_.run(command, {});
  }

  void add_userland() {
    constexpr auto kPrograms = std::to_array<HostProgram>({{"sh", "dash"},
                                                           {"rm", "coreutils"},
                                                           {"rmdir", "coreutils"},
                                                           {"cat", "coreutils"},
                                                           {"sed", "sed"},
                                                           {"od", "coreutils"},
                                                           {"touch", "coreutils"},
                                                           {"run-parts", "debianutils"},
                                                           {"dpkg-trigger", "dpkg"}});
    Userland userland{root_, runner_, {}};
    userland.add(kPrograms);
    userland.add_module_tools();
    write_file(
        root_ / "usr/bin/update-initramfs",
        "#!/bin/sh\nset -e\necho \"$*\" >>/var/log/initramfs\ncase $1 in\n-d) rm \"/boot/initrd.img-$3\" ;;\n"
        "-c|-u) sed -n 's,^updates/\\([^:]*\\):.*,\\1,p' \"/lib/modules/$3/modules.dep\" >\"/boot/initrd.img-$3\" ;;\nesac\n",
        std::filesystem::perms{0755});
  }

  std::filesystem::path root_;
  RootMeans means_;
  CommandRunner& runner_;
};

}  // namespace kmpack::test
