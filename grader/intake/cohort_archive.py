"""A whole cohort in one archive, as platforms export it. Nothing is unpacked: the bytes of programs are held in memory.

Each file or folder at the top is what one student handed in. A folder in which all lies is passed through. A name that leads out of
the archive is refused for the student concerned; the others are graded.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZipFile

from grader.intake import SOURCE_CAP, Target
from grader.intake.archive import Inventory, directory_size, is_folder, listed, tar_fault, tar_members, zip_fault, zip_name
from grader.intake.kinds import ARCHIVES, HEAD, archive_kind, is_archive, is_program, is_skipped
from grader.intake.listing import CONTENT_CAP, DAMAGED, TOO_LARGE, Entry, bytes_entry, read_blocks
from grader.intake.refusal import Unusable
from grader.model import KitFault

MEMBERS = 200_000
"""Files and folders, without those in hidden and dependency folders."""
ENTRIES = 2_000_000
"""Files and folders altogether."""
MAX_HELD_BYTES = 500_000_000
"""Bytes of programs that are held at a time; what comes after them is refused."""
EACH = CONTENT_CAP + 10_000_000
"""Bytes of programs that are held of one student, so that nobody uses up what is for all."""
UNPACKED = 20_000_000_000
"""Bytes to which a tar archive may unfold, for it can be read from its beginning only."""
NOTES = ("submission_metadata.yml",)


@dataclass
class Unit:
    """What lies under one name at the top of the archive."""

    name: str
    folder: bool = False
    entries: list[Entry] = field(default_factory=list)
    problem: str = ""
    held: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive. A problem refuses the unit to which its first part belongs."""

    parts: list[str]
    folder: bool
    fault: str
    problem: str
    open: Callable[[], IO[bytes]]


def is_cohort_archive(path: Path) -> bool:
    """Return whether this is a zip or tar archive, by its suffix or its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.name.lower().endswith(ARCHIVES) or archive_kind(file.read(HEAD)) != ""


def units(path: Path, target: Target) -> tuple[list[Unit], dict[str, bytes]]:
    """Return what each student handed in, in the order of names, and the platform's own notes. Raises KitFault for no archive."""
    try:
        met = Inventory()
        root = _root([member for member in _members(path) if met.look(member.parts)], target)
        if met.count > ENTRIES:
            raise KitFault(f"{path}: holds more than {ENTRIES} files: unpack it and name the folder")
        return _units(path, target, met, root)
    except Unusable as why:
        raise KitFault(f"{path}: {why} Unpack it and name the folder") from None
    except DAMAGED as error:
        raise KitFault(f"{path}: the archive can't be read: {error}") from None


def _units(path: Path, target: Target, met: Inventory, root: str) -> tuple[list[Unit], dict[str, bytes]]:
    found: dict[str, Unit] = {}
    notes: dict[str, bytes] = {}
    kept = _Kept(target)
    for number, member in enumerate(_wanted(path, met)):
        if number > MEMBERS:
            raise KitFault(f"{path}: holds more than {MEMBERS} files: unpack it and name the folder")
        parts = member.parts[1:] if root and member.parts[0] == root else member.parts
        if len(parts) == 1 and parts[0] in NOTES and not member.folder:
            notes[parts[0]] = read_blocks(member.open(), CONTENT_CAP)
        elif parts:
            unit = found.setdefault(parts[0], Unit(parts[0]))
            unit.folder |= member.folder or len(parts) > 1
            unit.problem = unit.problem or member.problem
            if not member.folder and not member.problem:
                unit.entries.append(kept.entry(unit, PurePosixPath(*(parts[1:] or parts)), member))
    return [found[name] for name in sorted(found)], notes


def _root(members: Iterable[Member], target: Target) -> str:
    """Return the folder in which all lies, unless it is itself what a student handed in."""
    good = [member for member in members if not member.problem]
    tops = {member.parts[0] for member in good}
    if len(tops) != 1 or any(len(member.parts) == 2 and member.parts[1] in target.names for member in good):
        return ""
    inside = any(len(member.parts) > 2 or (len(member.parts) == 2 and not member.folder) for member in good)
    return tops.pop() if inside else ""


def _wanted(path: Path, met: Inventory) -> Iterator[Member]:
    """Yield the members that may matter: none that is hidden or belongs to an environment of Python, and none without a name."""
    for member in _members(path):
        if member.problem or (member.parts and not is_skipped(member.parts) and not met.is_foreign(PurePosixPath(*member.parts))):
            yield member


class _Kept:
    """Reads the bytes of programs, also of those in archives in the archive, and holds no others."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._held = 0

    def entry(self, unit: Unit, path: PurePosixPath, member: Member) -> Entry:
        """Return the entry of a file. An archive is looked into, and one that lies in it; folders around them do not count."""
        return self._opened(unit, Entry(path, member.open, member.fault), 2)

    def _opened(self, unit: Unit, entry: Entry, levels: int) -> Entry:
        try:
            if entry.fault or not is_archive(entry.path.name):
                return self._with_bytes(unit, entry)
            inside = listed(entry, self._target.names) if levels else []
            return Entry(entry.path, io.BytesIO, inside=tuple(self._opened(unit, each, levels - 1) for each in inside))
        except Unusable as why:
            return Entry(entry.path, io.BytesIO, inside=why)

    def _with_bytes(self, unit: Unit, entry: Entry) -> Entry:
        """Return the entry with its bytes where it may be a program, else without."""
        name = entry.path.name
        if entry.fault or not (is_program(name) or name in self._target.names):
            return replace(entry, open=io.BytesIO)
        content = entry.read(SOURCE_CAP if name.endswith(".py") and name not in self._target.names else CONTENT_CAP)
        unit.held += len(content)
        if unit.held > EACH:
            return replace(entry, open=io.BytesIO, fault=TOO_LARGE)
        self._held += len(content)
        if self._held > MAX_HELD_BYTES:
            raise Unusable(f"The cohort's archive holds more than {MAX_HELD_BYTES // 1_000_000} MB of programs before this.")
        return bytes_entry(entry.path, content)


# ---- the members of zip and tar archives ---------------------------------------


def _members(path: Path) -> Iterator[Member]:
    with path.open("rb") as file:
        kind = archive_kind(file.read(HEAD))
        file.seek(0)
        yield from _zip(path, file) if kind == "zip" else _tar(file, kind)


def _zip(path: Path, file: IO[bytes]) -> Iterator[Member]:
    if directory_size(file) > ENTRIES:
        raise KitFault(f"{path}: holds more than {ENTRIES} files: unpack it and name the folder")
    archive = ZipFile(file)
    for info in archive.infolist():
        parts, problem = _parts(zip_name(info))
        yield Member(parts, is_folder(info), zip_fault(info), problem, partial(archive.open, info))


def _tar(file: IO[bytes], kind: str) -> Iterator[Member]:
    for archive, info in tar_members(file, kind, UNPACKED):
        parts, problem = _parts(info.name)
        yield Member(parts, info.isdir(), "" if info.isdir() else tar_fault(info), problem, partial(archive.extractfile, info))


def _parts(name: str) -> tuple[list[str], str]:
    """Return the parts of a path, which backslashes may part too, and what is wrong with it. A name that can't be shown has no parts."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or ".." in parts or (parts and not parts[0].isprintable()):
        first = next((part for part in parts if part != ".."), "nameless")
        return [first], f"{name!r} is not a name that an archive may hold."
    return (parts, "") if name.isprintable() else ([], "")
