#include "cli/reference.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace kmpack {

std::span<const CommandText> command_texts() {
  static const std::vector<CommandText> texts = {
      {"",
       "signed, verified kernel module packages for every kernel flavor",
       "COMMAND",
       {{"kmpack init", "write a kmpack.xml for the Kbuild in this directory"},
        {"kmpack build", "build, sign, package and verify what kmpack.xml describes"},
        {"kmpack build --flavor 'debian-12/*amd64' --key mok.key --certificate mok.pem", "the same, signed, for these flavors"}},
       ""},
      {"build",
       "build, sign, package and verify for every kernel wanted",
       "[MANIFEST|DIR]...",
       {{"kmpack build", "what kmpack.xml here describes, for the kernels it wants"},
        {"kmpack build --flavor debian-12/rt-amd64@6.1", "the newest 6.1 kernel of one flavor only"},
        {"kmpack build --key mok.key --certificate mok.pem hello/ pair/", "two manifests, modules signed"},
        {"kmpack build --format rpm,deb --output out --json", "both formats, result as JSON"}},
       "Packages go to OUTPUT/DISTRIBUTION/ARCHITECTURE/, logs to OUTPUT/logs/, the whole result to OUTPUT/report.json. A cell "
       "that fails "
       "does not stop the others. Without a key the modules are UNSIGNED, and the table says so."},
      {"plan",
       "print what build would do for each kernel, and why; build nothing",
       "[MANIFEST|DIR]...",
       {{"kmpack plan", "the matrix of what kmpack.xml here describes"},
        {"kmpack plan --flavor 'debian-12/*@*' --json", "every kernel known of Debian 12, as JSON"},
        {"kmpack plan --since kmpack.lock --flavor 'debian-12/*amd64'", "what has changed since the lock was written"}},
       "With --since the archives are asked, and the answer is the kernels that are new, rebuilt under the same release, or "
       "gone. The "
       "exit status is then 6 when there is a kernel to build for, 0 when there is none."},
      {"generate",
       "write source packages, rpm specs or a debian/, that build without kmpack",
       "[MANIFEST|DIR]...",
       {{"kmpack generate --spec static --flavor 'el9/*' --source", "a spec with every package written out, and its .src.rpm"},
        {"kmpack generate --spec macro --output obs", "a short spec with %kernel_module_package, for OBS, koji and mock"},
        {"kmpack generate --debian --source --flavor 'debian-12/*amd64'", "a debian/ for dpkg-buildpackage, and its .dsc"}},
       "A static spec means the same packages wherever it is read; relations to kernels follow from modules, so cells that are "
       "not "
       "built yet are built first. A macro spec needs no kernel: the build root decides. Both build with plain rpmbuild, and the "
       "distribution's hooks sign the modules. A debian/ builds with debhelper, for the kernels whose "
       "headers are installed. With --spec and --debian each has the kernels of its own family. Several manifests give files of "
       "different names."},
      {"lint",
       "say what in a dkms.conf, a kmpack.xml or a Makefile breaks elsewhere",
       "[MANIFEST|DIR]...",
       {{"kmpack lint", "what lies in this directory"},
        {"kmpack lint --flavor 'debian-12/*amd64' driver/", "a dkms.conf as it is for these kernels"},
        {"kmpack lint --strict --json driver/dkms.conf", "for CI: warnings fail, the answer is JSON"}},
       "Nothing is built and nothing downloaded; a dkms.conf is evaluated by bash, confined. Every finding has its file and "
       "line, why it "
       "matters and what to write instead. The exit status is 1 when there is an error (with --strict: or a warning), else 0."},
      {"flavors",
       "list the kernels that modules can be built for",
       "[list] [PATTERN]...",
       {{"kmpack flavors", "all kernels: installed, in the header store, in the distribution's archive"},
        {"kmpack flavors 'debian-12/*'", "those of one distribution"},
        {"kmpack flavors fetch 'debian-12/*amd64'", "download and unpack their headers; nothing is installed"},
        {"kmpack flavors lock 'debian-12/*amd64'", "write their exact versions to kmpack.lock"}},
       "A pattern is DIST/FLAVOR[.ARCH][@RELEASE]; * and ? match within a part. Without @ it means the newest kernel of every "
       "series, "
       "@6.1 the newest of that series, @* all."},
      {"flavors fetch",
       "download, check and unpack the headers of kernels",
       "PATTERN...",
       {{"kmpack flavors fetch debian-12/amd64", "the newest kernels of one flavor"},
        {"kmpack flavors fetch 'debian-12/*@6.12'", "the newest 6.12 kernel of every flavor"},
        {"kmpack flavors fetch --package kernel-devel-5.14.0-503.el9.x86_64.rpm", "the kernel that an rpm on this disk is for"}},
       "Packages are checked against the signed metadata of the distribution's archive and unpacked into the header store of "
       "this user. With --package no archive and no network is used; what a package needs (SUSE's kernel-devel) must be named "
       "too, "
       "and patterns say which distribution is meant where several have the same kernels."},
      {"flavors lock",
       "write the exact kernels and header packages of patterns to a lock file",
       "PATTERN...",
       {{"kmpack flavors lock 'debian-12/*amd64'", "write kmpack.lock"},
        {"kmpack flavors lock --lock ci.lock debian-12/amd64", "write another file"}},
       "Later commands that find the lock file choose among its kernels only, so that a run can be repeated."},
      {"inspect",
       "say what a .ko, .deb or .rpm is",
       "FILE...",
       {{"kmpack inspect hello.ko", "vermagic, symbols, firmware, signer of a module"},
        {"kmpack inspect --json dist/debian-12/amd64/*.deb", "relations, scripts and files of packages, as JSON"}},
       ""},
      {"verify",
       "check finished packages: contents, installation, loading",
       "FILE|DIR...",
       {{"kmpack verify --certificate mok.pem dist", "read back and install every package below dist into a scratch root"},
        {"kmpack verify --boot --kernel debian-12/cloud-amd64@6.1 --certificate mok.pem dist",
         "load the modules in that kernel, under QEMU"},
        {"kmpack verify --boot --enforce --certificate mok.pem dist", "the same with signatures enforced"}},
       "Packages are grouped by kernel. Each is read from disk, installed with the real dpkg or rpm into a scratch root, "
       "resolved with "
       "depmod and modprobe, and removed again. This machine is not changed and root is not needed."},
      {"repo",
       "make a directory a signed repository for apt, dnf and zypper",
       "DIR [FILE|DIR]...",
       {{"kmpack repo --gpg-key packages@example.org repo/el9 dist/el9", "add the rpms of one distribution; copies are signed"},
        {"kmpack repo --gpg-key packages@example.org --url https://example.org/deb repo/deb dist/debian-12",
         "add debs to suite debian-12, with the address that clients will use"},
        {"kmpack repo --gpg-key packages@example.org repo/deb", "the same for what the repository has already"},
        {"kmpack repo --gpg-key 1A2B3C4D --valid-until 14 repo/deb", "clients refuse lists that are older than two weeks"},
        {"kmpack repo --unsigned-ok /tmp/try dist", "without signatures, to try something"}},
       "For rpms DIR gets packages, repodata/ and a .repo file; for debs pool/, dists/SUITE/ and a .sources file for each suite. "
       "What it had before stays. The key is looked up by gpg, and gpg-agent must have its passphrase: kmpack asks for none. "
       "Readers always find a whole repository."},
      {"key new",
       "make a key and a certificate for signing modules",
       "[NAME]",
       {{"kmpack key new", "write mok.key, mok.pem and mok.der"},
        {"kmpack key new vendor --output keys --common-name 'Example Driver Signing'", "names and place of one's own"},
        {"kmpack key new --passphrase", "ask for a passphrase on the terminal"}},
       "The key is RSA with 3072 bits; its file is readable by its owner only. Existing files are never overwritten. Machines "
       "that are to "
       "trust the key enroll the .der file: mokutil --import mok.der."},
      {"compat",
       "say whether modules load in kernels, and which symbol forbids it",
       "[FILE|DIR]...",
       {{"kmpack compat hello.ko --kernel 'debian-12/*amd64@*'", "one module, every kernel of Debian 12 known here"},
        {"kmpack compat dist/el9 --kernel 'el9/*' --stablelist kabi_stablelist_x86_64",
         "packages, and what their symbols are worth"},
        {"kmpack compat --kernel debian-12/amd64", "the modules that this workspace has built"},
        {"kmpack compat --json hello.ko --symvers Module.symvers", "a kernel of which nothing else is there"}},
       "Nothing is built and nothing loaded. A module loads, loads if a condition that is named holds, or does not load; then "
       "the "
       "first symbol, flag or size that decides is told. The exit status is 1 when a module does not load in a kernel."},
      {"cache stats",
       "say what the cache of results holds",
       "",
       {{"kmpack cache stats", "entries, size, when the oldest was last of use"},
        {"kmpack --cache-dir /srv/kmpack cache stats --json", "another cache, as JSON"}},
       ""},
      {"cache trim",
       "drop the results that were not used for longest",
       "",
       {{"kmpack cache trim", "down to the limit that builds keep to"},
        {"kmpack cache trim --limit 500M", "down to half a gigabyte"}},
       ""},
      {"cache verify",
       "read every result again and drop what is damaged",
       "",
       {{"kmpack cache verify", "compare everything with its digest"}},
       "A damaged result is never used: each is compared with its digest when it is taken. This finds all of them at once. The "
       "exit status is 5 when there was one."},
      {"doctor",
       "say what this machine lacks for which command",
       "",
       {{"kmpack doctor", "a table and one line that installs what is missing"}, {"kmpack doctor --json", "the same as JSON"}},
       "The exit status is 4 when `build` cannot work on this machine, else 0."},
      {"init",
       "write a kmpack.xml for a dkms.conf, a Kbuild or a Makefile",
       "[DIR]",
       {{"kmpack init", "read Kbuild or Makefile here"},
        {"kmpack init --flavor 'debian-12/*amd64' ../driver", "what the dkms.conf there means for these kernels"}},
       "An existing kmpack.xml is never overwritten. What a dkms.conf says may differ from kernel to kernel, so it is read for "
       "the "
       "kernels of --flavor, whose headers are fetched; what differs gets conditions. What could not be carried over is said, "
       "and "
       "stands in the file as a comment."},
  };
  return texts;
}

const CommandText& command_text(std::string_view path) {
  const auto texts = command_texts();
  const auto found = std::ranges::find(texts, path, &CommandText::path);
  KMPACK_ASSERT(found != texts.end());
  return *found;
}

std::string_view version() noexcept { return KMPACK_VERSION; }

}  // namespace kmpack
