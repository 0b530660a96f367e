"""rpmbuild, createrepo_c and the throw-away key."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Failed(Exception):
    """A tool failed; its output is in the message."""


def run(*command: object, log: Path, environment: dict | None = None) -> None:
    with open(log, "a", encoding="utf-8") as output:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})
    if done.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise Failed(f"{command[0]} ended with {done.returncode}; {log}:\n{tail}")


def rpmbuild(spec: Path, work: Path, repository: Path, arch: str) -> None:
    """Builds a spec's packages into repository/ARCH. Several may run at once."""
    own = work / f"rpmbuild-{spec.stem}"
    own.mkdir()
    run("rpmbuild", "-bb", "--nodeps", "--target", arch, "--define", f"_topdir {own}", "--define", f"_rpmdir {repository}",
        "--define", "_buildhost fixture.example.org", spec, log=own / "log")
    shutil.rmtree(own / "BUILDROOT", ignore_errors=True)


class Key:
    """A key that lives as long as its agent: made here, used here, only its public half stays."""

    def __init__(self, log: Path):
        # The socket of gpg-agent has to have a short path.
        self.home = Path(tempfile.mkdtemp(prefix="rpm-kernels."))
        self.log = log
        self.gpg("--quick-generate-key", "Kernel fixtures <modules@example.org>", "rsa2048", "sign", "never")

    def gpg(self, *words: object) -> None:
        run("gpg", "--batch", "--yes", "--homedir", self.home, "--pinentry-mode", "loopback", "--passphrase", "", *words, log=self.log)

    def export(self, file: Path) -> None:
        self.gpg("--armor", "--output", file, "--export")

    def sign_packages(self, files: list[Path]) -> None:
        run("rpmsign", "--addsign", "--define", "_gpg_name Kernel fixtures", "--define", f"_gpg_path {self.home}",
            "--define", f"__gpg {shutil.which('gpg')}", *files, log=self.log)

    def sign(self, file: Path) -> None:
        self.gpg("--armor", "--output", f"{file}.asc", "--detach-sign", file)

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


def index(repository: Path, key: Key) -> None:
    """Signs packages, then the metadata that names their digests."""
    key.sign_packages(sorted(repository.rglob("*.rpm")))
    # Both forms of compression that distributions use for metadata and this createrepo_c can write.
    form = "xz" if repository.name.startswith("el") else "gz"
    run("createrepo_c", "--workers", "2", "--no-database", f"--general-compress-type={form}", repository, log=key.log)
    key.sign(repository / "repodata/repomd.xml")
    key.export(repository / "repodata/repomd.xml.key")
