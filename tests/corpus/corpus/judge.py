"""The judges: the real dkms, and binutils for comparing modules."""
import gzip
import lzma
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .table import HERE, first_words, flavor, plain, series

# 10: make failed; 7: make ended well without the modules, as MAKE="make …; find …" does when make fails.
VERDICTS = {0: "built", 77: "excluded", 10: "fails", 7: "fails"}


class Unavailable(Exception):
    """The archive has something else than the table is about."""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False, **options)


def fetch(cache, names):
    done = run(HERE / "fetch", cache, *names)
    if done.returncode == 75:
        raise Unavailable(done.stderr.strip())
    done.check_returncode()
    return {line.split("\t")[0]: Path(line.split("\t")[1]) for line in done.stdout.splitlines()}


def check_versions(cells, places):
    for cell in cells:
        source = next((places[cell.driver] / "usr/src").iterdir()).name
        if not source.endswith(f"-{cell.version}"):
            raise Unavailable(f"expected.tsv is about {cell.driver} {cell.version}, the archive has {source} now")


def newest_headers(cache, release):
    """Where the newest headers of the flavor and series of a kernel are unpacked."""
    done = run(HERE.parent / "support/fetch-headers", cache, flavor(release), series(release))
    if done.returncode == 75:
        raise Unavailable(done.stderr.strip())
    done.check_returncode()
    return Path(done.stdout.strip())


def release_of(headers_root):
    return next((headers_root / "lib/modules").iterdir()).name


def headers(cache, release):
    """The same, where they are of that kernel: the table's may have gone from the archive."""
    root = newest_headers(cache, release)
    newest = release_of(root)
    if newest != release:
        raise Unavailable(f"expected.tsv is about {release}, the archive has {newest} now: run with --measure to see what dkms makes of that")
    return root


@dataclass
class AsDkms:
    verdict: str
    names: list
    modules: dict  # plain name: file
    error: str
    log: str


def as_dkms(cache, driver, root, release, dkms):
    """Asked once of a driver's version, dkms's and a kernel; it always says the same."""
    source = next((root / "usr/src").iterdir())
    out = cache / "as-dkms" / source.name / release
    if not (out / "done").exists():
        done = run(HERE / "as-dkms", dkms, headers(cache, release), root, out)
        if done.returncode == 75:
            raise Unavailable(done.stderr.strip())
        if done.returncode != 0:
            raise SystemExit(f"corpus: as-dkms of {driver} for {release}: {done.stderr.strip()}")
        (out / "done").touch()
    status = int((out / "status").read_text(encoding="utf-8"))
    modules = {plain(file.name.split(".ko")[0]): file for file in sorted((out / "modules").iterdir())}
    return AsDkms(VERDICTS.get(status, f"status {status}"), sorted(modules), modules,
                  (out / "error").read_text(encoding="utf-8").strip(), (out / "log").read_text(encoding="utf-8", errors="replace"))


def opened(file):
    if file.suffix == ".xz":
        return lzma.decompress(file.read_bytes())
    if file.suffix == ".gz":
        return gzip.decompress(file.read_bytes())
    if file.suffix == ".zst":
        return subprocess.run(["zstd", "-qdc", str(file)], capture_output=True, check=True).stdout
    return file.read_bytes()


def bare(file):
    """A module without what differs by right: compression, signature (binutils drop what follows the ELF), debug
    information and the digest of all that."""
    with tempfile.TemporaryDirectory() as place:
        module = Path(place) / "module.ko"
        module.write_bytes(opened(file))
        subprocess.run(["objcopy", "--strip-debug", "--remove-section=.note.gnu.build-id", str(module)], check=True)
        return module.read_bytes()


def sections(module):
    """{name: bytes as objdump prints them}."""
    dump = run("objdump", "-s", module).stdout.split("Contents of section ")[1:]
    return {text.split(":", 1)[0]: text.split(":", 1)[1] for text in dump}


def difference(ours, theirs):
    """Where two modules differ, in few words; empty when they do not."""
    if bare(ours) == bare(theirs):
        return ""
    with tempfile.TemporaryDirectory() as place:
        texts, parts = [], []
        for number, file in enumerate((ours, theirs)):
            module = Path(place) / f"{number}.ko"
            module.write_bytes(bare(file))
            texts.append(set(run("strings", "-a", module).stdout.splitlines()))
            parts.append(sections(module))
        names = sorted(name for name in parts[0].keys() | parts[1].keys() if parts[0].get(name) != parts[1].get(name))
        return f"other bytes in {' '.join(names) or 'headers'}: {' | '.join(sorted(texts[0] ^ texts[1])[:4])}"


def unpacked(package, place):
    """The modules of a finished package."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if package.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(package), str(place)], check=True)
    else:
        with subprocess.Popen(["rpm2cpio", str(package)], stdout=subprocess.PIPE) as cpio:
            subprocess.run(["cpio", "-idm", "--quiet", "--no-absolute-filenames"], stdin=cpio.stdout, cwd=place, check=True)
    return {plain(file.name.split(".ko")[0]): file for file in sorted(place.rglob("*.ko*")) if file.is_file()}


def compare_failure(cell, made, real):
    """A parallel make may meet another of the errors first, so it must be one of those the table or dkms's log names."""
    failure = made.get("failure")
    if not failure:
        return ["no failure class"]
    faults = [] if failure["class"] == cell.kind else [f"class {failure['class']}, not {cell.kind}"]
    known = first_words(cell.error + "\n" + (real.log if real else ""))
    place = f"{failure['file']}:{failure['line']}"
    if place not in known or first_words(failure["message"])[:60] not in known:
        faults.append(f"first error {place}: {failure['message']}")
    return faults


def compare(cell, made, real):
    """Everything that needs no package."""
    status = {"built": "built", "cached": "built", "excluded": "excluded", "failed": "fails"}.get(made["status"], made["status"])
    faults = []
    if real and (real.verdict != cell.verdict or len(real.names) != cell.modules or real.verdict == "built" and real.names != cell.names):
        faults.append(f"the table is wrong: dkms says {real.verdict}, {' '.join(real.names)}")
    if status != cell.verdict:
        return faults + [f"{status}: {made['reason']}"]
    if status == "fails":
        return faults + compare_failure(cell, made, real)
    names = sorted(plain(module["name"]) for module in made["modules"] or [])
    if status == "built" and (names != cell.names or len(names) != cell.modules):
        faults.append(f"modules {' '.join(names)}")
    return faults
