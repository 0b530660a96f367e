"""Which repositories and kernels the fixtures have. Everything else follows from this table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Repository:
    name: str
    suite: str
    origin: str
    codename: str


@dataclass(frozen=True)
class Kernel:
    repository: str
    layout: str  # debian: three packages; ubuntu: a farm of links; whole: one package, as Proxmox and bindeb-pkg make it
    uname: str
    version: str  # of the packages
    headers: str = ""  # name of the headers package; linux-headers-UNAME when empty
    common: str = ""  # name of what it shares with other flavors
    kbuild: str = ""
    arch: str = "amd64"
    debian: tuple = ("amd64", "6.12")  # flavor and series of the headers it is made of
    compress: str = "ZSTD"
    hash: str = "sha512"  # of module signatures
    moddir: str = "lib/modules"
    meta: str = ""  # a package whose whole Depends is this kernel's headers
    meta_version: str = " (= {version})"  # Ubuntu's metas name no version
    missing: str = ""  # the package that no archive has: common
    kbuild_in: str = ""  # another repository that has the programs for this machine
    modversions: bool = True
    changed: None = None

    @property
    def package(self) -> str:
        return self.headers or f"linux-headers-{self.uname}"

    @property
    def linux_arch(self) -> str:
        return {"amd64": "x86", "arm64": "arm64"}[self.arch]

    @property
    def triplet(self) -> str:
        return {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[self.arch]


def debian(repository: str, uname: str, abi: str, version: str, **more) -> Kernel:
    more = {"common": f"linux-headers-{abi}-common", "kbuild": f"linux-kbuild-{abi}", "compress": "XZ", "hash": "sha256", **more}
    return Kernel(repository, "debian", uname, version, **more)


def ubuntu(repository: str, uname: str, common: str, version: str, **more) -> Kernel:
    return Kernel(repository, "ubuntu", uname, version, common=common, **{"meta_version": "", **more})


REPOSITORIES = [
    Repository("debian-12", "bookworm", "Debian", "bookworm"),
    Repository("debian-13", "trixie", "Debian", "trixie"),
    Repository("ubuntu-22.04", "jammy-updates", "Ubuntu", "jammy"),
    Repository("ubuntu-24.04", "noble-updates", "Ubuntu", "noble"),
    Repository("raspios-12", "bookworm", "Raspberry Pi Foundation", "bookworm"),
    # Of one's own: the archive has programs for its own machines only.
    Repository("raspios-12-kbuild", "here", "Example", "here"),
    Repository("proxmox-8", "bookworm", "Proxmox", "bookworm"),
]

# Debian 13's headers come with the BTF of their kernel, the others' do not.
WITH_BTF = "debian-13"
ARM = dict(arch="arm64", debian=("arm64", "6.1"))

KERNELS = [
    debian("debian-12", "6.12.117+unreleased-amd64", "6.12.117+unreleased", "6.12.117-1.1"),
    # One that an archive in the middle of an update offers.
    debian("debian-12", "6.1.0-99-amd64", "6.1.0-99", "6.1.999-1", kbuild="linux-kbuild-6.1", debian=("amd64", "6.1"), compress="NONE",
           missing="common"),
    debian("debian-13", "6.12.107+deb13-amd64", "6.12.107+deb13", "6.12.107-1", moddir="usr/lib/modules", meta="linux-headers-amd64"),
    # One release in two distributions.
    ubuntu("ubuntu-22.04", "6.8.0-57-generic", "linux-hwe-6.8-headers-6.8.0-57", "6.8.0-57.59~22.04.1", meta="linux-headers-generic-hwe-22.04"),
    ubuntu("ubuntu-24.04", "6.8.0-57-generic", "linux-headers-6.8.0-57", "6.8.0-57.59", meta="linux-headers-generic"),
    ubuntu("ubuntu-24.04", "6.8.0-1024-aws", "linux-aws-headers-6.8.0-1024", "6.8.0-1024.26", meta="linux-headers-aws-lts-24.04"),
    debian("raspios-12", "6.6.31+rpt-rpi-v8", "6.6.31+rpt", "1:6.6.31-1+rpt1", common="linux-headers-6.6.31+rpt-common-rpi", meta="linux-headers-rpi-v8",
           kbuild_in="raspios-12-kbuild", **ARM),
    Kernel("proxmox-8", "whole", "6.8.12-4-pve", "6.8.12-4", headers="proxmox-headers-6.8.12-4-pve", compress="NONE", meta="proxmox-headers-6.8",
           meta_version=""),
    # Of nobody's archive.
    Kernel("", "whole", "6.6.30-acme", "6.6.30-1", debian=("amd64", "6.1"), compress="NONE", hash="sha256"),
]
