"""A cohort as a platform exports it: programs that say whose they are, archives, a git repository, and what became of it."""

import csv
import hashlib
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from conftest import Run, report

Files = dict[str, bytes | str]


def program(name: str) -> bytes:
    """A program that scores nothing and says whose it is: its hash tells which one was graded."""
    return f"# {name}\n".encode()


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files: Files, *more: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member)
    return out.getvalue()


class Course:
    """A cohort that is graded, and what became of it."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.out = run, folder, folder / "out"

    def grade(self, path: Path, *options: object, status: int = 0) -> Any:
        # one step only: it is the intake that is looked at
        return self.run("cohort", path, "--out", self.out, "--step", "topological-order", "--sandbox", "core", *options, status=status)

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    @property
    def graded(self) -> dict[str, str]:
        """Whose program was graded under each id, or the sentence that says why none was."""
        known = {hashlib.sha256(program(name)).hexdigest(): name for name in "abcdefghijklm"}
        found = {}
        for path in sorted(self.out.glob("*/report.json")):
            made = report(self.out, path.parent.name)
            found[made["submission"]] = known.get(made["provenance"]["submission_sha256"]) or made["notes"][0]
        return found

    @property
    def rows(self) -> list[dict[str, str]]:
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def git(folder: Path, *arguments: str, at: str = "2026-11-01T12:00:00+00:00") -> None:
    names = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env={**os.environ, **names, **dates})
