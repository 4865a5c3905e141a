"""One file of what was handed in, the limits on reading it, and the files of a folder. Hidden and dependency folders are never read."""

import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from grader.intake.kinds import ENVIRONMENT, HEAD, foreign_kind, is_skipped
from grader.intake.outputs import without_outputs
from grader.intake.refusal import NoProgram, Unusable

ARCHIVE_CAP = 500_000_000
"""Bytes of an archive."""
CONTENT_CAP = 50_000_000
"""Bytes of one file that are read and held; of a notebook those without its outputs."""
MEMBERS = 2_000
"""Files and folders, without those in hidden and dependency folders."""
ENTRIES = 200_000
"""Files and folders altogether."""
MAX_HELD_BYTES = 100_000_000
"""Bytes of a tar archive's files that are held: of those called as asked, and as many of others."""
BLOCK = 1 << 20
"""Bytes that are read at a time."""
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, OverflowError, ValueError)
"""What the library raises for an archive that is damaged or written to do harm."""
LINK, DEVICE, ENCRYPTED, TOO_LARGE = "a link", "a device", "encrypted", "too large"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of what was handed in. `fault` says why it can't be read; `inside` holds the files of an archive that was listed already."""

    path: PurePosixPath
    open: Callable[[], IO[bytes]]
    fault: str = ""
    inside: "tuple[Entry, ...] | Unusable | None" = None

    def read(self, limit: int) -> bytes:
        """Return at most `limit` + 1 bytes. Raises Unusable where the file can't be read."""
        if isinstance(self.inside, Unusable):
            raise self.inside
        with reading(self.path), self.open() as file:
            return read_blocks(file, limit)

    def read_program(self) -> bytes:
        """Return at most CONTENT_CAP + 1 bytes; of a larger notebook those without its outputs. Raises Unusable."""
        content = self.read(CONTENT_CAP)
        if len(content) <= CONTENT_CAP or not self.path.name.lower().endswith(".ipynb"):
            return content
        with reading(self.path), self.open() as file:
            return without_outputs(file, CONTENT_CAP)

    def kind(self) -> str:
        """Return what this file is, in words, as far as that is known and matters."""
        if self.fault or self.inside is not None:
            return self.fault
        try:
            return foreign_kind(self.read(HEAD))
        except Unusable:
            return "damaged"


class reading:
    """Turn what the libraries raise for a damaged file into Unusable."""

    def __init__(self, path: PurePosixPath | str) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DAMAGED) and not isinstance(error, NoProgram):
            raise Unusable(f"{self.path} can't be read: {getattr(error, 'strerror', None) or error}.") from None


def bytes_entry(path: PurePosixPath, content: bytes) -> Entry:
    """Return the entry of a file that was read already."""
    return Entry(path, partial(io.BytesIO, content))


def regular_file(path: Path) -> IO[bytes]:
    """Open a regular file. Raises Unusable for a link, a device or a pipe."""
    if path.is_symlink():
        raise Unusable(f"{path.name} is {LINK}, and not the file itself: hand in the file.")
    file = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")  # noqa: SIM115  the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Unusable(f"{path.name} is {DEVICE}, and no regular file.")
    return file


def folder_entries(root: Path) -> list[Entry]:
    """Return the files of a folder. Raises Unusable where there are too many, and OSError where the folder can't be read."""
    with os.scandir(root):
        pass
    found: list[Entry] = []
    seen = 0
    for folder, folders, files in os.walk(root):
        inside = Path(folder).relative_to(root).parts
        environment = "pyvenv.cfg" in files or "conda-meta" in folders
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted(name for name in folders if name not in links and not is_skipped((*inside, name)))
        if environment:
            folders[:] = [name for name in folders if name.casefold() not in ENVIRONMENT]
        found += _files_in(Path(folder), inside, sorted([*files, *links]))
        seen += len(folders) + len(files)
        check_number("The folder", seen, len(found))
    return found


def _files_in(folder: Path, inside: tuple[str, ...], names: Iterable[str]) -> Iterator[Entry]:
    for name in names:
        parts = parts_of("/".join((*inside, name)))
        if parts and not is_skipped(parts):
            mode = os.lstat(folder / name).st_mode
            fault = LINK if stat.S_ISLNK(mode) else "" if stat.S_ISREG(mode) else DEVICE
            yield Entry(PurePosixPath(*parts), partial(regular_file, folder / name), fault)


def parts_of(name: str) -> list[str]:
    """Return the parts of a path, which backslashes may part too, without a root and ways up; none where it can't be shown."""
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")] if name.isprintable() else []


def check_number(what: str, entries: int, members: int = 0) -> None:
    if entries > ENTRIES:
        raise Unusable(f"{what} holds more than {ENTRIES} files and folders: hand in the program alone.")
    if members > MEMBERS:
        raise Unusable(f"{what} holds too many files (at most {MEMBERS} count): hand in the program alone.")


def read_blocks(file: IO[bytes], limit: int) -> bytes:
    """Return at most `limit` + 1 bytes of a file."""
    blocks, left = [], limit + 1
    while left and (block := file.read(min(left, BLOCK))):
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)
