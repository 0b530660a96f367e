"""dpkg-deb, dpkg-scanpackages and a Release file that a throw-away key signs."""

import hashlib
import lzma
import subprocess
from email.utils import formatdate
from pathlib import Path

from rpm_kernels.repository import Failed, Key, run
from rpm_kernels.trees import write

from .kernels import Kernel, Repository


def control(name: str, version: str, arch: str, depends: list[str], provides: str = "") -> str:
    fields = {"Package": name, "Version": version, "Architecture": arch, "Maintainer": "Kernel fixtures <modules@example.org>",
              "Section": "kernel", "Priority": "optional", "Depends": ", ".join(depends), "Provides": provides,
              "Description": "Part of a kernel that tests build modules for"}
    return "".join(f"{field}: {value}\n" for field, value in fields.items() if value)


def pack(root: Path, text: str, pool: Path, form: str, log: Path) -> None:
    """Makes the deb of what lies below root. Several may run at once."""
    pool.mkdir(parents=True, exist_ok=True)
    write(root / "DEBIAN/control", text)
    # Weak compression: what counts is that it is of the distribution's kind.
    run("dpkg-deb", "--root-owner-group", f"-Z{form}", "-z1" if form == "zstd" else "-z0", "--build", root, pool, log=log)


def depends_of(kernel: Kernel) -> list[str]:
    if kernel.layout == "debian":
        return [f"{kernel.common} (= {kernel.version})", f"{kernel.kbuild} (>= {kernel.version})", "gcc-12"]
    return ([kernel.common] if kernel.common else []) + ["libc6 (>= 2.34)"]


def jobs(kernel: Kernel, packages: dict[str, Path], made: Path, log: Path) -> list:
    """The pack() calls that are left to do for one kernel."""
    def pool_of(repository: str) -> Path:
        return made / "repositories" / repository / "pool" if repository else made / "packages"

    pool = pool_of(kernel.repository)
    form = "zstd" if kernel.layout == "ubuntu" else "xz"
    todo = []
    for name, root in packages.items():
        arch = "all" if name == kernel.common else "amd64" if name == kernel.kbuild else kernel.arch
        depends = depends_of(kernel) if name == kernel.package else []
        provides = "linux-headers" if kernel.layout == "ubuntu" and name == kernel.package else ""
        todo.append((root, control(name, kernel.version, arch, depends, provides),
                     pool_of(kernel.kbuild_in) if kernel.kbuild_in and name == kernel.kbuild else pool, form, log.with_name(f"{log.name}-{name}")))
    if kernel.meta:
        root = next(iter(packages.values())).parent / "meta"
        depends = [kernel.package + kernel.meta_version.format(version=kernel.version)]
        todo.append((root, control(kernel.meta, kernel.version, kernel.arch, depends), pool, "xz", log.with_name(f"{log.name}-meta")))
    return todo


def index(directory: Path, repository: Repository, key: Key) -> None:
    dist = directory / "dists" / repository.suite
    sums = []
    for arch in ("amd64", "arm64"):
        done = subprocess.run(["dpkg-scanpackages", "--multiversion", "--arch", arch, "pool"], cwd=directory, check=False, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise Failed(f"dpkg-scanpackages ended with {done.returncode}: {done.stderr}")
        for name, data in (("Packages", done.stdout.encode()), ("Packages.xz", lzma.compress(done.stdout.encode(), preset=1))):
            path = dist / f"main/binary-{arch}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            sums.append(f" {hashlib.sha256(data).hexdigest()} {len(data)} {path.relative_to(dist)}\n")
    write(dist / "Release", f"Origin: {repository.origin}\nLabel: {repository.origin}\nSuite: {repository.suite}\nCodename: {repository.codename}\n"
          f"Date: {formatdate(usegmt=True).replace('GMT', 'UTC')}\nArchitectures: amd64 arm64\nComponents: main\nSHA256:\n" + "".join(sums))
    key.gpg("--output", dist / "InRelease", "--clearsign", dist / "Release")


def sources(directory: Path, repository: Repository) -> str:
    return (f"Types: deb\nURIs: file://{directory}/repositories/{repository.name}\nSuites: {repository.suite}\nComponents: main\n"
            f"Signed-By: {directory}/key.asc\n")
