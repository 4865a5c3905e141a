"""Choose the program in what was handed in: by its name, else the only candidate, else the only one that holds the functions.

Candidates are searched as text. Nothing of a submission is ever parsed or compiled here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader.digests import digest
from grader.intake.archive import listed
from grader.intake.kinds import HEAD, archive_kind, foreign_kind, is_archive, is_likely, is_program
from grader.intake.listing import CONTENT_CAP, ENCRYPTED, MAX_HELD_BYTES, TOO_LARGE, Entry, bytes_entry
from grader.intake.notebook import CELL_END, DEFINES, code_of, is_notebook
from grader.intake.refusal import Refused, Unusable

SOURCE_CAP = 1_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LARGEST = CONTENT_CAP // 1_000_000
"""CONTENT_CAP in MB."""
SHOWN = 5
"""Names of files that a sentence lists."""
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked for: the name of the program, and the hashes of starters that are no work."""

    name: str = "autodiff.py"
    starters: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the program counts, the better one first: as a file, and as a notebook."""
        return (self.name, self.name[: -len(".py")] + ".ipynb") if self.name.endswith(".py") else (self.name,)


AUTODIFF = Target()


@dataclass(frozen=True, slots=True)
class Program:
    """The bytes of one file: of a notebook its code cells, each ended by a NUL. The notes are for the student."""

    path: PurePosixPath
    source: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: PurePosixPath
    content: bytes

    @property
    def defines(self) -> bool:
        return DEFINES_BYTES.search(self.content) is not None


DEFINES_BYTES = re.compile(DEFINES.pattern.encode())


def starter_hash(source: bytes) -> str:
    """Return the SHA-256 by which a starter is known, whatever its line ends are."""
    return digest(source.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n"))


def find_program(entries: Sequence[Entry], target: Target, *, levels: int = 1) -> Program:
    """Return the program among files. Archives among them are looked into, so many `levels` of them in one another.

    What was handed in may be an archive in which another lies. A folder around it does not count. Raises Unusable where there is no
    program, or several that could be it.
    """
    named = [entry for entry in entries if entry.path.name in target.names and not entry.fault]
    if not named:
        return _other(entries, target, levels=levels)
    named.sort(key=lambda entry: (target.names.index(entry.path.name), len(entry.path.parts)))
    best = named[0].path
    rivals = [entry for entry in named if entry.path.name == best.name and len(entry.path.parts) == len(best.parts)]
    program = _of_same_name(rivals, target, levels=levels)
    if starter_hash(program.source) in target.starters:
        return _in_place_of_starter(entries, program, target, levels=levels)
    return program


def decoded(path: PurePosixPath, content: bytes, target: Target, *, levels: int = 1) -> Program:
    """Return the program in one file's bytes. An archive that is called as a program is looked into, if `levels` are left.

    Raises Unusable, or Refused for a file that is empty or no text.
    """
    head, name = content[:HEAD], path.name
    if archive_kind(head) and levels:
        inside = listed(bytes_entry(path, content), target.names)
        return _noted(find_program(inside, target, levels=levels - 1), f"{name} is an archive; what it holds was graded.")
    if kind := foreign_kind(head) or (f"an archive ({archive_kind(head)})" if archive_kind(head) else ""):
        raise Unusable(f"{name} is {kind}, and not the program itself.")
    notes: tuple[str, ...] = ()
    if name.lower().endswith(".ipynb") or is_notebook(content):
        if len(content) > CONTENT_CAP:
            raise Unusable(f"The notebook is larger than {LARGEST} MB without its outputs.")
        code = code_of(content, target.names)
        notes = (
            code.notes if name.lower().endswith(".ipynb") else (f"{name} is a notebook (JSON): its code cells were graded.", *code.notes)
        )
        content = code.source
    elif b"\0" in content and len(content) <= SOURCE_CAP:
        raise Refused(f"{target.name} holds NUL bytes, so it is not a text: save it as UTF-8.", content)
    if len(content) > SOURCE_CAP:
        raise Unusable(f"{target.name} is larger than {SOURCE_CAP // 1_000_000} MB: hand in the program alone, without data.")
    if not content.removeprefix(BYTE_ORDER_MARK).replace(CELL_END.encode(), b"").strip():
        raise Refused(f"{target.name} is empty.", content)
    return Program(path, content, notes)


def _noted(program: Program, *notes: str) -> Program:
    return replace(program, notes=(*notes, *program.notes))


def _contents(entries: Iterable[Entry]) -> list[_Candidate]:
    """Return the files' contents, of equal ones the first. Raises Unusable where they are too much together."""
    found: dict[bytes, _Candidate] = {}
    held = 0
    for entry in entries:
        content = entry.read_program()
        held += len(content)
        if held > max(CONTENT_CAP, len(content)):
            raise Unusable(
                f"There are several files called {entry.path.name}, larger than {CONTENT_CAP // 1_000_000} MB together: hand in one."
            )
        found.setdefault(content, _Candidate(entry.path, content))
    return list(found.values())


def _candidates(entries: Iterable[Entry], target: Target) -> list[_Candidate]:
    """Return the contents of files that may be programs, of equal ones the first; no starters, and nothing that is damaged."""
    found: dict[bytes, _Candidate] = {}
    held = 0
    for entry in entries:
        try:
            content = b"" if entry.fault or not is_program(entry.path.name) else entry.read_program()
        except Unusable:
            continue
        held += len(content)
        if held > MAX_HELD_BYTES:
            raise Unusable(f"There is no {target.name}, and the other files are larger than {MAX_HELD_BYTES // 1_000_000} MB together.")
        if content and starter_hash(content) not in target.starters:
            found.setdefault(content, _Candidate(entry.path, content))
    return list(found.values())


def _of_same_name(rivals: Sequence[Entry], target: Target, *, levels: int) -> Program:
    """Return the program of files that are called alike and lie equally deep."""
    found = _contents(rivals)
    paths = [entry.path for entry in rivals]
    if len(found) == 1:
        program = decoded(found[0].path, found[0].content, target, levels=levels)
        if len(set(paths)) == 1:
            return program
        return _noted(program, f"{len(paths)} copies of {paths[0].name} are the same ({names_of(paths)}): one was graded.")
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise Unusable(f"{twice} is in the archive twice, and not the same: hand in one.")
    written = [candidate for candidate in found if candidate.defines and starter_hash(candidate.content) not in target.starters]
    if len(written) != 1:
        raise Unusable(f"There are several files called {found[0].path.name} ({found[0].path} and {found[1].path}): hand in one.")
    others = [path for path in paths if path != written[0].path]
    note = f"{written[0].path} was graded: it alone holds the functions. Not graded: {names_of(others)}."
    return _noted(decoded(written[0].path, written[0].content, target, levels=levels), note)


def _in_place_of_starter(entries: Sequence[Entry], starter: Program, target: Target, *, levels: int) -> Program:
    """Return the notebook or the only other program beside an untouched starter, else the starter."""
    notebooks = [entry for entry in entries if entry.path.name in target.names[1:]]
    found = [candidate for candidate in _candidates(notebooks or entries, target) if candidate.defines]
    if not found:
        return starter
    if len(found) > 1:
        raise Unusable(
            f"{starter.path} is the starter as it was handed out, and several files lie beside it: {names_of(c.path for c in found)}."
        )
    note = f"{starter.path} is the untouched starter, so {found[0].path} beside it was graded."
    return _noted(decoded(found[0].path, found[0].content, target, levels=levels), note)


def _other(entries: Sequence[Entry], target: Target, *, levels: int) -> Program:
    """Return the program under another name, or in the one archive among the files."""
    found = _candidates(entries, target)
    likely = [candidate for candidate in found if is_likely(candidate.path.name)]
    chosen = [candidate for candidate in found if candidate.defines] or likely
    archives = [entry for entry in entries if is_archive(entry.path.name)]
    if archives and levels and not any(candidate.defines for candidate in chosen):
        try:
            return _in_archive(archives, target, levels - 1)
        except Unusable:
            if len(chosen) != 1:
                raise
    if len(chosen) > 1:
        raise Unusable(f"There is no {target.name}, and several files could be it ({names_of(c.path for c in chosen)}): hand in one.")
    if not chosen:
        raise Unusable(_nothing(entries, target))
    [only] = chosen
    others = [entry.path for entry in entries if is_program(entry.path.name) and entry.path != only.path]
    why = "the only one that holds the functions" if others else "the only program that was found"
    note = f"There is no {target.name}: {only.path}, {why}, was graded."
    note += f" Not graded: {names_of(others)}." if others else ""
    return _noted(decoded(only.path, only.content, target, levels=levels), note)


def _in_archive(archives: Sequence[Entry], target: Target, levels: int) -> Program:
    """Return the program in the one archive among files; so many `levels` of archives in it are looked into."""
    if len(archives) > 1:
        raise Unusable(
            f"There is no {target.name}, and there are several archives ({archives[0].path} and {archives[1].path}): hand in one."
        )
    if archives[0].fault:
        raise Unusable(f"There is no {target.name}, and {archives[0].path} is {archives[0].fault}.")
    return find_program(listed(archives[0], target.names), target, levels=levels)


def _nothing(entries: Sequence[Entry], target: Target) -> str:
    """Return the sentence that no program was found, with what is there."""
    faulty = next((entry for entry in entries if entry.path.name in target.names and entry.fault), None)
    if faulty is not None:
        wanted = {ENCRYPTED: "hand it in without a password", TOO_LARGE: "hand in the program alone"}
        return f"{faulty.path} is {faulty.fault}: {wanted.get(faulty.fault, 'hand in the file itself')}."
    names = [f"{shown}{f' ({kind})' if (kind := entry.kind()) else ''}" for entry in entries[:SHOWN] if (shown := _short(entry.path))]
    more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
    there = f"What is there: {', '.join(names)}{more}." if names else "No file is there."
    return f"There is no {target.name} in what was handed in. {there}"


def names_of(paths: Iterable[PurePosixPath]) -> str:
    """Return the first few of the paths, for a sentence."""
    names = list(map(_short, paths))
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _short(path: PurePosixPath) -> str:
    """Return a path for a sentence, its end where it is long."""
    text = str(path)
    return text if len(text) <= LONGEST_NAME else "..." + text[3 - LONGEST_NAME :]
