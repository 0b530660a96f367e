"""What is expected: expected.tsv (one line for each cell) and modules.tsv (their names)."""
import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


@dataclass
class Cell:
    driver: str
    version: str
    kernel: str
    verdict: str  # built, excluded, fails
    modules: int  # that dkms leaves; 0 unless built
    kind: str  # class of the failure, as kmpack names it
    error: str  # first error of one run of dkms; parallel makes may find another one first
    names: list = field(default_factory=list)

    @property
    def kernel_id(self):
        return f"debian-12/{flavor(self.kernel)}@{self.kernel}"


def flavor(release):
    """6.1.0-56-rt-amd64 and 6.12.117+deb12-rt-amd64: what follows the ABI's name."""
    found = re.fullmatch(r"\d+\.\d+(?:\.0-\d+|\.\d+\+deb\d+[\d.]*)-(.+)", release)
    if not found:
        raise ValueError(f"no flavor in kernel release '{release}'")
    return found[1]


def series(release):
    return ".".join(release.split(".")[:2])


def plain(name):
    """The kernel's own spelling of a module's name."""
    return name.replace("-", "_")


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read(drivers=()):
    names = {(row["driver"], row["kernel"]): row["names"].split() for row in rows(HERE / "modules.tsv")}
    cells = []
    for row in rows(HERE / "expected.tsv"):
        if drivers and row["driver"] not in drivers:
            continue
        cell = Cell(row["driver"], row["version"], row["kernel"], row["verdict"], int(row["modules"] or 0), row["class"], row["error"])
        cell.names = sorted(plain(name) for name in names.get((cell.driver, cell.kernel), []))
        cells.append(cell)
    unknown = set(drivers) - {cell.driver for cell in cells}
    if unknown:
        raise SystemExit(f"corpus: not in expected.tsv: {' '.join(sorted(unknown))}")
    return cells


def first_words(error):
    """An error as both compilers' locales print it, without how its types are spelt out."""
    return re.sub("[‘’'`\"]", "'", error).strip()
