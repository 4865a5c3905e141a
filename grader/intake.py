"""Read what was handed in: a Python file, a folder, an archive or a notebook. Nothing is unpacked, imported or compiled.

What can't be graded becomes a Submission with a `problem`, a sentence for the student; it never stops a run.
"""

import hashlib
import io
import json
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

SOURCE_CAP = 1_000_000
ARCHIVE_CAP = 50_000_000
MEMBERS = 2_000
NAMES = ("autodiff.py", "autodiff.ipynb")
PUBLIC = "public-"
"""How the names of the notebook's cells of public tests begin."""
CELL_END = "\0"
LONGEST_ID = 200
"""Bytes of an id: files are named after it."""
LONGEST_PROBLEM = 300
"""Characters of a sentence on what can't be graded: names inside an archive may be of any length."""
SUFFIXES = (".py", ".ipynb", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


class Refused(ValueError):
    """What was handed in can't be graded; the message is a sentence for the student."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work: the bytes of autodiff.py, or the `problem` because of which there are none."""

    id: str
    source: bytes
    problem: str = ""


def submission_id(path: Path) -> str:
    """Return the folder's or archive's full name, known suffixes cut; for a file called autodiff.* its folder's name."""
    path = path.absolute()
    if path.name in NAMES:
        return _id(path.parent.name)
    for suffix in SUFFIXES if not path.is_dir() else ():
        if path.name.lower().endswith(suffix) and len(path.name) > len(suffix):
            return _id(path.name[: -len(suffix)])
    return _id(path.name)


def _id(name: str) -> str:
    """Return the name, what is not UTF-8 in it spelled out; of a very long one the beginning and a hash."""
    whole = _text(name).encode()
    if len(whole) <= LONGEST_ID:
        return whole.decode()
    return whole[: LONGEST_ID - 9].decode(errors="ignore") + "~" + hashlib.sha256(whole).hexdigest()[:8]


def _text(text: str) -> str:
    """Return the text with halves of letters spelled out: a name that is not UTF-8 could be written to no report."""
    return text.encode("utf-8", "backslashreplace").decode()


def read_submission(path: Path) -> Submission:
    """Return the submission at `path`, whatever is wrong with it."""
    try:
        source = _checked(_read(path))
    except Refused as refusal:
        return Submission(submission_id(path), b"", _text(str(refusal))[:LONGEST_PROBLEM])
    except OSError as error:
        return Submission(submission_id(path), b"", _text(f"{path.name} can't be read: {error.strerror}.")[:LONGEST_PROBLEM])
    return Submission(submission_id(path), source)


def _checked(source: bytes) -> bytes:
    if len(source) > SOURCE_CAP:
        raise Refused(f"autodiff.py is larger than {SOURCE_CAP // 1_000_000} MB: hand in the program alone, without data.")
    if not source.removeprefix(b"\xef\xbb\xbf").replace(CELL_END.encode(), b"").strip():
        raise Refused("autodiff.py is empty.")
    return source


def _read(path: Path) -> bytes:
    name = path.name.lower()
    if path.is_dir():
        return _choose(_folder(path))
    if name.endswith((".py", ".ipynb")):
        return _decoded(name, _read_file(path, ARCHIVE_CAP if name.endswith(".ipynb") else SOURCE_CAP))
    if name.endswith(SUFFIXES):
        content = _read_file(path, ARCHIVE_CAP)
        if len(content) > ARCHIVE_CAP:
            raise Refused(f"{path.name} is larger than {ARCHIVE_CAP // 1_000_000} MB.")
        return _choose(_zip(content) if name.endswith(".zip") else _tar(content))
    raise Refused(f"{path.name} is neither a Python file nor a notebook, folder or archive with an autodiff.py in it.")


def _read_file(path: Path, cap: int) -> bytes:
    """Return at most cap + 1 bytes of a regular file; a link, a device or a pipe is refused."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(f"{path.name} is not a regular file.")
        return file.read(cap + 1)


def _choose(members: Iterator[tuple[PurePosixPath, bytes]]) -> bytes:
    """Return the one autodiff.py (or autodiff.ipynb) that lies least deep."""
    found = sorted(members, key=lambda member: (NAMES.index(member[0].name), len(member[0].parts)))
    if not found:
        raise Refused("There is no autodiff.py in what was handed in.")
    best, content = found[0]
    rivals = [path for path, _ in found[1:] if path.name == best.name and len(path.parts) == len(best.parts)]
    if rivals:
        raise Refused(f"There are several files called {best.name} ({best} and {rivals[0]}): hand in one.")
    return _decoded(best.name, content)


def _wanted(path: PurePosixPath) -> bool:
    return path.name in NAMES and not any(part.startswith((".", "__")) for part in path.parts)


def _folder(root: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    for count, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        if count > MEMBERS:
            raise Refused("The folder holds too many folders.")
        for name in files:
            path = Path(folder, name)
            if name in NAMES and not path.is_symlink():
                yield PurePosixPath(path.relative_to(root).as_posix()), _read_file(path, ARCHIVE_CAP)


def _zip(content: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MEMBERS:
                raise Refused("The archive holds too many files.")
            for member in archive.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)
                if _wanted(PurePosixPath(member.filename)) and kind in (0, stat.S_IFREG):
                    with archive.open(member) as file:
                        yield PurePosixPath(member.filename), file.read(_cap(member.filename) + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"The archive can't be read: {error}.") from None


def _tar(content: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for count, member in enumerate(archive):
                if count > MEMBERS or archive.offset > 20 * ARCHIVE_CAP:
                    raise Refused("The archive holds too much.")
                if _wanted(PurePosixPath(member.name)) and member.isreg():
                    file = archive.extractfile(member)
                    yield PurePosixPath(member.name), file.read(_cap(member.name) + 1) if file else b""
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"The archive can't be read: {error}.") from None


def _cap(name: str) -> int:
    return ARCHIVE_CAP if name.endswith(".ipynb") else SOURCE_CAP


def _decoded(name: str, content: bytes) -> bytes:
    if name.endswith(".ipynb"):
        return _notebook(content)
    if b"\0" in content and len(content) <= SOURCE_CAP:
        raise Refused("autodiff.py holds NUL bytes, so it is not a text: save it as UTF-8.")
    return content


def _notebook(content: bytes) -> bytes:
    """Return a notebook's code cells, each ended by a NUL, by which the sandbox knows them apart.

    The cells that the course put in to test are left out, and stay as empty ones, so that the others keep their number.
    """
    if len(content) > ARCHIVE_CAP:
        raise Refused(f"The notebook is larger than {ARCHIVE_CAP // 1_000_000} MB: clear its outputs.")
    try:
        cells = [cell for cell in json.loads(content)["cells"] if "code" in (cell["cell_type"], _mark(cell).get("cell_type"))]
        texts = ["" if _tests(cell) else cell["source"] for cell in cells]
        code = "".join("".join(text) + CELL_END for text in texts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused("The notebook can't be read: it is not in Jupyter's format.") from None
    if code.count(CELL_END) > len(cells):
        raise Refused("The notebook holds NUL bytes, so it is not a text.")
    return code.encode("utf-8", "surrogatepass")  # of half a letter Python says that it can't be read


def _mark(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what nbgrader says of a cell, if it says anything that can be read."""
    mark = cell.get("metadata", {}).get("nbgrader")
    return mark if isinstance(mark, dict) else {}


def _tests(cell: dict[str, Any]) -> bool:
    """Say whether a cell was put in by the course: a graded one that is no solution, or public tests, by mark or by id."""
    mark, names = _mark(cell), (_mark(cell).get("grade_id"), cell.get("id"))
    return mark.get("solution") is not True and (mark.get("grade") is True or any(str(name).startswith(PUBLIC) for name in names))
