"""Just enough of a system around the kernels for real clients: a shell, depmod, and stand-ins that write down how they are called."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .trees import write


@dataclass(frozen=True)
class System:
    repository: str
    merged: bool  # /bin, /sbin and /lib are links into /usr
    search: str  # depmod's order of directories


SYSTEMS = [
    System("base-suse", False, "updates extra weak-updates kgraft built-in"),
    System("base-suse-merged", True, "updates extra weak-updates kgraft built-in"),
    System("base-redhat", True, "updates extra built-in weak-updates"),
]

SPEC = """Name: {name}
Version: {version}
Release: 1
Summary: Part of a small system that tests install kernels in
License: GPL-2.0-or-later
AutoReqProv: no
{tags}
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
%global _binary_payload w1.gzdio
%description
%{{summary}}.
%install
mkdir -p %{{buildroot}}
cp -a {staging}/. %{{buildroot}}/
%files
%defattr(-,root,root)
{files}
"""

# Stands in for the real one, which would link modules of one kernel into another.
WEAK_MODULES = """#!/bin/sh
{
  echo "weak-modules $*"
  case "$*" in *-modules*) sed 's/^/  /' ;; esac
} >>/var/log/weak-modules.calls
"""

# As the real ones: a kernel's own modules need depmod, whatever else happens. Source: suse-module-tools kernel-scriptlets/kmp-script.
KMP_SCRIPT = """#!/bin/sh
echo "${0##*/} $*" >>/var/log/kmp-scriptlets.calls
release='' flavor=''
while [ $# -gt 0 ]; do
  case $1 in
    --kernelrelease) release=$2; shift ;;
    --flavor) flavor=$2; shift ;;
  esac
  shift
done
case ${0##*/} in
  kmp-post | kmp-postun)
    for modules in /lib/modules /usr/lib/modules; do
      [ ! -d "$modules/$release-$flavor" ] || { /sbin/depmod -a "$release-$flavor"; break; }
    done ;;
esac
exit 0
"""


def spec(work: Path, system: str, name: str, staging: Path, tags: list[str], version: str = "1") -> Path:
    """Lists every file itself, so that a link to a directory stays one."""
    files = []
    for folder, folders, names in os.walk(staging):
        inside = "/" + os.path.relpath(folder, staging)
        files += [os.path.normpath(f"{inside}/{entry}") for entry in names if not os.path.islink(os.path.join(folder, entry))]
        for entry in folders + names:
            if os.path.islink(os.path.join(folder, entry)):
                files.append(os.path.normpath(f"{inside}/{entry}"))
            elif entry in folders:
                files.append("%dir " + os.path.normpath(f"{inside}/{entry}"))
    path = work / f"{system}-{name}.spec"
    write(path, SPEC.format(name=name, version=version, staging=staging, tags="\n".join(tags), files="\n".join(sorted(set(files)))))
    return path


def executable(path: Path, text: str) -> None:
    write(path, text)
    path.chmod(0o755)


def shell(root: Path, merged: bool) -> None:
    """busybox under every name it has, and the directories a system has."""
    for folder in ("etc", "run", "tmp", "var/log", "var/lib", "dev", "proc", "sys", "boot", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64"):
        (root / folder).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        if merged:
            (root / name).symlink_to(f"usr/{name}")
        else:
            (root / name).mkdir()
    busybox = shutil.which("busybox")
    shutil.copy(busybox, root / "bin/busybox")
    for applet in subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split():
        if applet in ("busybox", "rpm", "depmod", "modprobe", "modinfo", "lsmod", "insmod", "rmmod"):
            continue
        (root / "bin" / applet).symlink_to("busybox")
        if not merged:
            (root / "usr/bin" / applet).symlink_to("../../bin/busybox")
    write(root / "etc/passwd", "root:x:0:0:root:/:/bin/sh\n")
    write(root / "etc/group", "root:x:0:\n")


def kmod(root: Path, system: System) -> None:
    """This machine's kmod with the libraries it is linked to, where its loader looks for them."""
    program = Path(shutil.which("kmod")).resolve()
    usr = "usr/" if system.merged else ""
    (root / f"{usr}sbin").mkdir(parents=True)
    (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(program, root / "usr/bin/kmod")
    for name in ("depmod", "modprobe", "modinfo", "lsmod", "insmod", "rmmod"):
        (root / f"usr/sbin/{name}").symlink_to("../bin/kmod")
        if not system.merged:
            (root / f"sbin/{name}").symlink_to("../usr/bin/kmod")
    linked = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    for library in re.findall(r"(/\S+) \(0x", linked):
        place = root / (usr + re.sub(r"^/(usr/)?", "", library))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
    write(root / f"{usr}lib/depmod.d/dist.conf", f"search {system.search}\n")
    if system.repository == "base-redhat":
        executable(root / "usr/sbin/weak-modules", WEAK_MODULES)


def package(work: Path, repositories: Path) -> list:
    """Stages everything and gives the rpmbuild calls that are left to do."""
    calls = []

    def build(repository: str, name: str, staging: Path, tags: list[str], version: str = "1") -> None:
        (repositories / repository).mkdir(parents=True, exist_ok=True)
        calls.append((spec(work, repository, name, staging, tags, version), work, repositories / repository, "x86_64"))

    for system in SYSTEMS:
        staging = work / "staging" / system.repository
        shell(staging / "base", system.merged)
        names = "filesystem coreutils grep bash findutils gzip xz zstd sed gawk util-linux cpio".split()
        merged = ["/bin/sh", "/usr/bin/sh", "/bin/bash"] if system.merged else ["/bin/bash"]
        build(system.repository, "base", staging / "base", [f"Provides: {name}" for name in names + merged])
        kmod(staging / "kmod", system)
        tags = ["Requires: base", "Provides: kmod-compat", "Provides: modutils"]
        build(system.repository, "kmod", staging / "kmod", tags + (["Provides: /sbin/depmod", "Provides: /sbin/modprobe"] if system.merged else []))
        if system.repository.startswith("base-suse"):
            # The package that KMPs ask for, once without what they call and, in a repository of its own, with it.
            (staging / "none").mkdir()
            build(system.repository, "suse-kernel-rpm-scriptlets", staging / "none", ["Requires: base"])
    scripts = work / "staging/scriptlets/usr/lib/module-init-tools/kernel-scriptlets"
    for phase in ("pre", "post", "preun", "postun", "posttrans"):
        executable(scripts / f"kmp-{phase}", KMP_SCRIPT)
    build("scriptlets-suse", "suse-kernel-rpm-scriptlets", work / "staging/scriptlets", ["Requires: base kmod"], version="2")
    return calls
