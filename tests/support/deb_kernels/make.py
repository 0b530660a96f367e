"""The order of things: fetch, recut, lay out, pack, index, write the configurations that point there."""

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rpm_kernels import trees
from rpm_kernels.make import Fixture, run
from rpm_kernels.repository import Key

from . import repository as apt
from .kernels import KERNELS, REPOSITORIES
from .layouts import LAYOUTS

TOOLS = ("dpkg-deb", "dpkg-scanpackages", "gpg")


def fingerprint(headers: dict) -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.glob("*.py")) + sorted((here.parent / "rpm_kernels").glob("*.py")):
        digest.update(path.read_bytes())
    for key in sorted(headers):
        digest.update(f"{key} {headers[key].name}\n".encode())
    return digest.hexdigest() + "\n"


def recut(debian: Path, work: Path, kernel) -> Path:
    trees.recut(debian, work, kernel)
    cut = work / f"{debian.name}-{kernel.linux_arch}"
    vmlinux = debian / f"usr/src/linux-headers-{debian.name}/vmlinux"
    if vmlinux.exists() and not (cut / "copy/vmlinux").exists():
        shutil.copy2(vmlinux, cut / "copy/vmlinux")
    return cut


def make(directory: Path, headers: dict) -> None:
    """Whoever reads the repositories meanwhile sees the old ones until the new ones are whole."""
    work, made = directory / "work", directory / "made.new"
    for stale in (work, made):
        shutil.rmtree(stale, ignore_errors=True)
        stale.mkdir(parents=True)
    calls = []
    for kernel in KERNELS:
        debian = headers[kernel.debian]
        staging = work / "staging" / f"{kernel.repository}-{kernel.uname}"
        packages = LAYOUTS[kernel.layout](kernel, debian, recut(debian, work, kernel), staging)
        calls += apt.jobs(kernel, packages, made, work / f"log-{kernel.repository}-{kernel.uname}")
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done in [pool.submit(apt.pack, *call) for call in calls]:
            done.result()
    key = Key(work / "sign.log")
    try:
        for repository in REPOSITORIES:
            apt.index(made / "repositories" / repository.name, repository, key)
        key.export(made / "key.asc")
    finally:
        key.close()
    for name in ("repositories", "packages", "key.asc"):
        if (directory / name).is_dir():
            shutil.rmtree(directory / name)
        (made / name).rename(directory / name)
    shutil.rmtree(made)
    shutil.rmtree(work)


def configure(directory: Path) -> None:
    """One /etc/apt for each repository and one for all of them."""
    texts = {repository.name: apt.sources(directory, repository) for repository in REPOSITORIES}
    texts["all"] = "\n".join(texts.values())
    for name, text in texts.items():
        etc = directory / "apt" / name
        for part in ("sources.list.d", "apt.conf.d", "trusted.gpg.d", "preferences.d"):
            (etc / part).mkdir(parents=True, exist_ok=True)
        for path, content in ((etc / "sources.list.d/fixture.sources", text), (directory / f"apt/{name}.conf", f'Dir::Etc "{etc}";\n')):
            if not path.exists() or path.read_text() != content:
                trees.write(path, content)


def main(argv: list[str], usage: str) -> int:
    return run(Fixture("deb-kernels", TOOLS, KERNELS, fingerprint, make, configure), argv, usage)
