"""List the files of a zip or tar archive. Nothing is unpacked to disk, and hidden and dependency folders are never read.

Archives are recognised by their first bytes, whatever they are called. Entries and bytes are bounded, so that a hostile archive
costs a few seconds at most.
"""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from grader.intake.kinds import ENVIRONMENT, HEAD, archive_kind, environment, foreign_kind, is_archive, is_program, is_skipped
from grader.intake.listing import (
    ARCHIVE_CAP,
    BLOCK,
    CONTENT_CAP,
    DEVICE,
    ENCRYPTED,
    LINK,
    MAX_HELD_BYTES,
    TOO_LARGE,
    Entry,
    check_number,
    parts_of,
    read_blocks,
    reading,
)
from grader.intake.refusal import Unusable

NAMED_IN_UTF8 = 0x800
"""The flag of a zip archive's entry which says that its name is UTF-8. Without it the name should be in code page 437."""
UNPACKED_CAP = 1_000_000_000
"""Bytes to which a tar archive may unfold: it can be read from its beginning only."""
IN_MEMORY = 50_000_000
"""Bytes of an archive in an archive that are held in memory; a larger one goes into a temporary file without a name."""


def archive_entries(name: str, file: IO[bytes], wanted: Iterable[str]) -> list[Entry]:
    """Return the files of a zip or tar archive; those called as `wanted` come before others where memory is short.

    The entries of a zip archive can be read as long as `file` is open. Raises Unusable for any other file.
    """
    with reading("The archive"):
        head = file.read(HEAD)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size > ARCHIVE_CAP:
            raise Unusable(f"{name} is larger than {ARCHIVE_CAP // 1_000_000} MB.")
        if foreign_kind(head):
            raise Unusable(f"{name} is {foreign_kind(head)}: hand in the file itself, or a zip or tar.gz archive.")
        kind = archive_kind(head)
        if kind == "zip" or (not kind and zipfile.is_zipfile(file)):
            found = list(_zip_entries(file))
        else:
            file.seek(0)
            found = _tar_entries(name, file, kind, frozenset(wanted))
    check_number("The archive", 0, len(found))
    return found


@dataclass
class Inventory:
    """What was met in an archive so far: how many entries, and where environments of Python or conda lie."""

    count: int = 0
    roots: set[tuple[str, ...]] = field(default_factory=set)

    def look(self, parts: list[str]) -> bool:
        """Count a path, and return whether it is one of a file that may matter."""
        self.count += 1
        if not parts:
            return False
        root = environment(parts)
        if root is not None:
            self.roots.add(root)
        return not is_skipped(parts)

    def is_foreign(self, path: PurePosixPath) -> bool:
        """Return whether a file belongs to an environment; known when all of the archive was met."""
        parts = path.parts if self.roots else ()
        return any(part.casefold() in ENVIRONMENT and parts[:i] in self.roots for i, part in enumerate(parts[:-1]))


def _zip_entries(file: IO[bytes]) -> Iterator[Entry]:
    check_number("The archive", directory_size(file))
    met, archive = Inventory(), zipfile.ZipFile(file)
    kept = [(info, parts) for info in archive.infolist() if met.look(parts := parts_of(zip_name(info))) and not is_folder(info)]
    for info, parts in kept:
        path = PurePosixPath(*parts)
        if not met.is_foreign(path):
            yield Entry(path, partial(archive.open, info), zip_fault(info))


def directory_size(file: IO[bytes]) -> int:
    """Return how many entries a zip archive has at most, before the library makes an object of each."""
    count, tail = 0, b""
    while block := file.read(BLOCK):
        count += (tail + block).count(b"PK\x01\x02")
        tail = block[-3:]
    file.seek(0)
    return count


def is_folder(info: zipfile.ZipInfo) -> bool:
    """Return whether an entry of a zip archive is a folder, written on whatever system."""
    return info.filename.endswith(("/", "\\"))


def zip_name(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry of a zip archive. Many programs write it in UTF-8 without the mark that says so."""
    with suppress(UnicodeError):
        if not info.flag_bits & NAMED_IN_UTF8:
            return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def zip_fault(info: zipfile.ZipInfo) -> str:
    """Return why an entry of a zip archive can't be read, or nothing."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return LINK
    return DEVICE if kind not in (0, stat.S_IFREG, stat.S_IFDIR) else ENCRYPTED if info.flag_bits & 1 else ""


def tar_fault(info: tarfile.TarInfo) -> str:
    """Return why an entry of a tar archive can't be read, or nothing."""
    return "" if info.isreg() else LINK if info.issym() or info.islnk() else DEVICE


def tar_members(file: IO[bytes], kind: str, unpacked: int = UNPACKED_CAP) -> Iterator[tuple[Any, tarfile.TarInfo]]:
    """Yield the members of a tar archive, in one pass and without keeping them."""
    unfolded: Any = file
    if kind == "gzip":
        unfolded = gzip.GzipFile(fileobj=file, mode="rb")
    elif kind == "bzip2":
        unfolded = bz2.BZ2File(file, "rb")
    elif kind == "xz":
        unfolded = lzma.LZMAFile(file, "rb")  # noqa: SIM115  it closes nothing
    bounded: Any = Bounded(unfolded, unpacked)
    archive: Any = tarfile.open(fileobj=bounded, mode="r:")  # noqa: SIM115  its members are read as long as the file is open
    while (info := archive.next()) is not None:
        archive.members.clear()  # or the headers of a large archive would all stay in memory
        yield archive, info


class Bounded:
    """A file that lets tarfile read no more at a time than a block, and go no further than a limit."""

    def __init__(self, file: Any, limit: int) -> None:
        self._file, self._limit = file, limit

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= BLOCK:
            raise tarfile.ReadError("a header is too long")
        return bytes(self._file.read(size))

    def seek(self, offset: int) -> int:
        if offset > self._limit:
            raise Unusable(f"The archive unfolds to more than {self._limit // 1_000_000} MB.")
        return int(self._file.seek(offset))

    def tell(self) -> int:
        return int(self._file.tell())


def _tar_entries(name: str, file: IO[bytes], kind: str, wanted: frozenset[str]) -> list[Entry]:
    """Return the entries of a tar archive. Files that may be programs are read at once: going back would unfold all of it again."""
    met, found, held = Inventory(), [], {True: 0, False: 0}
    try:
        for archive, info in tar_members(file, kind):
            parts = parts_of(info.name)
            if not met.look(parts) or info.isdir():
                continue
            check_number("The archive", met.count)
            fault, content, first = tar_fault(info), b"", parts[-1] in wanted
            if not fault and (first or is_program(parts[-1]) or is_archive(parts[-1])):
                held[first] += min(info.size, CONTENT_CAP)
                if held[first] > MAX_HELD_BYTES or (is_archive(parts[-1]) and info.size > CONTENT_CAP):
                    fault = TOO_LARGE
                else:
                    content = read_blocks(archive.extractfile(info), CONTENT_CAP)
            found.append(Entry(PurePosixPath(*parts), partial(io.BytesIO, content), fault))
    except tarfile.ReadError as error:
        if found or kind in ("", "tar"):
            raise
        raise Unusable(f"{name} is compressed ({kind}), but no tar archive: {error}.") from None
    return [entry for entry in found if not met.is_foreign(entry.path)]


def listed(entry: Entry, wanted: Iterable[str]) -> list[Entry]:
    """Return the files of an archive that lies in what was handed in. Raises Unusable."""
    if isinstance(entry.inside, Unusable):
        raise entry.inside
    if entry.inside is not None:
        return list(entry.inside)
    with reading(entry.path), entry.open() as file:
        return archive_entries(entry.path.name, seekable(entry.path.name, file), wanted)


def seekable(name: str, file: IO[bytes]) -> IO[bytes]:
    """Return a copy of an archive that can be read in any order, in memory or in a temporary file without a name."""
    copy: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  it is read as long as its entries are
    size = 0
    while block := file.read(BLOCK):
        size += len(block)
        if size > ARCHIVE_CAP:
            raise Unusable(f"{name} is larger than {ARCHIVE_CAP // 1_000_000} MB.")
        copy.write(block)
    copy.seek(0)
    return copy  # type: ignore[no-any-return]
