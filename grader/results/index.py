"""OUT/.index.json: which submissions a folder of results holds, and which run made each result.

The index is the truth: a report counts only where the index has an entry for it, and grades.csv is made from the entries alone.
`transactions` changes an index; docs/results.md describes the flow.
"""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from grader.atomic_write import write_text
from grader.model import KitFault
from grader.report_format import Row

INDEX, LOCK = ".index.json", ".lock"
SCHEMA = "autodiff-kit/index/v1"
COLLECTED = "collected"
"""The status of a submission of which there is a trace and no report."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission in a folder of results."""

    status: str = ""
    """That of its report, or `collected`; empty while nothing is there yet."""
    sha256: str = ""
    """The hash of the submission that was graded."""
    run: str = ""
    """The run that made the result: a command, a time and a random part."""
    source: str = ""
    """The folder or archive from which `cohort` or `compare` took it; empty where it was named alone."""
    trace: str = ""
    """Where its trace is, relative to OUT; empty if OUT has none."""
    row: Row = field(default_factory=Row)
    """What grades.csv shows of the report: see `results.summary`."""
    gone: bool = False
    """Its source no longer holds it. Its files stay; it is neither compared nor exported with points."""
    pending: str = ""
    """The run that began it and has not finished it. Until a run does, it has no result that counts."""
    before: str | None = None
    """The hash of its result's file when that run began, empty if there was none. None: such a file proves nothing."""

    @property
    def has_report(self) -> bool:
        """Return whether a report should be there and counts."""
        return self.status not in ("", COLLECTED) and not self.gone and not self.pending


PARTS = tuple(part.name for part in fields(Entry))


@dataclass(frozen=True, slots=True)
class Index:
    """All entries, by submission."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    stale: bool = False
    """A command began to change something: reports and grades.csv must be written again from entries and decisions."""
    forgetting: tuple[str, ...] = ()
    """Submissions whose deletion began."""

    @property
    def reported(self) -> list[str]:
        """Return the submissions whose reports count, in the order of their names."""
        return sorted(name for name, entry in self.entries.items() if entry.has_report)

    @property
    def pending(self) -> list[str]:
        """Return the submissions that a run began and did not finish."""
        return sorted(name for name, entry in self.entries.items() if entry.pending)

    @property
    def max_score(self) -> float:
        """Return the assignment's points, 0 while nothing is graded."""
        return next((entry.row["max_score"] for _, entry in sorted(self.entries.items()) if entry.row.get("max_score")), 0)

    @property
    def gone(self) -> list[str]:
        """Return the submissions that their source no longer holds."""
        return sorted(name for name, entry in self.entries.items() if entry.gone)


def read_index(out: Path) -> Index | None:
    """Return the index of a folder, None if it has none. Raises KitFault if it is damaged."""
    path = out / INDEX
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != SCHEMA:
            raise KitFault(f"{path} is of another version of the grader ({data['schema']!r}): name a new --out")
        entries = {str(name): _entry(entry) for name, entry in data["submissions"].items()}
        return Index(entries, data["stale"] is True, tuple(map(str, data["forgetting"])))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KitFault(
            f"{path}: damaged: bring the file back, or delete it, and the next command makes it again from the reports that are there"
        ) from None


def _entry(data: dict[str, Any]) -> Entry:
    entry = Entry(**data)
    for part in fields(Entry):
        value, kind = getattr(entry, part.name), {"row": dict, "gone": bool}.get(part.name, str)
        if not isinstance(value, kind) and not (part.name == "before" and value is None):
            raise TypeError(part.name)
    return entry


def write_index(out: Path, index: Index) -> None:
    """Write the index in one move; after that it survives a loss of power."""
    submissions = {name: {part: getattr(index.entries[name], part) for part in PARTS} for name in sorted(index.entries)}
    data = {"schema": SCHEMA, "stale": index.stale, "forgetting": index.forgetting, "submissions": submissions}
    write_text(out / INDEX, json.dumps(data, separators=(",", ":")) + "\n", durable=True)


@contextmanager
def locked(out: Path, tell: Callable[[str], object], *, wait: bool = True) -> Iterator[None]:
    """Hold a folder alone, so that no other command changes it.

    Where another command holds it, say so and wait. Raises BlockingIOError instead, if not to `wait`.
    """
    with (out / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            tell(f"another command works in {out}: waiting until it ends")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
