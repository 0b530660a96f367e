"""Header trees: Debian's three parts (common, flavor, kbuild programs) cut anew, and renamed to another release."""

import os
import re
import shutil
from pathlib import Path

from .kernels import Kernel

# Those of Debian's packages that lay headers out differently; an rpm distribution has none of them.
DEBIAN_ONLY = {".kernelvariables", "vmlinux"}


def write(path: Path, text: str) -> None:
    """Replaces a file that may be a hard link into another tree."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


def link_tree(source: Path, target: Path, wanted=lambda path: True) -> None:
    """A copy of a tree whose files are hard links; what is there already stays. Relative links inside the tree stay links."""
    for folder, folders, files in os.walk(source):
        inside = Path(folder).relative_to(source)
        (target / inside).mkdir(parents=True, exist_ok=True)
        for name in files + [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            path = Path(folder) / name
            place = target / inside / name
            if wanted(path) and not os.path.lexists(place):
                if path.is_symlink():
                    place.symlink_to(os.readlink(path))
                else:
                    os.link(path, place)


def is_program(path: Path) -> bool:
    with open(path, "rb") as opened:
        return opened.read(4) == b"\x7fELF"


def recut(debian: Path, work: Path, kernel: Kernel) -> tuple[Path, Path]:
    """Cuts Debian's parts into what does not depend on a configuration, and what a kernel's build made. Done once per release."""
    work = work / f"{debian.name}-{kernel.linux_arch}"
    source, objects = work / "source", work / "objects"
    if source.exists():
        return source, objects
    sources = debian / "usr/src"
    flavor = sources / f"linux-headers-{debian.name}"
    [common] = [path for path in sources.iterdir() if path.name.startswith("linux-headers-") and path != flavor]
    [kbuild] = (debian / "usr/lib").glob("linux-kbuild-*")
    copy = work / "copy"
    # One copy, so that nobody's hard link reaches into the cache.
    shutil.copytree(common, copy / "common", symlinks=True, ignore=shutil.ignore_patterns("scripts", "tools"))
    shutil.copytree(kbuild, copy / "kbuild", symlinks=True)
    # include/config holds ten thousand empty files that only a rebuild of the kernel asks for.
    shutil.copytree(flavor, copy / "flavor", symlinks=True,
                    ignore=lambda folder, names: [name for name in names if name in DEBIAN_ONLY or os.path.islink(os.path.join(folder, name))
                                                  or (folder.endswith("include/config") and "." not in name)])
    foreign = {path.name for path in (copy / "common/arch").iterdir() if path.is_dir()} - {kernel.linux_arch}
    for name in foreign:
        shutil.rmtree(copy / "common/arch" / name)
    link_tree(copy / "common", source)
    link_tree(copy / "kbuild", source, lambda path: path.is_symlink() or not is_program(path))
    link_tree(copy / "kbuild", objects, lambda path: not path.is_symlink() and is_program(path))
    link_tree(copy / "flavor", objects)
    (objects / "Makefile").unlink(missing_ok=True)
    for folder, _, _ in os.walk(objects, topdown=False):
        if not os.listdir(folder):
            os.rmdir(folder)
    return source, objects


def set_option(tree: Path, name: str, value: str) -> None:
    """Sets CONFIG_name to y, n or a quoted text in the three files that say it."""
    config, auto, header = tree / ".config", tree / "include/config/auto.conf", tree / "include/generated/autoconf.h"
    option = f"CONFIG_{name}"
    lines = {config: f"# {option} is not set\n" if value == "n" else f"{option}={value}\n",
             auto: "" if value == "n" else f"{option}={value}\n",
             header: "" if value == "n" else f"#define {option} {'1' if value == 'y' else value}\n"}
    for path, line in lines.items():
        text = re.sub(rf"^(# {option} is not set|{option}=.*|#define {option} .*)\n", "", path.read_text(), flags=re.M)
        write(path, text + line)


def rename(objects: Path, kernel: Kernel) -> None:
    """Makes objects those of a kernel's release. objects may hold hard links."""
    write(objects / "include/config/kernel.release", kernel.uname + "\n")
    write(objects / "include/generated/utsrelease.h", f'#define UTS_RELEASE "{kernel.uname}"\n')
    set_option(objects, "BUILD_SALT", f'"{kernel.uname}"')
    for method in ("NONE", "GZIP", "XZ", "ZSTD"):
        set_option(objects, f"MODULE_COMPRESS_{method}", "y" if method == kernel.compress else "n")
    if not kernel.modversions:
        set_option(objects, "MODVERSIONS", "n")
        set_option(objects, "ASM_MODVERSIONS", "n")
    (objects / "include/generated/rustc_cfg").unlink(missing_ok=True)
    symvers = objects / "Module.symvers"
    lines = []
    for line in symvers.read_text().splitlines():
        crc, symbol, rest = line.split("\t", 2)
        if not kernel.modversions:
            crc = "0x00000000"
        elif symbol == kernel.changed:
            crc = f"0x{int(crc, 16) ^ 0x5A5A5A5A:08x}"
        lines.append(f"{crc}\t{symbol}\t{rest}\n")
    write(symvers, "".join(lines))


def lay_out(kernel: Kernel, source: Path, objects: Path, root: Path) -> None:
    """Puts a kernel's trees below root, where its distribution has them.

    Source: openSUSE kernel-source rpm/kernel-binary.spec.in (obj tree, relative Makefile); Red Hat kernel.spec BuildKernel (one tree).
    """
    if kernel.family == "suse":
        tree = root / f"usr/src/linux-{kernel.base}"
        if not tree.exists():
            link_tree(source, tree)
        target = root / f"usr/src/linux-{kernel.base}-obj/{kernel.arch}/{kernel.flavor}"
        link_tree(objects, target)
        write(target / "Makefile", f"include ../../../linux-{kernel.base}/Makefile\n")
        modules = root / kernel.moddir[1:] / kernel.uname
        modules.mkdir(parents=True)
        (modules / "build").symlink_to(f"/usr/src/linux-{kernel.base}-obj/{kernel.arch}/{kernel.flavor}")
        (modules / "source").symlink_to(f"/usr/src/linux-{kernel.base}")
    else:
        target = root / f"usr/src/kernels/{kernel.uname}"
        link_tree(objects, target)
        link_tree(source, target)
        write(target / "System.map", system_map(target / "Module.symvers"))
        modules = root / kernel.moddir[1:] / kernel.uname
        modules.mkdir(parents=True)
        (modules / "build").symlink_to(f"/usr/src/kernels/{kernel.uname}")
        (modules / "source").symlink_to("build")
    rename(target, kernel)


def symbols(symvers: Path) -> list[tuple[int, str, str]]:
    """CRC, name and owner (vmlinux or a module) of each exported symbol."""
    rows = [line.split("\t") for line in symvers.read_text().splitlines()]
    return [(int(row[0], 16), row[1], row[2]) for row in rows]


def system_map(symvers: Path) -> str:
    """What depmod -F reads: it looks for __ksymtab_ names. Source: kmod tools/depmod.c, depmod_load_system_map."""
    lines = []
    for index, (_, symbol, owner) in enumerate(symbols(symvers)):
        if owner == "vmlinux":
            lines.append(f"{0xFFFFFFFF81000000 + index * 16:016x} T {symbol}\n")
            lines.append(f"{0xFFFFFFFF82000000 + index * 16:016x} r __ksymtab_{symbol}\n")
    return "".join(lines)
