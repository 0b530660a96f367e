"""Which kernels the fixtures have. Everything else follows from this table."""

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Kernel:
    repository: str
    family: str  # suse or redhat: how packages are cut and trees laid out
    flavor: str  # 'default' for the one without a suffix
    version: str
    release: str  # of the rpm
    arch: str = "x86_64"
    debian: tuple = ("amd64", "6.1")  # flavor and series of the headers it is made of
    compress: str = "ZSTD"
    payload: str = "w1.zstdio"
    moddir: str = "/lib/modules"
    symvers: str = "gz"
    modversions: bool = True
    weak_modules: bool = False  # its kernel package calls weak-modules
    changed: Optional[str] = None  # a symbol whose CRC differs from the kernel before

    @property
    def debian_arch(self) -> str:
        return "arm64" if self.arch == "aarch64" else "amd64"

    @property
    def linux_arch(self) -> str:
        return "arm64" if self.arch == "aarch64" else "x86"

    @property
    def base(self) -> str:
        """What uname -r and the source tree are named after. The last number of a SUSE release counts rebuilds and is not in it."""
        if self.family != "suse":
            return f"{self.version}-{self.release}"
        return f"{self.version}-{self.release.rsplit('.', 1)[0]}"

    @property
    def uname(self) -> str:
        if self.family == "suse":
            return f"{self.base}-{self.flavor}"
        return f"{self.base}.{self.arch}" + ("" if self.flavor == "default" else f"+{self.flavor}")


# A symbol that examples/hello needs and examples/pair does not: an update that changes it breaks the one and not the other.
CHANGED_SYMBOL = "param_ops_charp"


def suse(flavor: str, **more) -> Kernel:
    return Kernel(family="suse", flavor=flavor, **more)


def redhat(flavor: str = "default", **more) -> Kernel:
    return Kernel(family="redhat", flavor=flavor, **more)


LEAP156 = dict(repository="opensuse-leap-15.6", version="6.4.0", release="150600.23.14.2")
LEAP160 = dict(repository="opensuse-leap-16.0", version="6.12.0", release="160000.5.1", debian=("amd64", "6.12"), moddir="/usr/lib/modules")
EL8 = dict(repository="el8", version="4.18.0", release="553.22.1.el8_10", compress="XZ", payload="w0.xzdio", weak_modules=True)
EL9 = dict(repository="el9", version="5.14.0", release="503.11.1.el9_5", compress="XZ", weak_modules=True)
FEDORA42 = dict(repository="fedora-42", version="6.14.5", release="300.fc42", debian=("amd64", "6.12"), compress="XZ", symvers="xz",
                modversions=False)
ARM = dict(arch="aarch64", debian=("arm64", "6.1"))

KERNELS = [
    suse("default", **LEAP156),
    suse("debug", **LEAP156),
    suse("default", **{**LEAP156, "repository": "opensuse-leap-15.6-update", "release": "150600.23.17.1"}, changed=CHANGED_SYMBOL),
    suse("default", **LEAP160),
    suse("kvmsmall", **LEAP160),
    redhat(**EL8),
    redhat("debug", **EL8),
    redhat(**EL9),
    redhat("debug", **EL9),
    redhat("rt", **EL9, debian=("rt-amd64", "6.1")),
    redhat(**{**EL9, "release": "503.14.1.el9_5"}, changed=CHANGED_SYMBOL),
    redhat(**EL9, **ARM),
    redhat("64k", **EL9, **ARM),
    redhat(**FEDORA42),
]

# The repositories that a distribution's catalogue names, in the order of its lines.
REPOSITORIES = {
    "opensuse-leap-15.6": ["opensuse-leap-15.6", "opensuse-leap-15.6-update"],
    "opensuse-leap-16.0": ["opensuse-leap-16.0"],
    "el8": ["el8"],
    "el9": ["el9"],
    "fedora-42": ["fedora-42"],
}
