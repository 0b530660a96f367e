"""The order of things: fetch, recut, lay out, pack, index, write the configurations that point there."""

import fcntl
import hashlib
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rpm_kernels import trees
from rpm_kernels.make import Unreachable, fetch
from rpm_kernels.repository import Failed, Key

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
    if len(argv) != 2:
        print(usage, file=sys.stderr)
        return 2
    directory = Path(argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        print(f"deb-kernels: missing here: {' '.join(missing)}", file=sys.stderr)
        return 75
    os.umask(0o022)
    cache = Path(os.environ.get("KMPACK_TEST_CACHE") or directory.parent / "test-cache")
    with open(directory / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            headers = {kernel.debian: fetch(cache, *kernel.debian) for kernel in KERNELS}
            stamp, wanted = directory / ".made", fingerprint(headers)
            if not stamp.exists() or stamp.read_text() != wanted:
                stamp.unlink(missing_ok=True)
                make(directory, headers)
                trees.write(stamp, wanted)
            configure(directory)
        except Unreachable as reason:
            print(f"deb-kernels: {reason}", file=sys.stderr)
            return 75
        except Failed as reason:
            print(f"deb-kernels: {reason}", file=sys.stderr)
            return 1
    print(directory)
    return 0
