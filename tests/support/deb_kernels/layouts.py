"""Puts a kernel's trees below staging directories, one for each package, where its distribution has them."""

import os
import re
from pathlib import Path

from rpm_kernels import trees

from .kernels import WITH_BTF, Kernel


def set_text(tree: Path, name: str, text: str) -> None:
    """A text in the three files that say it. auto.conf has no quotes, and commands of kbuild use it so."""
    trees.set_option(tree, name, f'"{text}"')
    auto = tree / "include/config/auto.conf"
    trees.write(auto, auto.read_text().replace(f'CONFIG_{name}="{text}"\n', f"CONFIG_{name}={text}\n"))


def adapt(tree: Path, kernel: Kernel) -> None:
    """Makes a tree that of this kernel: release, compression, signature hash."""
    trees.rename(tree, kernel)
    for name in ("SHA1", "SHA224", "SHA256", "SHA384", "SHA512"):
        trees.set_option(tree, f"MODULE_SIG_{name}", "y" if name.lower() == kernel.hash else "n")
    set_text(tree, "MODULE_SIG_HASH", kernel.hash)
    set_text(tree, "BUILD_SALT", kernel.uname)


def build_link(kernel: Kernel, root: Path, tree: str) -> None:
    modules = root / kernel.moddir / kernel.uname
    modules.mkdir(parents=True)
    # Debian 13 has relative links, everybody else absolute ones.
    target = f"../../../src/{tree}" if kernel.moddir.startswith("usr/") else f"/usr/src/{tree}"
    (modules / "build").symlink_to(target)


def lay_out_debian(kernel: Kernel, debian: Path, cut: Path, staging: Path) -> dict[str, Path]:
    """Source: measured in Debian 12's and 13's packages."""
    copy = cut / "copy"
    packages = {kernel.package: staging / "headers"}
    tree = staging / "headers/usr/src" / kernel.package
    trees.link_tree(copy / "flavor", tree)
    trees.write(tree / "Makefile", f"include /usr/src/{kernel.common}/Makefile\n")
    variables = (debian / f"usr/src/linux-headers-{debian.name}/.kernelvariables").read_text()
    trees.write(tree / ".kernelvariables", variables.replace(debian.name, kernel.uname))
    if kernel.repository == WITH_BTF:
        os.link(copy / "vmlinux", tree / "vmlinux")
    common = staging / "common/usr/src" / kernel.common
    if kernel.missing != "common":
        trees.link_tree(copy / "common", common)
        packages[kernel.common] = staging / "common"
    trees.link_tree(copy / "kbuild", staging / "kbuild/usr/lib" / kernel.kbuild)
    packages[kernel.kbuild] = staging / "kbuild"
    for part in [tree] + ([common] if common.exists() else []):
        for name in ("scripts", "tools"):
            (part / name).symlink_to(f"../../lib/{kernel.kbuild}/{name}")
    build_link(kernel, staging / "headers", kernel.package)
    if kernel.moddir.startswith("usr/"):
        (staging / "headers" / kernel.moddir / kernel.uname / "source").symlink_to(f"../../../src/{kernel.common}")
    adapt(tree, kernel)
    return packages


def farm(own: Path, shared: Path) -> None:
    """Links what `own` does not have itself, file by file where it has the directory."""
    for entry in sorted(shared.iterdir()):
        mine = own / entry.name
        if not os.path.lexists(mine):
            mine.symlink_to(os.path.relpath(entry, own))
        elif entry.is_dir() and not entry.is_symlink() and not mine.is_symlink():
            farm(mine, entry)


def lay_out_ubuntu(kernel: Kernel, _debian: Path, cut: Path, staging: Path) -> dict[str, Path]:
    """Source: Ubuntu's debian/rules.d/2-binary-arch.mk: the flavor has .config, what was made, programs of its own architecture, a Makefile
    with its compiler in it, and links into the package that all flavors share."""
    sources = staging / "all/usr/src"
    trees.link_tree(cut / "source", sources / kernel.common)
    tree = sources / kernel.package
    trees.link_tree(cut / "objects", tree)
    compiler = f"{kernel.triplet}-gcc-12"
    makefile = (cut / "source/Makefile").read_text()
    makefile, hosts = re.subn(r"^(HOSTCC\t= )gcc$", rf"\1{compiler}", makefile, flags=re.M)
    makefile, targets = re.subn(r"^(CC\t\t= \$\(CROSS_COMPILE\))gcc$", rf"\1{compiler}", makefile, flags=re.M)
    if hosts == 0 or targets == 0:
        raise RuntimeError("the Makefile names no compiler where Ubuntu replaces it")
    trees.write(tree / "Makefile", makefile)
    adapt(tree, kernel)
    set_text(tree, "CC_VERSION_TEXT", f"{compiler} (Ubuntu 12.3.0-1ubuntu1~22.04) 12.3.0")
    release = tree / "include/generated/utsrelease.h"
    trees.write(release, release.read_text() + f"#define UTS_UBUNTU_RELEASE_ABI {kernel.uname.split('-')[1]}\n")
    farm(tree, sources / kernel.common)
    headers = staging / "headers"
    (headers / "usr/src").mkdir(parents=True)
    tree.rename(headers / "usr/src" / kernel.package)
    build_link(kernel, headers, kernel.package)
    return {kernel.package: headers, kernel.common: staging / "all"}


def lay_out_whole(kernel: Kernel, _debian: Path, cut: Path, staging: Path) -> dict[str, Path]:
    """Source: linux scripts/package/builddeb, install-extmod-build; Proxmox's packages have the same tree."""
    headers = staging / "headers"
    name = f"linux-headers-{kernel.uname}"
    tree = headers / "usr/src" / name
    trees.link_tree(cut / "objects", tree)
    trees.link_tree(cut / "source", tree)
    adapt(tree, kernel)
    build_link(kernel, headers, name)
    return {kernel.package: headers}


LAYOUTS = {"debian": lay_out_debian, "ubuntu": lay_out_ubuntu, "whole": lay_out_whole}
