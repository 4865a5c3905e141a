"""A whole cohort in one archive, as platforms export it. It is read in memory, once, and nothing is unpacked.

Each file or folder at the top is what one student handed in. A folder in which all lies is passed through. What may not be in an
archive (links, devices, ways out of it, the same path twice) is refused for the student concerned; the others are graded.
"""

import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.intake import ARCHIVE_CAP, ARCHIVES, DAMAGED, NAMES, SOURCE_CAP, SUFFIXES, Wanted
from grader.model import KitFault

MEMBERS = 200_000
HELD = 500_000_000
"""Bytes of programs and archives that are held at a time; the rest of a larger archive is refused."""
UNPACKED = 4_000_000_000
"""Bytes of a tar archive that are gone through, for it can't be read but from its beginning."""
NOTES = ("submission_metadata.yml",)


@dataclass
class Unit:
    """What stands under one name at the top of the archive."""

    name: str
    folder: bool = False
    files: list[tuple[PurePosixPath, bytes]] = field(default_factory=list)
    problem: str = ""

    def members(self, wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
        return (file for file in self.files if wanted(file[0]))


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive: its parts as written, whether it is a folder, its bytes where they may matter, or a problem."""

    path: PurePosixPath
    folder: bool
    content: bytes | None
    problem: str = ""


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVES)


def units(path: Path) -> tuple[list[Unit], dict[str, bytes]]:
    """Return what each student handed in, in the order of names, and the platform's own notes. Raises KitFault for no archive."""
    try:
        members = list(_zip(path) if path.name.lower().endswith(".zip") else _tar(path))
    except DAMAGED as error:
        raise KitFault(f"{path}: the archive can't be read: {error}") from None
    root = _root(members)
    found: dict[str, Unit] = {}
    notes: dict[str, bytes] = {}
    seen: set[PurePosixPath] = set()
    for member in members:
        parts = member.path.parts[1:] if root and member.path.parts[0] == root else member.path.parts
        if not parts or (parts[0].startswith((".", "__")) and not member.problem):
            continue
        if len(parts) == 1 and parts[0] in NOTES and not member.folder:
            notes[parts[0]] = member.content or b""
            continue
        unit = found.setdefault(parts[0], Unit(parts[0]))
        unit.folder |= member.folder or len(parts) > 1
        if not member.folder and member.path in seen:
            unit.problem = unit.problem or f"{member.path} stands in the archive twice."
        seen.add(member.path)
        unit.problem = unit.problem or member.problem
        if member.content is not None:
            unit.files.append((PurePosixPath(*(parts[1:] if len(parts) > 1 else parts)), member.content))
    return [found[name] for name in sorted(found)], notes


def _root(members: Iterable[Member]) -> str:
    """Return the folder in which all lies, unless it is itself what a student handed in."""
    good = [member for member in members if not member.problem]
    tops = {member.path.parts[0] for member in good if not member.path.parts[0].startswith(("__MACOSX", "."))}
    if len(tops) != 1 or any(len(m.path.parts) == 2 and m.path.name in NAMES for m in good):
        return ""
    inside = any(len(member.path.parts) > 2 or (len(member.path.parts) == 2 and not member.folder) for member in good)
    return tops.pop() if inside else ""


def _wanted(path: PurePosixPath) -> bool:
    """Say whether a member's bytes may matter: programs under any name at the top, and by their names below."""
    name = path.name.lower()
    return path.name in NAMES or path.name in NOTES or name.endswith(ARCHIVES) or (len(path.parts) <= 2 and name.endswith(SUFFIXES))


def _odd(name: str) -> tuple[PurePosixPath, str]:
    """Return a path whose first part can be shown, and what is wrong with the name, if anything is."""
    path = PurePosixPath(name)
    if not name.isprintable() or "\\" in name or path.is_absolute() or ".." in path.parts or not path.parts:
        first = next((part for part in path.parts if part not in ("/", "..")), "nameless")
        return PurePosixPath(first), f"{name!r} is not a name that may stand in an archive."
    return path, ""


def _cap(path: PurePosixPath) -> int:
    return SOURCE_CAP if path.name.endswith(".py") else ARCHIVE_CAP


def _zip(path: Path) -> Iterator[Member]:
    held = 0
    with zipfile.ZipFile(path) as archive:
        _check_number(path, len(archive.infolist()))
        for info in archive.infolist():
            inside, problem = _odd(info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                problem = problem or f"{inside} is a link or a device, and no file."
            content = None
            if not problem and not info.is_dir() and _wanted(inside):
                try:
                    with archive.open(info) as file:
                        content = file.read(_cap(inside) + 1)
                except DAMAGED as error:
                    problem = f"{inside} can't be read: {error}."
            held += len(content or b"")
            yield _held(Member(inside, info.is_dir(), content, problem), held)


def _tar(path: Path) -> Iterator[Member]:
    held = 0
    with tarfile.open(path) as archive:
        for count, info in enumerate(archive):
            _check_number(path, count)
            if archive.offset > UNPACKED:
                raise KitFault(f"{path}: holds more than {UNPACKED // 1_000_000_000} GB: unpack it and name the folder")
            inside, problem = _odd(info.name)
            if not (info.isreg() or info.isdir()):
                problem = problem or f"{inside} is a link or a device, and no file."
            content = None
            if not problem and info.isreg() and _wanted(inside):
                file = archive.extractfile(info)
                content = file.read(_cap(inside) + 1) if file else None
            held += len(content or b"")
            yield _held(Member(inside, info.isdir(), content, problem), held)


def _held(member: Member, held: int) -> Member:
    if member.content is None or held <= HELD:
        return member
    return Member(member.path, member.folder, None, f"The cohort's archive holds more than {HELD // 1_000_000} MB before this.")


def _check_number(path: Path, number: int) -> None:
    if number > MEMBERS:
        raise KitFault(f"{path}: holds more than {MEMBERS} files: unpack it and name the folder")
