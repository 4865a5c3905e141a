"""The folder of a run: OUT/<id>/report.json, report.md and report.html for each submission, OUT/.traces/ beside them, grades.csv.

Each file is written in one move. In memory stays only a report's `summary`, which the index keeps as well, so that grades.csv is made
without reading reports again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from grader.atomic_write import write_text
from grader.course import decision_log
from grader.course.final_points import applied, number, of_missing
from grader.course.roster import Person, could_be, kept_roster, match_all
from grader.escape import argument, spaced
from grader.model import Sentences
from grader.pages.report import report_page
from grader.report.final_points import sentences as decided_sentences
from grader.report.markdown import markdown
from grader.report_format import Report, Row, counted
from grader.results import report_file
from grader.results.gradebook import is_provisional, why_none, written_points
from grader.results.grades_csv import grades_csv
from grader.results.index import COLLECTED, Entry, Index
from grader.results.study import as_assigned, log_shown
from grader.results.texts import kept_sentences, texts_of

TRACES = ".traces"
GRADES = "grades.csv"
PAGE = "report.html"
SHOWN = 20
"""Names that a sentence lists."""


def trace_path(out: Path, submission: str) -> Path:
    """Return where a submission's trace is kept: beside the folders that may be handed to students, not in them."""
    return out / TRACES / f"{submission}.json"


def report_path(out: Path, submission: str) -> Path:
    """Return where a submission's report is."""
    return out / submission / "report.json"


def write_report(out: Path, report: Report, sentences: Sentences, *, page: bool | None = None) -> Report:
    """Write a report, with what people decided about it, and return it so. report.json is written last: with it the report counts.

    `page` says whether report.html is written as well; by default it is where there is one. A page of an earlier report never stays.
    Where OUT holds a study, the report of a participant is written as the participant's arm shows it, and that is logged.
    """
    found = applied(out, report)
    report, page = as_assigned(out, found, page)
    folder = out / report["submission"]
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "report.md", markdown(report, sentences))
    html = folder / PAGE
    if has_page := html.exists() if page is None else page:
        write_text(html, report_page(report, sentences))
    else:
        html.unlink(missing_ok=True)
    text = json.dumps(report, ensure_ascii=False) + "\n"
    log_shown(out, found, report, text, page=has_page)
    write_text(folder / "report.json", text)
    return report


def read_report(out: Path, submission: str) -> Report:
    """Return a report. Raises KitFault at one that is damaged."""
    return report_file.read(report_path(out, submission))


def present(out: Path, index: Index) -> list[str]:
    """Return the submissions whose reports count and are there, in the order of their names."""
    return [name for name in index.reported if report_path(out, name).is_file()]


def all_reports(out: Path, index: Index) -> Iterator[Report]:
    """Yield the reports that count, in the order of their names. Raises KitFault at one that can't be read."""
    yield from (read_report(out, name) for name in present(out, index))


def summary(out: Path, report: Report) -> Row:
    """Return what the tables of a cohort show of a report: its status, notes, and the points that count.

    It is provisional also while a person has still to give points.
    """
    counts = counted(report)
    decided = decided_sentences(report, texts_of(out)) if "final" in report else ()
    return {
        "submission": report["submission"],
        "status": report["status"],
        "max_score": report["max_score"],
        "notes": [*report["notes"], *decided],
        "score": counts["score"],
        "bonus": counts["bonus"],
        "automatic": report["score"],
        "written": written_points(report),
        "provisional": is_provisional(report),
        "partial": report["provisional"],
        "steps": [
            {"id": step["id"], "title": step["title"], "score": step["score"], "max_score": step["max_score"]} for step in counts["steps"]
        ],
        "sha256": report["provenance"]["submission_sha256"],
        "rubric": report["provenance"]["rubric_sha256"],
    }


def rewritten(out: Path, index: Index) -> Index:
    """Write all reports that count again, with what people decided by now, and return the index with their rows."""
    names = present(out, index)
    sentences = kept_sentences(out) if names else {}
    rows = {name: summary(out, write_report(out, read_report(out, name), sentences)) for name in names}
    return replace(index, entries={**index.entries, **{name: replace(index.entries[name], row=row) for name, row in rows.items()}})


# ---- grades.csv ---------------------------------------------------------------


def write_grades(out: Path, index: Index) -> None:
    """Make grades.csv from the index, unless nothing there was to be graded, but only collected."""
    to_grade = [entry for entry in index.entries.values() if entry.status != COLLECTED and not entry.pending.startswith("collect ")]
    if to_grade or not index.entries or (out / GRADES).exists():
        write_text(out / GRADES, grades_csv(table(out, index)))


def table(out: Path, index: Index) -> list[Row]:
    """Return a row for each submission, and one for each on the roster from whom nothing came in."""
    rows = {name: _row(out, name, entry) for name, entry in sorted(index.entries.items())}
    for name, note in strangers(out, index).items():
        if index.entries[name].has_report:
            rows[name] = rows[name] | {"notes": [*rows[name]["notes"], note]}
    most, decided = index.max_score, decision_log.state(out)
    missing = [_missing(person.id, of_missing(decided, person.id, most)) for person in without_result(out, index)]
    missing += [_empty(person.id, "unclear", could_be(names)) for person, names in unclear(out, index)]
    return [row | {"max_score": row["max_score"] or most} for row in (*rows.values(), *missing)]


def _missing(name: str, given: tuple[Fraction, str] | None) -> Row:
    """Return the row of somebody from whom nothing came in, with the points that a person gave for that."""
    row = _empty(name, "missing", "nothing came in")
    return row | {"score": number(given[0]), "bonus": 0, "notes": [f"nothing came in; {given[1]}"]} if given else row


def strangers(out: Path, index: Index) -> dict[str, str]:
    """Return the submissions that belong to nobody on the roster for certain, each with a note on that (see `Matched`)."""
    names = sorted(name for name, entry in index.entries.items() if not entry.gone)
    return match_all(kept_roster(out), names, out).notes_on_strangers(names)


def without_result(out: Path, index: Index) -> Iterator[Person]:
    """Yield the people on the roster of whom the index knows nothing. Raises KitFault where it is not certain whose something is."""
    people = kept_roster(out)
    now = match_all(people, [name for name, entry in index.entries.items() if not entry.gone], out)
    before = match_all(people, index.gone, out, now.whose)
    yield from (p for p in people if p.id not in now.whose and p.id not in before.whose and not now.could_have(p.id))


def unclear(out: Path, index: Index) -> Iterator[tuple[Person, list[str]]]:
    """Yield the people on the roster who have no result for certain, each with the submissions that could be theirs."""
    people = kept_roster(out)
    matched = match_all(people, [name for name, entry in index.entries.items() if not entry.gone], out)
    yield from ((person, names) for person in people if (names := matched.could_have(person.id)))


def _row(out: Path, name: str, entry: Entry) -> Row:
    if note := why_none(out, name, entry):
        steps = [step | {"score": ""} for step in entry.row.get("steps", ())]
        return _empty(name, "gone" if entry.gone else "not graded", note) | {"max_score": entry.row.get("max_score", 0), "steps": steps}
    return entry.row.copy()


def _empty(name: str, status: str, note: str) -> Row:
    return {
        "submission": name, "status": status, "score": None, "bonus": None, "automatic": None, "max_score": 0,
        "provisional": False, "notes": [note], "steps": [],
    }  # fmt: skip


# ---- remarks ------------------------------------------------------------------


def remarks(out: Path, index: Index) -> Iterator[str]:
    """Yield sentences on what does not count in a folder, and why."""
    if names := index.pending:
        yield f"a run did not finish, and left {len(names)} without a result that counts: {listed(names)}: run it again"
    if names := index.gone:
        yield (
            f"no longer among what came in, so neither compared nor exported with points: {listed(names)}: "
            f"`grader forget {argument(out)} ID` deletes what is kept of them"
        )
    if len(rubrics := {index.entries[name].row.get("rubric") for name in index.reported} - {None}) > 1:
        yield f"the results were made with {len(rubrics)} different rubrics: grade all submissions again before you compare them"
    if names := [name for name in index.reported if not report_path(out, name).is_file()]:
        yield f"their reports are gone: {listed(names)}: grade them again, or `grader forget` them"
    if names := sorted(_unknown_reports(out, index)):
        yield f"ignored, because no run of the grader into {out} made them: {listed(names)}"


def unusable(index: Index) -> Iterator[tuple[str, str]]:
    """Yield the submissions in which nothing could be graded and about which nobody decided, each with the reason."""
    for name in index.reported:
        row = index.entries[name].row
        if index.entries[name].status == "unusable" and row["score"] is None:
            yield name, row["notes"][0]


def _unknown_reports(out: Path, index: Index) -> Iterator[str]:
    """Yield reports of which the index has no entry."""
    for path in out.glob("*/report.json"):
        if not path.parent.name.startswith(".") and index.entries.get(path.parent.name, Entry()).status in ("", COLLECTED):
            yield f"{path.parent.name}/report.json"


def listed(names: Sequence[str], most: int = SHOWN) -> str:
    """Return names for a sentence, the first of them where they are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(spaced, names[:most])) + more
