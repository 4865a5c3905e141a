"""Read what was handed in: a Python file, a folder, an archive or a notebook. Nothing is unpacked, imported or compiled.

What can't be graded becomes a Submission with a `problem`, a sentence for the student; it never stops a run.
"""

import hashlib
import io
import json
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
from typing import Any

SOURCE_CAP = 1_000_000
ARCHIVE_CAP = 50_000_000
MEMBERS = 2_000
NAMES = ("autodiff.py", "autodiff.ipynb")
PUBLIC = "public-"
"""How the names of the notebook's cells of public tests begin."""
CELL_END = "\0"
TABLE = "grades.csv"
"""What no id begins with: the table of a run stands beside the folders of its submissions."""
LONGEST_ID = 200
"""Bytes of an id: files are named after it."""
LONGEST_PROBLEM = 300
"""Characters of a sentence on what can't be graded: names inside an archive may be of any length."""
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
SUFFIXES = (".py", ".ipynb", *ARCHIVES)
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, OverflowError, ValueError)
"""What the library raises for an archive that is damaged, encrypted or written to do harm."""


Wanted = Callable[[PurePosixPath], bool]
Members = Callable[[Wanted], Iterable[tuple[PurePosixPath, bytes]]]
"""Gives the paths and bytes of those files that a function of their path wants."""


class Refused(ValueError):
    """What was handed in can't be graded; the message is a sentence for the student."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work: the bytes of autodiff.py, or the `problem` because of which there are none."""

    id: str
    source: bytes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was handed in, under the id by which the course knows it; read when its turn comes."""

    id: str
    path: Path


Handed = Path | Found | Submission
"""What can be read as a submission: a path, a path under another id, or what was read already."""


def submission_id(handed: Handed) -> str:
    """Return the folder's or archive's full name, known suffixes cut; for a file called autodiff.* its folder's name."""
    if not isinstance(handed, Path):
        return handed.id
    path = handed.absolute()
    return safe_id(path.parent.name if path.name in NAMES else path.name if path.is_dir() else stem(path.name))


def stem(name: str) -> str:
    """Return a file's name without a known suffix."""
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix) and len(name) > len(suffix)), "")
    return name.removesuffix(name[len(name) - len(suffix) :])


def safe_id(name: str) -> str:
    """Return the name, what is not UTF-8 in it spelled out, and fit for a folder; of a very long one the beginning and a hash."""
    name = name.replace("/", "_").replace("\0", "_")
    whole = _text("_" + name if not name or name.startswith((".", TABLE)) else name).encode()
    if len(whole) <= LONGEST_ID:
        return whole.decode()
    return whole[: LONGEST_ID - 9].decode(errors="ignore") + "~" + hashlib.sha256(whole).hexdigest()[:8]


def _text(text: str) -> str:
    """Return the text with halves of letters spelled out: a name that is not UTF-8 could be written to no report."""
    return text.encode("utf-8", "backslashreplace").decode()


def read_submission(handed: Handed) -> Submission:
    """Return the submission that was handed in, whatever is wrong with it."""
    if isinstance(handed, Submission):
        return handed
    path = handed.path if isinstance(handed, Found) else handed
    try:
        return Submission(submission_id(handed), _checked(_read(path)))
    except Refused as refusal:
        return refused(submission_id(handed), str(refusal))
    except OSError as error:
        return refused(submission_id(handed), f"{path.name} can't be read: {error.strerror}.")


def refused(name: str, problem: str) -> Submission:
    """Return the submission that holds nothing to grade, with the sentence that says why."""
    return Submission(name, b"", _text(problem)[:LONGEST_PROBLEM])


def submission_of(name: str, members: Members, archive: PurePosixPath | None = None) -> Submission:
    """Return the submission whose files were read already, each with its path; archives among them are looked into.

    Where they are but one `archive`, that is what was handed in, and may hold another as a folder may.
    """
    try:
        if archive:
            [(_, content)] = members(lambda path: path == archive)
            members = _archive(archive, content)
        return Submission(name, _checked(_choose(members)))
    except Refused as refusal:
        return refused(name, str(refusal))


def _checked(source: bytes) -> bytes:
    if len(source) > SOURCE_CAP:
        raise Refused(f"autodiff.py is larger than {SOURCE_CAP // 1_000_000} MB: hand in the program alone, without data.")
    if not source.removeprefix(b"\xef\xbb\xbf").replace(CELL_END.encode(), b"").strip():
        raise Refused("autodiff.py is empty.")
    return source


def _read(path: Path) -> bytes:
    name = path.name.lower()
    if path.is_dir():
        return _choose(partial(_folder, path))
    if name.endswith((".py", ".ipynb")):
        return _decoded(name, _read_file(path, ARCHIVE_CAP if name.endswith(".ipynb") else SOURCE_CAP))
    if name.endswith(SUFFIXES):
        return _choose(_archive(PurePosixPath(path.name), _read_file(path, ARCHIVE_CAP)))
    raise Refused(f"{path.name} is neither a Python file nor a notebook, folder or archive with an autodiff.py in it.")


def _read_file(path: Path, cap: int) -> bytes:
    """Return at most cap + 1 bytes of a regular file; a link, a device or a pipe is refused."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(f"{path.name} is not a regular file.")
        return file.read(cap + 1)


def _choose(members: Members, *, nested: bool = False) -> bytes:
    """Return the one autodiff.py (or autodiff.ipynb) that lies least deep; where there is none, look into the one archive."""
    found, held = [], 0
    for path, content in members(_wanted):
        found.append((path, content))
        held += len(content)
        if held > ARCHIVE_CAP:
            raise Refused(f"There are several files called {path.name}, larger than {ARCHIVE_CAP // 1_000_000} MB together: hand in one.")
    if not found:
        return _inner(members, nested=nested)
    found.sort(key=lambda member: (NAMES.index(member[0].name), len(member[0].parts)))
    best, content = found[0]
    rivals = [path for path, _ in found[1:] if path.name == best.name and len(path.parts) == len(best.parts)]
    if rivals:
        raise Refused(f"There are several files called {best.name} ({best} and {rivals[0]}): hand in one.")
    return _decoded(best.name, content)


def _inner(members: Members, *, nested: bool) -> bytes:
    """Return the program in the one archive that lies in what was handed in: one level deep, and no deeper."""
    found = []
    for path, content in members(_is_archive) if not nested else ():
        found.append((path, content))
        if len(found) > 1:
            raise Refused(f"There is no autodiff.py, and there are several archives ({found[0][0]} and {path}): hand in one.")
    if not found:
        raise Refused("There is no autodiff.py in what was handed in.")
    return _choose(_archive(*found[0]), nested=True)


def _archive(path: PurePosixPath, content: bytes) -> Members:
    if len(content) > ARCHIVE_CAP:
        raise Refused(f"{path.name} is larger than {ARCHIVE_CAP // 1_000_000} MB.")
    return partial(_zip if path.name.lower().endswith(".zip") else _tar, content)


def _is_archive(path: PurePosixPath) -> bool:
    return path.name.lower().endswith(ARCHIVES) and not any(part.startswith((".", "__")) for part in path.parts)


def _wanted(path: PurePosixPath) -> bool:
    return path.name in NAMES and not any(part.startswith((".", "__")) for part in path.parts)


def _folder(root: Path, wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
    for count, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        if count > MEMBERS:
            raise Refused("The folder holds too many folders.")
        for name in files:
            path = Path(folder, name)
            inside = PurePosixPath(path.relative_to(root).as_posix())
            if wanted(inside) and not path.is_symlink():
                yield inside, _read_file(path, ARCHIVE_CAP)


def _zip(content: bytes, wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MEMBERS:
                raise Refused("The archive holds too many files.")
            for member in archive.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)
                if wanted(PurePosixPath(member.filename)) and kind in (0, stat.S_IFREG):
                    with archive.open(member) as file:
                        yield PurePosixPath(member.filename), file.read(_cap(member.filename) + 1)
    except DAMAGED as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"The archive can't be read: {error}.") from None


def _tar(content: bytes, wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for count, member in enumerate(archive):
                if count > MEMBERS or archive.offset > 20 * ARCHIVE_CAP:
                    raise Refused("The archive holds too much.")
                if wanted(PurePosixPath(member.name)) and member.isreg():
                    file = archive.extractfile(member)
                    yield PurePosixPath(member.name), file.read(_cap(member.name) + 1) if file else b""
    except DAMAGED as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"The archive can't be read: {error}.") from None


def _cap(name: str) -> int:
    return SOURCE_CAP if name.endswith(".py") else ARCHIVE_CAP


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
