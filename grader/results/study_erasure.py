"""Pseudonyms of a study, and the erasure of a participant: from study.json, from the log, and from tables that were made of them.

name = pseudonym(key, person)
for sentence in erase(out, name): ...       what was deleted; to do it again does no harm
for sentence in remains(out, name): ...     what this program can't delete; call it before `erase`
"""

import csv
import hashlib
import hmac
import io
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from grader.atomic_write import write_text
from grader.model import KitFault
from grader.results.study import Study, erase_from_log, read_study, write_study

KEY_BYTES = 32
DIGITS = 16
"""Hexadecimal digits of a pseudonym, 64 bits: in a class of 1,000 two are the same with a chance below one in 10^13."""
NOTE = ".grader-study"
"""A file in each folder of tables, so that no other folder is ever changed by an erasure."""


def pseudonym(key: bytes, person: str) -> str:
    """Return a participant's name in the tables: a keyed digest (HMAC-SHA-256), which nobody can trace back without the key."""
    return f"S-{hmac.new(key, person.encode('utf-8', 'surrogateescape'), hashlib.sha256).hexdigest()[:DIGITS]}"


def read_key(path: Path) -> bytes:
    """Return the key in a file. Raises KitFault if it is not a key, or others on this machine may read it."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KitFault(f"{path}: others may read this key: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KitFault(f"{path}: this is no key of a study: name the file that `grader study data` made")
    return key


def erase(out: Path, name: str) -> Iterator[str]:
    """Take a person out of a study and yield what was done; nothing where OUT holds no study or the name is not in it."""
    study = read_study(out)
    if study is None:
        return
    for folder, key in study.data:
        for path in _erase_rows(Path(folder), Path(key), name):
            yield f"{path}: the rows of one participant; run `grader study analyse` again"
    for path in erase_from_log(out, name):
        yield f"{path}: what was shown to one participant"
    if name in study.people:
        arm = study.people[name].arm
        people = {each: entry for each, entry in study.people.items() if each != name}
        withdrawn = {**study.withdrawn, arm: study.withdrawn.get(arm, 0) + 1}
        write_study(out, replace(study, people=people, withdrawn=withdrawn))
        yield f"one participant of the study; that somebody of the arm {arm} was erased can still be seen"


def _erase_rows(folder: Path, key: Path, name: str) -> Iterator[Path]:
    """Delete a person's rows from the tables in a folder, if folder and key can be read; yield the tables that changed."""
    if _unreadable(folder, key):
        return
    mine = pseudonym(read_key(key), name)
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        left = [row for row in rows if row[:1] != [mine]]
        if left != rows:
            text = io.StringIO()
            csv.writer(text).writerows(left)
            write_text(path, text.getvalue())
            yield path


def _unreadable(folder: Path, key: Path) -> str:
    """Return why the rows of one person can't be found in a folder; empty if they can."""
    if not (folder / NOTE).is_file():
        return "is not there any more"
    try:
        read_key(key)
    except (OSError, KitFault):
        return f"can't be searched, because its key {key} can't be read"
    return ""


def remains(out: Path, name: str) -> Iterator[str]:
    """Yield sentences on what an erasure does not reach. Call it before `erase`."""
    study = read_study(out)
    if study is None or name not in study.people:
        return
    for folder, key in study.data:
        if why := _unreadable(Path(folder), Path(key)):
            yield f"{folder} holds tables of the study and {why}: delete the rows of this participant in each copy yourself"
    if study.data:
        yield from _always(study)


def _always(study: Study) -> Iterator[str]:
    folders = ", ".join(folder for folder, _ in study.data)
    yield f"copies of {folders} that were handed on, backups, and reports of the study that were printed or published stay as they are"
