"""What kmpack makes of a driver's dkms.conf."""
import fnmatch
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .table import plain


class Program:
    def __init__(self, path, cache, work):
        self.path, self.work = Path(path).resolve(), work
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(cache), LC_ALL="C.UTF-8")

    def run(self, *arguments, name):
        """One command; its record, and its messages in WORK/NAME.log."""
        with open(self.work / f"{name}.log", "w", encoding="utf-8") as log:
            command = [str(self.path), *[str(word) for word in arguments]]
            print("$ " + " ".join(command), file=log, flush=True)
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.work, env=self.environment, check=False)
        try:
            return done.returncode, json.loads(done.stdout) if done.stdout else None
        except json.JSONDecodeError as error:
            raise SystemExit(f"corpus: {name}: no JSON: {error}; {self.work}/{name}.log") from error

    def fetch(self, kernel_ids):
        status, record = self.run("--json", "flavors", "fetch", *kernel_ids, name="fetch")
        return "" if status == 0 else json.dumps(record)[:500]

    def build(self, root, kernel_ids, name, *more):
        """One driver for the kernels, as deb and rpm; {kernel id: cell}. Errors that stop the run are an empty record's."""
        source = next((root / "usr/src").iterdir())
        words = [word for kernel in kernel_ids for word in ("--flavor", kernel)]
        status, record = self.run("--offline", "--json", "build", source, *words, "--format", "deb,rpm", "--output", self.work / name,
                                  "--workspace", self.work / "workspace", *more, name=name)
        if not record or "cells" not in record:
            said = record["errors"][0]["message"] if record and record.get("errors") else f"exit {status} without an answer"
            return {}, said
        return {cell["kernel"]["id"]: cell for cell in record["cells"]}, ""

    def verify(self, packages, name, *how):
        """{kernel id: what is wrong} of packages for any number of kernels; None for those of no kernel."""
        _, record = self.run("--json", "verify", *how, *dict.fromkeys(packages), name=name)
        if record is None or "kernels" not in record:
            raise SystemExit(f"corpus: verify gave no answer: {self.work}/{name}.log")
        verdicts = {}
        for kernel in record["kernels"]:
            bad = [problem["message"] for report in kernel["reports"] for problem in report["problems"] if problem["severity"] == "error"]
            bad += [f"{check['name']}: {check['detail']}" for report in kernel["reports"] for check in report["checks"] if not check["ok"]]
            bad += [f"{report['packages']} not ok" for report in kernel["reports"] if not report["ok"]]
            formats = {Path(package).suffix for report in kernel["reports"] for package in report["packages"]}
            verdicts[kernel["kernel"]] = (bad[0] if bad else "", formats)
        return verdicts

    def module_sets(self, root, kernel_ids, name):
        """{kernel id: names} of the manifest that `kmpack init` writes for a dkms.conf. Nothing is built."""
        source = next((root / "usr/src").iterdir())
        copy = self.work / name
        subprocess.run(["cp", "-r", str(source), str(copy)], check=True)
        words = [word for kernel in kernel_ids for word in ("--flavor", kernel)]
        status, _ = self.run("--offline", "--json", "init", copy, *words, name=name)
        if status != 0:
            return None
        modules = ElementTree.parse(copy / "kmpack.xml").getroot().iter("module")
        listed = [(plain(module.get("name")), (module.get("for") or "*").split()) for module in modules if module.get("name")]
        return {kernel: sorted(module for module, patterns in listed if any(takes(pattern, kernel) for pattern in patterns))
                for kernel in kernel_ids}


def takes(pattern, kernel_id):
    """Is the kernel one of a pattern's: DIST/FLAVOR, DIST/FLAVOR@SERIES, DIST/FLAVOR@RELEASE?"""
    flavor, _, release = pattern.partition("@")
    own_flavor, _, own_release = kernel_id.partition("@")
    in_series = release in ("", "*") or own_release == release or own_release.startswith(release + ".")
    return in_series and (flavor == "*" or fnmatch.fnmatchcase(own_flavor, flavor))
