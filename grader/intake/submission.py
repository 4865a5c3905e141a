"""What a student handed in, under the id by which the course knows it: the bytes of the program, or why there is none."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from grader.digests import digest
from grader.intake.archive import archive_entries, listed
from grader.intake.choice import AUTODIFF, DEFINES_BYTES, Program, Target, decoded, find_program, names_of, starter_hash
from grader.intake.kinds import HEAD, SUFFIXES, archive_kind, foreign_kind, is_archive, is_likely, is_program
from grader.intake.listing import Entry, folder_entries, reading, regular_file
from grader.intake.refusal import NoProgram, Refused, Unusable

TABLE = "grades.csv"
"""What no id begins with: the table of a run lies beside the folders of its submissions."""
IN_FOLDER = 2
"""So many archives in one another are looked into in a folder; in an archive that was handed in it is one more."""
STARTER_NOTE = "Nothing was written: this is the starter as it was handed out."
LONGEST_ID = 200
"""Bytes of an id: files are named after it."""
LONGEST_PROBLEM = 300
"""Characters of a sentence for the report: names inside an archive may be of any length."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work: the bytes of the program, or a sentence that says why nothing is loaded."""

    id: str
    source: bytes
    problem: str = ""
    """Why the program is a graded zero. Its bytes are known then, too."""
    unusable: str = ""
    """Why there is no program: no file of the right name, a damaged archive, a notebook that is not JSON, more than the limits allow."""
    notes: tuple[str, ...] = ()
    """Sentences for the report, such as which of several files was graded."""

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to load."""
        return bool(self.problem or self.unusable)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was handed in, under the id by which the course knows it; read when its turn comes.

    `files` are several that belong together, by the names that the student gave them; there is no `path` then that holds them all.
    """

    id: str
    path: Path
    target: Target = AUTODIFF
    files: tuple[tuple[str, Path], ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the report on how this came in."""


Handed = Path | Found | Submission
"""What can be read as a submission: a path, a path under another id, or what was read already."""


def submission_id(handed: Handed, target: Target = AUTODIFF) -> str:
    """Return the folder's or archive's full name, known suffixes cut; for a file called as asked its folder's name."""
    if not isinstance(handed, Path):
        return handed.id
    path = handed.absolute()
    return safe_id(path.parent.name if path.name in target.names else path.name if path.is_dir() else stem(path.name))


def stem(name: str) -> str:
    """Return a file's name without a known suffix."""
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix) and len(name) > len(suffix)), "")
    return name.removesuffix(name[len(name) - len(suffix) :])


def safe_id(name: str) -> str:
    """Return the name, what is not UTF-8 in it spelled out, and fit for a folder; of a very long one the beginning and a hash.

    Space around it is dropped and letters are composed (NFC), so that names that look the same are one id.
    """
    name = unicodedata.normalize("NFC", name).strip()
    name = name.replace("/", "_").replace("\0", "_")
    whole = _text("_" + name if not name or name.startswith((".", TABLE)) else name).encode()
    if len(whole) <= LONGEST_ID:
        return whole.decode()
    return whole[: LONGEST_ID - 9].decode(errors="ignore") + "~" + digest(whole)[:8]


def _text(text: str) -> str:
    """Return the text with halves of letters spelled out: a name that is not UTF-8 could be written to no report."""
    return text.encode("utf-8", "backslashreplace").decode()


def unusable(name: str, why: object) -> Submission:
    """Return the submission in which no program was found, with the sentence that says why."""
    return Submission(name, b"", unusable=_sentence(why))


def _sentence(text: object) -> str:
    """Return a sentence for the report, cut where it is far too long."""
    return _text(str(text))[:LONGEST_PROBLEM]


def _of(name: str, find: Callable[[], Program], target: Target) -> Submission:
    """Return the submission with the program that `find` returns, or with the reason that it raises."""
    try:
        program = find()
        notes = (*program.notes, STARTER_NOTE) if starter_hash(program.source) in target.starters else program.notes
        return Submission(name, program.source, notes=tuple(map(_sentence, notes)))
    except Refused as why:
        return Submission(name, why.content, problem=_sentence(why))
    except NoProgram as why:
        return unusable(name, why)


def read_submission(handed: Handed, target: Target = AUTODIFF) -> Submission:
    """Return the submission that was handed in, whatever is wrong with it. A Found brings its own target."""
    if isinstance(handed, Submission):
        return handed
    name = submission_id(handed, target)
    if isinstance(handed, Path):
        handed = Found(name, handed, target)
    try:
        found = _of(name, partial(_read, handed), handed.target)
        return replace(found, notes=(*found.notes, *handed.notes))
    except OSError as error:
        return unusable(name, f"{handed.path.name} can't be read: {error.strerror}.")


def submission_of(name: str, entries: Sequence[Entry], target: Target = AUTODIFF) -> Submission:
    """Return the submission among files that were listed already."""
    return _of(name, partial(find_program, entries, target, levels=IN_FOLDER), target)


def submission_of_file(name: str, entry: Entry, target: Target = AUTODIFF) -> Submission:
    """Return the submission in one file that was listed already, whatever it is called."""
    return _of(name, partial(_single, entry, target), target)


def submission_of_files(name: str, entries: Sequence[Entry], target: Target = AUTODIFF) -> Submission:
    """Return the submission of several files that a student handed in side by side, with a note on those that do not count."""
    return _of(name, partial(_one_of, entries, target), target)


def _read(found: Found) -> Program:
    if found.files:
        return _one_of([Entry(PurePosixPath(name), partial(regular_file, path)) for name, path in found.files], found.target)
    if found.path.is_dir():
        return find_program(folder_entries(found.path), found.target, levels=IN_FOLDER)
    return _single(Entry(PurePosixPath(found.path.name), partial(regular_file, found.path)), found.target)


def _one_of(entries: Sequence[Entry], target: Target) -> Program:
    program = find_program(entries, target, levels=IN_FOLDER)
    others = [entry.path for entry in entries if entry.path != program.path]
    if not others or program.notes:
        return program
    return replace(program, notes=(f"{program.path} was graded. Not graded: {names_of(others)}.",))


def notebook_content(path: Path) -> bytes:
    """Return the JSON of a notebook that was handed in, without its outputs if it is large. Raises Unusable or OSError."""
    return Entry(PurePosixPath(path.name), partial(regular_file, path)).read_program()


def _single(entry: Entry, target: Target) -> Program:
    """Return the program in a file that was handed in alone, whatever it is called."""
    name = entry.path.name
    if entry.inside is not None:
        return find_program(listed(entry, target.names), target)
    with reading(entry.path), entry.open() as file:
        head = file.read(HEAD)
        file.seek(0)
        if archive_kind(head) or is_archive(name):
            return find_program(archive_entries(name, file, target.names), target)
        if foreign_kind(head) and not is_program(name):
            raise Unusable(f"{name} is {foreign_kind(head)}, and neither a Python file nor a notebook, folder or archive.")
    content = entry.read_program()
    if not is_likely(name) and not (is_program(name) and DEFINES_BYTES.search(content)) and name not in target.names:
        raise Unusable(f"{name} is neither a Python file nor a notebook, folder or archive with an {target.name} in it.")
    return decoded(entry.path, content, target)
