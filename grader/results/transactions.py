"""How commands change a folder of results, so that a kill at any moment loses nothing and leaves no contradiction.

with writing(out, tell) as index: ...           hold OUT alone, after what an earlier command left undone was done
with changing(out, tell) as index: ...          the same; afterwards reports and grades.csv are written again
with reading(out, tell) as index: ...           what OUT holds, for commands that change nothing
with run(out, "cohort", names, tell) as rows:   grade; the rows that were added by the end replace those of the same names
    rows.extend(grade(...))

`tell` gets a sentence when the command waits for another one. docs/results.md describes the flow.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from grader.course import decision_log
from grader.course.roster import COURSE
from grader.digests import digest
from grader.escape import plain
from grader.model import KitFault
from grader.report_format import Row
from grader.results import class_files, erasure, report_file
from grader.results.folder import GRADES, TRACES, all_reports, report_path, rewritten, summary, table, trace_path, write_grades
from grader.results.index import COLLECTED, INDEX, Entry, Index, locked, read_index, write_index

Tell = Callable[[str], object]
_TRACE = re.compile(rb'\s*\{\s*"schema"\s*:\s*"autodiff-kit/trace/')


@contextmanager
def writing(out: Path, tell: Tell, *, new: bool = True) -> Iterator[Index]:
    """Hold a folder alone and yield its index, brought up to date. Raises KitFault where it holds nothing, unless it may be `new`.

    Where a file that is needed for that is damaged, the index stays stale: this command may be the one that mends the file.
    """
    if not new:
        expect_results(out)
    out.mkdir(parents=True, exist_ok=True)
    with locked(out, tell):
        index = read_index(out) or found_index(out, strict=False)
        if _is_unsettled(index):
            try:
                index = _settled(out, index)
            except KitFault:
                index = read_index(out) or index
        yield index


@contextmanager
def changing(out: Path, tell: Tell) -> Iterator[Index]:
    """Do what `writing` does; afterwards write reports and grades.csv again.

    The block calls `mark_stale` before its first change. Raises KitFault before the block where a report or the roster is damaged.
    """
    with writing(out, tell, new=False) as index:
        for _ in all_reports(out, index):
            pass
        table(out, index)
        yield index
        settle(out)


def expect_results(out: Path) -> None:
    """Raise KitFault unless a run wrote into this folder."""
    if not holds_results(out):
        raise KitFault(f"{out} holds no results: name the OUT of an earlier run, or run grade or cohort first")


def holds_results(out: Path) -> bool:
    """Return whether a run wrote into this folder."""
    return (out / INDEX).exists() or (out / COURSE).exists() or bool(found_index(out, strict=False).entries)


def mark_stale(out: Path, index: Index) -> None:
    """Write down that a change begins: should it be cut off, the next command completes it. What `grader class` made of OUT goes."""
    class_files.delete(out)
    write_index(out, replace(index, stale=True))


def settle(out: Path) -> Index:
    """Complete what was begun in a folder that this process holds, and return its index."""
    return _settled(out, read_index(out) or Index())


@contextmanager
def reading(out: Path, tell: Tell) -> Iterator[Index]:
    """Yield what a folder holds. Nothing is written, unless a command was cut off and left something undone."""
    index = read_index(out)
    if index is None:
        yield found_index(out, strict=True)
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(out, tell, wait=not index.pending))
            index = read_index(out) or Index()
        except BlockingIOError:
            unsettled = False  # a run is under way: what it has not begun can be read
        except OSError:  # a folder that can't be written to
            unsettled = _is_unsettled(index)
        else:
            unsettled = _is_unsettled(index)
        yield _settled(out, index) if unsettled else index


def _is_unsettled(index: Index) -> bool:
    return index.stale or bool(index.forgetting) or any(entry.before is not None for entry in index.entries.values())


def _settled(out: Path, index: Index) -> Index:
    """Complete what was begun: adopt finished results, delete what was to be forgotten, write stale reports and grades.csv again."""
    entries = {name: _adopted(out, name, entry) for name, entry in index.entries.items()}
    for name in index.forgetting:
        for _ in erasure.forget(out, name, entries.get(name, Entry())):
            pass
        entries.pop(name, None)
    return _write(out, Index(entries, index.stale or bool(index.forgetting)))  # whose decisions may have counted for a partner


# ---- runs ---------------------------------------------------------------------


@contextmanager
def run(
    out: Path, command: str, names: Iterable[str], tell: Tell, *,
    source: str | None = None, official: bool = True, own_traces: bool = True, unsure: Iterable[str] = (),
    prepare: Callable[[], None] = lambda: None, columns: Row | None = None,
) -> Iterator[list[Row]]:  # fmt: skip
    """Begin a run over submissions and yield a list for the rows of those that it finishes; the others stay pending.

    `source` is the folder or archive that holds them all: what came from there before and is not among them is gone. None: they were
    named one by one. `own_traces`: OUT keeps the traces from which the reports are made. Of `unsure` submissions only the end of the
    run says what counts. `prepare` is called once OUT is held. `columns` are the steps and the `max_score` that grades.csv
    shows of submissions without a result. Raises KitFault, before anything is changed, where a run that is not
    `official` would replace results that are, or where files that no grader wrote have the names of results.
    """
    names = list(names)
    if not holds_results(out):
        _refuse_to_overwrite(out, names)
    with writing(out, tell) as index:
        if not official:
            _refuse_to_replace(out, index, names)
        if command == "collect":
            _refuse_to_collect(out, index, names)
        number = f"{command} {datetime.now(UTC).isoformat(timespec='seconds')} {secrets.token_hex(3)}"
        decided, rows = decision_log.hashes(out), list[Row]()
        mark_stale(out, index)
        try:
            prepare()
            again = index.stale or decision_log.hashes(out) != decided
            begun = _begun(out, index, names, number, source, frozenset(unsure), columns, own_traces=own_traces)
            write_index(out, replace(begun, stale=again))
            write_grades(out, begun)  # no command is left to do it where this one is killed
            yield rows
        except BaseException:  # KeyboardInterrupt too, where the kit is a library: what is finished is adopted
            with suppress(KitFault, OSError):
                settle(out)
            raise
        _finish(out, number, rows)


def _begun(
    out: Path, index: Index, names: list[str], number: str, source: str | None, unsure: frozenset[str], columns: Row | None, *,
    own_traces: bool,
) -> Index:  # fmt: skip
    entries = dict(index.entries)
    for name, entry in index.entries.items():
        if source and entry.source == source and name not in names:
            entries[name] = replace(entry, gone=True, pending="", before=None)
    for name in names:
        entry = entries.get(name, Entry())
        before = None if name in unsure else _digest(_result(out, name, number))
        origin, trace = entry.source if source is None else source, entry.trace if own_traces else ""
        row = entry.row or columns or {}
        entries[name] = replace(entry, gone=False, pending=number, before=before, source=origin, trace=trace, row=row)
    return Index(entries)


def _finish(out: Path, number: str, rows: list[Row]) -> None:
    index = read_index(out) or Index()
    entries = {name: replace(entry, before=None) for name, entry in index.entries.items()}
    for row in rows:
        entries[row["submission"]] = _done(out, row["submission"], entries[row["submission"]], row, number)
    _write(out, Index(entries, index.stale))


def _write(out: Path, index: Index) -> Index:
    """Write an index and what follows from it: if it is stale all reports, and grades.csv. Return it as it is then."""
    class_files.delete(out)
    write_index(out, replace(index, stale=True))
    index = replace(rewritten(out, index) if index.stale else index, stale=False)
    write_grades(out, index)
    write_index(out, index)
    return index


def _done(out: Path, name: str, entry: Entry, row: Row, number: str) -> Entry:
    collected = number.startswith("collect ")
    trace = f"{name}.json" if collected else entry.trace
    if not number.startswith(("collect ", "compare ")):
        trace = str(trace_path(out, name).relative_to(out))
    return replace(
        entry, status=row["status"], sha256=row["sha256"], run=number, row={} if collected else row, trace=trace, pending="", before=None
    )


def _adopted(out: Path, name: str, entry: Entry) -> Entry:
    """Return the entry of a submission after its run was cut off: finished, if the run wrote its result, and pending if not."""
    if entry.before is None:
        return entry
    path = _result(out, name, entry.pending)
    if _digest(path) in ("", entry.before):
        return replace(entry, before=None)
    return _done(out, name, entry, _collected(path) if path.parent == out else summary(out, report_file.read(path)), entry.pending)


def _result(out: Path, name: str, number: str) -> Path:
    """Return the file that a run writes last for a submission."""
    return out / f"{name}.json" if number.startswith("collect ") else report_path(out, name)


def _collected(path: Path) -> Row:
    sha256 = json.loads(path.read_bytes())["submission_sha256"]
    return {"submission": path.stem, "status": COLLECTED, "sha256": str(sha256)}


def _digest(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def _refuse_to_overwrite(out: Path, names: Iterable[str]) -> None:
    """Raise KitFault where a folder that holds no results has files of the names that results have: they are somebody's."""
    files = (out / GRADES, *(out / name / file for name in names for file in erasure.REPORT))
    if found := [str(file.relative_to(out)) for file in files if file.exists()]:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise KitFault(f"{plain(str(out))} holds {plain(found[0])}{more}, and the grader did not write it: name a new folder as --out")


def _refuse_to_replace(out: Path, index: Index, names: list[str]) -> None:
    """Raise KitFault where a part of a grading would take the place of a whole one."""
    official = [name for name in names if (entry := index.entries.get(name)) and entry.status == "graded" and not _is_partial(entry)]
    if official:
        raise KitFault(f"{out} holds the whole results of {', '.join(official)}, and this run grades only a part: name another --out")


def _is_partial(entry: Entry) -> bool:
    return bool(entry.row.get("partial"))


def _refuse_to_collect(out: Path, index: Index, names: list[str]) -> None:
    if held := [name for name in names if name in index.entries and index.entries[name].status not in ("", COLLECTED)]:
        raise KitFault(f"{out} holds reports on {', '.join(held)}: collect into another folder")


# ---- folders without an index -------------------------------------------------


def found_index(out: Path, *, strict: bool) -> Index:
    """Return the index of what lies in a folder that has none: reports of an earlier version, or traces from elsewhere.

    Raises KitFault at a damaged report if `strict`; else leaves it out.
    """
    entries = {path.stem: Entry(COLLECTED, trace=f"{TRACES}/{path.name}") for path in sorted((out / TRACES).glob("*.json"))}
    if not entries:
        entries = {path.stem: Entry(COLLECTED, trace=path.name) for path in sorted(out.glob("*.json")) if _is_trace(path)}
    for path in sorted(out.glob("*/report.json")):
        name = path.parent.name
        if name.startswith("."):
            continue
        try:
            row = summary(out, report_file.read(path))
        except KitFault:
            if strict:
                raise
            continue
        entries[name] = Entry(row["status"], row["sha256"], "unknown", trace=entries[name].trace if name in entries else "", row=row)
    return Index(entries)


def _is_trace(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return bool(_TRACE.match(file.read(200)))
    return False
