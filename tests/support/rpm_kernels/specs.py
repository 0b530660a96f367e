"""Spec files of the kernel packages: what real ones carry that a client, a resolver or depmod asks for.

Source: openSUSE kernel-source rpm/kernel-binary.spec.in and kernel-source.spec.in; Red Hat kernel.spec (kernel_devel_package,
kernel_modules_package, kernel_reqprovconf); Fedora's template of the same.
"""

import gzip
import lzma
from pathlib import Path

from .kernels import Kernel
from .trees import symbols, system_map, write

# depmod writes these; they belong to the kernel package, which takes them away with it.
DEPMOD_FILES = ("dep alias symbols softdep devname builtin.bin builtin.alias.bin dep.bin alias.bin symbols.bin").split()
MODULES_FILES = ["modules.builtin", "modules.builtin.modinfo", "modules.order"]

HEAD = """Name: {name}
Version: {version}
Release: {release}
Summary: {summary}
License: GPL-2.0-only
AutoReqProv: no
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
%global _binary_payload {payload}
%global _smp_mflags %{{nil}}
"""


def head(kernel: Kernel, name: str, summary: str) -> str:
    return HEAD.format(name=name, version=kernel.version, release=kernel.release, summary=summary, payload=kernel.payload)


def body(staging: Path) -> str:
    """What ends a spec: the files are there already, and thousands of them."""
    return f"%description\n%{{summary}}.\n\n%install\nrmdir %{{buildroot}}\nmv {staging} %{{buildroot}}\n"


def section(name: str, summary: str, lines: list[str]) -> str:
    return f"\n%package -n {name}\nSummary: {summary}\nAutoReqProv: no\n" + "\n".join(lines) + f"\n%description -n {name}\n%{{summary}}.\n"


def kernel_files(kernel: Kernel, symvers: Path, root: Path) -> None:
    """The part of a kernel package that depmod and weak-modules read, beside an image that boots nothing."""
    modules = root / kernel.moddir[1:] / kernel.uname
    modules.mkdir(parents=True, exist_ok=True)
    write(modules / "modules.builtin", "kernel/fs/ext4/ext4.ko\n")
    write(modules / "modules.builtin.modinfo", "ext4.license=GPL\0")
    write(modules / "modules.order", "")
    legacy = kernel.family == "suse" and not kernel.moddir.startswith("/usr")
    place = (lambda name: root / "boot" / f"{name[0]}-{kernel.uname}{name[1]}") if legacy else (lambda name: modules / "".join(name))
    write(place(("System.map", "")), system_map(symvers))
    write(place(("vmlinuz", "")), "not an image\n")
    write(place(("config", "")), f'CONFIG_BUILD_SALT="{kernel.uname}"\n')
    packed = symvers.read_bytes()
    packed = gzip.compress(packed, 1, mtime=0) if kernel.symvers == "gz" else lzma.compress(packed, check=lzma.CHECK_CRC32, preset=0)
    place(("symvers", f".{kernel.symvers}")).write_bytes(packed)


def ghosts(kernel: Kernel) -> list[str]:
    return [f"%ghost {kernel.moddir}/{kernel.uname}/modules.{name}" for name in DEPMOD_FILES]


def suse_source_spec(kernel: Kernel, staging: Path) -> str:
    tree = f"/usr/src/linux-{kernel.base}"
    return (head(kernel, "kernel-devel", "Development files needed for building kernel modules") + "BuildArch: noarch\n"
            "Provides: multiversion(kernel)\nProvides: kernel-devel = %{version}-%{release}\n" + body(staging) +
            f"\n%post\nln -sfn linux-{kernel.base} /usr/src/linux\n\n%files\n%defattr(-,root,root)\n%ghost /usr/src/linux\n{tree}\n")


def suse_spec(kernel: Kernel, staging: Path, symvers: Path) -> str:
    flavor, modules = kernel.flavor, f"{kernel.moddir}/{kernel.uname}"
    short = f"/usr/src/linux-obj/{kernel.arch}/{flavor}"
    tree = f"/usr/src/linux-{kernel.base}-obj"
    # Without `kernel-uname-r = 6.4.0-150600.23.14-default`: two dashes are what rpmbuild 4.18 refuses and SUSE's own takes.
    provides = ["multiversion(kernel)", f"kernel-{flavor} = %{{version}}-%{{release}}", "kernel-base = %{version}-%{release}"]
    provides += [f"ksym({flavor}:{symbol}) = {crc:x}" for crc, symbol, _ in symbols(symvers)]
    devel = ["Provides: multiversion(kernel)", "Requires: kernel-devel = %{version}-%{release}"]
    named = [f"/boot/{name}-{kernel.uname}{end}" for name, end in
             (("System.map", ""), ("vmlinuz", ""), ("config", ""), ("symvers", f".{kernel.symvers}"))]
    files = [f"%dir {modules}"] + [f"{modules}/{name}" for name in MODULES_FILES]
    if kernel.moddir.startswith("/usr"):
        files += [f"{modules}/{name}" for name in ("System.map", "vmlinuz", "config", f"symvers.{kernel.symvers}")]
    else:
        files += named
    return (head(kernel, f"kernel-{flavor}", "The Linux kernel") + "".join(f"Provides: {line}\n" for line in provides) +
            "Requires(post): /sbin/depmod\n" + section(f"kernel-{flavor}-devel", "Development files for the kernel", devel) + body(staging) +
            f"\n%post\n/sbin/depmod -a {kernel.uname}\n\n%post -n kernel-{flavor}-devel\n"
            f"mkdir -p {Path(short).parent}\nln -sfn ../../linux-{kernel.base}-obj/{kernel.arch}/{flavor} {short}\n"
            "\n%files\n%defattr(-,root,root)\n" + "\n".join(files + ghosts(kernel)) +
            f"\n\n%files -n kernel-{flavor}-devel\n%defattr(-,root,root)\n%ghost {short}\n{tree}\n{modules}/build\n{modules}/source\n")


def redhat_spec(kernel: Kernel, staging: Path, symvers: Path) -> str:
    variant = "" if kernel.flavor == "default" else f"-{kernel.flavor}"
    # In names and directories the suffix keeps its dashes, in Provides it has underscores.
    suffix = variant.replace("-", "+", 1)
    known = f"%{{version}}-%{{release}}.{kernel.arch}" + suffix.replace("-", "_")
    name, modules, tree = f"kernel{variant}", f"{kernel.moddir}/{kernel.uname}", f"/usr/src/kernels/{kernel.uname}"
    crcs = symbols(symvers) if kernel.modversions else []
    lines = {owner: [f"Provides: kernel({symbol}) = 0x{crc:08x}" for crc, symbol, of in crcs if (of == "vmlinux") == (owner == "core")]
             for owner in ("core", "modules")}
    core = [f"Provides: {what}" for what in
            ("installonlypkg(kernel)", f"kernel-uname-r = {known}", f"kernel-core-uname-r = {known}", f"{name}-core-uname-r = {known}",
             f"kernel-{kernel.arch} = %{{version}}-%{{release}}{suffix}")] + lines["core"]
    core += [f"Requires: kernel-modules-uname-r = {known}", "Requires(posttrans): /usr/sbin/depmod"]
    part = [f"Provides: {what}" for what in
            ("installonlypkg(kernel-module)", f"kernel-modules-uname-r = {known}", f"kernel-modules-core-uname-r = {known}",
             f"kernel-modules = %{{version}}-%{{release}}{suffix}")] + lines["modules"] + [f"Requires: kernel-uname-r = {known}"]
    devel = [f"Provides: {what}" for what in
             ("installonlypkg(kernel)", f"kernel-devel-uname-r = {known}", f"kernel-devel-{kernel.arch} = %{{version}}-%{{release}}{suffix}",
              f"{name}-devel-{kernel.arch} = %{{version}}-%{{release}}")]
    weak = {verb: f"/usr/sbin/weak-modules --{verb}-kernel {kernel.uname}" if kernel.weak_modules else ":" for verb in ("add", "remove")}
    files = [f"%dir {modules}"] + [f"{modules}/{name}" for name in
                                   MODULES_FILES + ["System.map", "vmlinuz", "config", f"symvers.{kernel.symvers}", "build", "source"]]
    return (head(kernel, name, "The Linux kernel") + f"Requires: {name}-core = %{{version}}-%{{release}}\nProvides: installonlypkg(kernel)\n" +
            section(f"{name}-core", "The Linux kernel", core) + section(f"{name}-modules", "Kernel modules to match the core kernel", part) +
            section(f"{name}-devel", "Development package for building kernel modules", devel) + body(staging) +
            f"\n%posttrans -n {name}-core\n/usr/sbin/depmod -a {kernel.uname}\n{weak['add']}\n"
            f"\n%preun -n {name}-core\n{weak['remove']}\n"
            "\n%files\n\n%files -n " + f"{name}-modules\n\n%files -n {name}-core\n%defattr(-,root,root)\n" + "\n".join(files + ghosts(kernel)) +
            f"\n\n%files -n {name}-devel\n%defattr(-,root,root)\n%dir /usr/src/kernels\n{tree}\n")
