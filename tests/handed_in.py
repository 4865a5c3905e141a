"""Builds what students hand in: archives of every kind, notebooks, folders. Small, and without any student's words."""

import csv
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from conftest import REFERENCE, ROOT, Run, report

PROGRAM = REFERENCE.encode()
STARTER = (ROOT / "starter" / "autodiff.py").read_bytes()
OTHER = b"x = 1\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 2044\n"
RAR = b"Rar!\x1a\x07\x01\x00" + b"\0" * 100
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\0" * 100
Files = dict[str, bytes]


def zipped(files: Files, *links: str) -> bytes:
    """Return a zip archive; `links` are symbolic ones that lead out of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content)
        for name in links:
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o120777 << 16
            archive.writestr(member, "/nowhere")
    return out.getvalue()


def tarred(files: Files, *links: str, mode: str = "w:gz") -> bytes:
    """Return a tar archive; `links` are symbolic ones that lead out of it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/nowhere"
            archive.addfile(member)
    return out.getvalue()


def encrypted(files: Files) -> bytes:
    """Return a zip archive whose entries say that they are encrypted."""
    content = bytearray(zipped(files))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(signature, at + 4)
    return bytes(content)


def many(folder: str, number: int = 2100) -> Files:
    """Return many files in a folder, more than a submission may hold."""
    return {f"{folder}/m{i}.py": b"" for i in range(number)}


def code(source: str, **nbgrader: Any) -> dict[str, Any]:
    """Return a code cell."""
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}, "outputs": []}


def notebook(*cells: dict[str, Any] | str, **more: Any) -> bytes:
    """Return a notebook of code cells."""
    found = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def put(folder: Path, files: Files) -> Path:
    """Write files into a folder and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def program(name: str) -> bytes:
    """Return a program that is known again by its hash, and that holds the functions by their text."""
    return f"# {name}\ndef forward(root): pass\n".encode()


class Cohort:
    """A cohort that is graded, and whose program counted under each id."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.out, self.said = run, folder, folder / "out", ""

    def grade(self, path: Path, *options: object, status: int = 0) -> dict[str, str]:
        options = ("--out", self.out, "--step", "topological-order", "--sandbox", "core", *options)
        self.said = self.run("cohort", path, *options, status=status).stderr
        return self.graded() if status == 0 else {}

    def graded(self) -> dict[str, str]:
        known = {hashlib.sha256(program(name)).hexdigest(): name for name in "abcdefghijklmnop"}
        reports = [report(self.out, path.parent.name) for path in sorted(self.out.glob("*/report.json"))]
        return {r["submission"]: known.get(r["provenance"]["submission_sha256"]) or " ".join(r["notes"]) for r in reports}

    def notes(self, name: str) -> list[str]:
        return list(report(self.out, name)["notes"])

    def status(self, roster: str | bytes, *options: object) -> dict[str, str]:
        """Grade again with a roster; return the status of each row of grades.csv."""
        path = self.folder / "roster.csv"
        path.write_bytes(roster.encode() if isinstance(roster, str) else roster)
        self.grade(self.folder / "in", "--roster", path, *options)
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return {row["submission"]: row["status"] for row in csv.DictReader(file)}
