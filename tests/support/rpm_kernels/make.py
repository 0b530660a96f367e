"""The order of things: fetch, recut, package, index, point the catalogues."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import base, specs, trees
from .kernels import KERNELS, REPOSITORIES, Kernel
from .repository import Failed, Key, index, rpmbuild

SOURCE = Path(__file__).resolve().parents[3]
TOOLS = ("rpmbuild", "rpmsign", "createrepo_c", "gpg", "busybox", "kmod")
KEY_NAME = "RPM-GPG-KEY-fixture"


class Unreachable(Exception):
    """The archive cannot be reached, or this machine lacks a tool."""


def fetch(cache: Path, flavor: str, series: str) -> Path:
    done = subprocess.run([SOURCE / "tests/support/fetch-headers", cache, flavor, series], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Unreachable(f"no headers of {flavor} {series}") if done.returncode == 75 else Failed(f"fetch-headers {flavor} {series} failed")
    return Path(done.stdout.strip())


def package(kernel: Kernel, cut: tuple[Path, Path], work: Path, repositories: Path) -> list:
    """Lays one kernel's files out and gives the rpmbuild calls that are left to do."""
    repository = repositories / kernel.repository
    repository.mkdir(parents=True, exist_ok=True)
    name = f"{kernel.repository}-{kernel.uname}"
    staging = work / "staging" / name
    trees.lay_out(kernel, *cut, staging / "devel")
    [symvers] = (staging / "devel/usr/src").rglob("Module.symvers")
    specs.kernel_files(kernel, symvers, staging / "devel")
    spec = work / f"{name}.spec"
    todo = []
    if kernel.family == "suse":
        source = work / f"{kernel.repository}-{kernel.base}-source.spec"
        tree = staging / f"devel/usr/src/linux-{kernel.base}"
        if not source.exists():
            only = staging / "source/usr/src"
            only.mkdir(parents=True)
            tree.rename(only / tree.name)
            (only / "linux").symlink_to(tree.name)
            trees.write(source, specs.suse_source_spec(kernel, staging / "source"))
            todo.append((source, work, repository, kernel.arch))
        else:
            shutil.rmtree(tree)
        short = staging / f"devel/usr/src/linux-obj/{kernel.arch}"
        short.mkdir(parents=True)
        (short / kernel.flavor).symlink_to(f"../../linux-{kernel.base}-obj/{kernel.arch}/{kernel.flavor}")
        text = specs.suse_spec(kernel, staging / "devel", symvers)
    else:
        text = specs.redhat_spec(kernel, staging / "devel", symvers)
    for ghost in specs.DEPMOD_FILES:
        (staging / "devel" / kernel.moddir[1:] / kernel.uname / f"modules.{ghost}").touch()
    trees.write(spec, text)
    return [(spec, work, repository, kernel.arch)] + todo


def point_catalogues(directory: Path) -> None:
    """Copies the shipped catalogues, with these repositories in the place of the real ones."""
    for distribution, names in REPOSITORIES.items():
        shipped = SOURCE / f"flavors/{distribution}.xml"
        if not shipped.exists():
            continue
        left = iter(names)

        def local(_: re.Match) -> str:
            name = next(left, None)
            return f'<repository url="file://{directory}/repositories/{name}/" key="{KEY_NAME}"/>' if name else ""

        text = re.sub(r"<repository [^>]*/>", local, shipped.read_text())
        if list(left):
            raise Failed(f"{shipped} names fewer repositories than the fixtures of {distribution} have")
        target = directory / f"flavors/{distribution}.xml"
        if not target.exists() or target.read_text() != text:
            trees.write(target, text)


def fingerprint(headers: dict) -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for key in sorted(headers):
        digest.update(f"{key} {headers[key].name}\n".encode())
    return digest.hexdigest() + "\n"


def make(directory: Path, headers: dict) -> None:
    """Whoever reads the repositories meanwhile sees the old ones until the new ones are whole."""
    work, made, repositories = directory / "work", directory / "repositories.new", directory / "repositories"
    for stale in (work, made):
        shutil.rmtree(stale, ignore_errors=True)
        stale.mkdir(parents=True)
    (directory / "flavors").mkdir(exist_ok=True)
    cuts = {}
    for kernel in KERNELS:
        key = (*kernel.debian, kernel.linux_arch)
        if key not in cuts:
            cuts[key] = trees.recut(headers[kernel.debian], work, kernel)
    calls = base.package(work, made)
    for kernel in KERNELS:
        calls += package(kernel, cuts[(*kernel.debian, kernel.linux_arch)], work, made)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done in [pool.submit(rpmbuild, *call) for call in calls]:
            done.result()
    key = Key(work / "sign.log")
    try:
        for repository in sorted(made.iterdir()):
            index(repository, key)
        shutil.rmtree(repositories, ignore_errors=True)
        made.rename(repositories)
        key.export(directory / "flavors" / KEY_NAME)
    finally:
        key.close()
    shutil.rmtree(work)


@dataclass(frozen=True)
class Fixture:
    """A directory of repositories: what is made once, and what is said of its place at each call."""

    name: str
    tools: tuple[str, ...]
    kernels: tuple | list
    fingerprint: Callable[[dict], str]
    make: Callable[[Path, dict], None]
    configure: Callable[[Path], None]


def run(fixture: Fixture, argv: list[str], usage: str) -> int:
    if len(argv) != 2:
        print(usage, file=sys.stderr)
        return 2
    directory = Path(argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    missing = [tool for tool in fixture.tools if shutil.which(tool) is None]
    if missing:
        print(f"{fixture.name}: missing here: {' '.join(missing)}", file=sys.stderr)
        return 75
    os.umask(0o022)
    cache = Path(os.environ.get("KMPACK_TEST_CACHE") or directory.parent / "test-cache")
    with open(directory / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            headers = {kernel.debian: fetch(cache, *kernel.debian) for kernel in fixture.kernels}
            stamp, wanted = directory / ".made", fixture.fingerprint(headers)
            if not stamp.exists() or stamp.read_text() != wanted:
                stamp.unlink(missing_ok=True)
                fixture.make(directory, headers)
                trees.write(stamp, wanted)
            fixture.configure(directory)
        except (Unreachable, Failed) as reason:
            print(f"{fixture.name}: {reason}", file=sys.stderr)
            return 75 if isinstance(reason, Unreachable) else 1
    print(directory)
    return 0


def main(argv: list[str], usage: str) -> int:
    return run(Fixture("rpm-kernels", TOOLS, KERNELS, fingerprint, make, point_catalogues), argv, usage)
