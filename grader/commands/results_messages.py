"""What commands say about a folder of results: what they refuse, what does not count, and who waits for a decision."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.options import complain, note
from grader.escape import argument
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.course.decision_log import Entry as DecisionEntry
    from grader.report_format import Row
    from grader.results.index import Entry, Index

FEW = 8
"""The most names in a sentence that each run prints."""


def check_apart(path: Path, out: Path) -> None:
    """Raise KitFault where a folder of submissions and OUT are the same, or one lies in the other."""
    submissions, results = path.resolve(), out.resolve()
    if path.is_dir() and (results.is_relative_to(submissions) or submissions.is_relative_to(results)):
        raise KitFault(f"{out} (--out) and the submissions in {path} lie in each other, and would be mixed: name another folder as --out")


def check_works(paths: Iterable[Path], out: Path) -> None:
    """Raise KitFault for a folder of OUT itself: there is a report in it and no work."""
    for path in paths:
        if path.resolve().is_relative_to(out.resolve()) and (path / "report.json").is_file():
            raise KitFault(f"{path} holds a report, and no submission: name what was handed in")


def another_rubric(out: Path, sha256: str, kit: Path | None) -> str:
    """Return a sentence where the results in OUT were made with another rubric than a run is about to use; empty if they were not."""
    from grader.results.folder import present, read_report
    from grader.results.index import read_index

    index = read_index(out)
    for name in present(out, index) if index else ():
        try:
            before = read_report(out, name)["provenance"]["rubric_sha256"]
        except KitFault:
            continue
        if before == sha256:
            return ""
        now = f"the rubric of {kit}" if kit else "the grader's own rubric"
        return f"the results in {out} were made with another rubric ({before[:8]}); {now} ({sha256[:8]}) counts now: scores may move"
    return ""


def traces_in(given: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Return the traces that are named, or lie in the folders named, and the ids in these folders that have none.

    What does not count in a folder is named on stderr. Raises KitFault where there is no trace.
    """
    from grader.results.folder import remarks
    from grader.results.transactions import reading

    paths: list[Path] = []
    lacking: list[str] = []
    for path in given:
        if not path.is_dir():
            paths.append(path)
            continue
        with reading(path, note) as index:
            entries = {name: entry for name, entry in sorted(index.entries.items()) if not entry.gone}
            found = {n: path / e.trace for n, e in entries.items() if _has_whole_trace(e) and (path / e.trace).is_file()}
            for sentence in remarks(path, index):
                complain(sentence)
            if missing := [name for name, entry in entries.items() if name not in found and not entry.pending]:
                complain(f"no traces in {path} of {', '.join(missing)}: grade them again")
            paths += found.values()
            lacking += [name for name in entries if name not in found]
    if not paths:
        raise KitFault(f"{', '.join(map(str, given))} holds no traces: run grade, cohort or collect first")
    return paths, lacking


def _has_whole_trace(entry: "Entry") -> bool:
    """Return whether a trace answers all that was asked: a comparison that was cut off changed none."""
    return bool(entry.trace) and (not entry.pending or entry.pending.startswith("compare "))


def missing_rows(out: Path) -> list["Row"]:
    """Return the rows of those on the roster from whom nothing came in, or of whom that is not clear."""
    from grader.results.folder import table
    from grader.results.index import read_index

    index = read_index(out)
    return [row for row in table(out, index) if row["status"] in ("missing", "unclear")] if index else []


def policy_in_force(out: Path, before: "DecisionEntry | None") -> str:
    """Return in words the late policy that is in force, and the one `before`, if it is another. That is an entry of the log, or None."""
    from grader.course import decision_log, late_policy

    now = decision_log.state(out).policy
    texts = [late_policy.policy_in_words(entry["policy"] if entry else {}) for entry in (now, before)]
    return f"late policy in force: {texts[0]}" + (f" (before: {texts[1]})" if texts[0] != texts[1] else "")


def no_time(out: Path, index: "Index") -> str:
    """Return a sentence on who has no penalty because nobody knows when the work came in; empty where there is none to say."""
    from grader.course import decision_log, decision_names
    from grader.results.folder import listed

    decided = decision_log.state(out)
    graded = [name for name in index.reported if index.entries[name].status == "graded"]
    unknown = [name for name in graded if not decision_names.handed_in(out, decided, name)]
    if not (unknown and decided.policy):
        return ""
    who = f"all {len(unknown)}" if len(unknown) == len(graded) > FEW else listed(unknown, FEW)
    return f"no penalty, for nobody knows when it came in: {who}: tell it with `grader late --times`"


def show_end(out: Path) -> None:
    """Say on stderr what in OUT does not count, and what is unusable, with the reasons."""
    from grader.results.folder import remarks, unusable
    from grader.results.index import read_index
    from grader.results.lapsed_decisions import lapsed

    if (index := read_index(out)) is None:
        return
    for sentence in remarks(out, index):
        complain(sentence)
    if sentence := no_time(out, index):
        complain(sentence)
    for sentence in lapsed(out, index):
        complain(sentence)
    if found := list(unusable(index)):
        complain(f"unusable, without points until a person decides (`grader points {argument(out)} --unusable 0` decides for all):")
        for name, why in found:
            complain(f"  {name}: {why}")
