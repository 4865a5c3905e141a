"""A study in a folder of results: who is in which arm, what each arm is shown, and a log of what was written for whom.

study = read_study(out)                     OUT/.course/study.json, None where there is no study
report, page = as_assigned(out, report, page)   the report as its reader's arm shows it
log_shown(out, found, report, text, page=page)  one line more in OUT/.course/shown/<submission>.jsonl

An arm changes texts alone: points are computed before. Without a study.json nothing here does anything.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from grader.atomic_write import write_text
from grader.course.roster import COURSE, INTAKE, KEPT, Person, kept_facts, kept_roster, match_ids
from grader.digests import digest
from grader.model import KitFault
from grader.report_format import Diagnosis, Report, StepReport, counted

STUDY, SHOWN = "study.json", "shown"
SCHEMA = "autodiff-kit/study/v1"
SWITCHES = {"diagnosis": ("no-diagnosis", "diagnosis"), "page": ("no-page", "page")}
"""What a study may vary, and its two arms: the first lacks it, the second has it."""


class Named(Diagnosis):
    """A misconception, and the criterion that it explains."""

    step: str
    criterion: str


class Line(TypedDict):
    """A line of the log of what was written for a participant."""

    at: str
    people: list[str]
    arm: str
    diagnosis: bool
    """Whether the report named a misconception."""
    page: bool
    report_sha256: str
    graded_at: str
    submission_sha256: str
    score: float | None
    found: list[Named]
    """The misconceptions that the grader found, hidden or not."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """One participant."""

    arm: str
    stratum: str
    at: str
    """When the person was assigned, in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Study:
    """What study.json holds."""

    vary: str
    seed: str
    stratify: str = ""
    people: Mapping[str, Assigned] = field(default_factory=dict)
    """By id on the list of participants."""
    withdrawn: Mapping[str, int] = field(default_factory=dict)
    """By arm, how many were erased since: a number and no names, which a report of the study must state."""
    data: tuple[tuple[str, str], ...] = ()
    """Folders of tables that were made from OUT, each with its key file: from there too a person is erased."""
    closed: str = ""
    """When the study was closed, in ISO 8601: from then on everybody gets the whole report, and nothing more is logged."""

    @property
    def arms(self) -> tuple[str, str]:
        """Return the arm that lacks what is studied, and the arm that has it."""
        return SWITCHES[self.vary]


def read_study(out: Path) -> Study | None:
    """Return the study in OUT, None if there is none. Raises KitFault if its file is damaged."""
    path = out / COURSE / STUDY
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return _read(path, facts.st_mtime_ns, facts.st_size, facts.st_ino)


@lru_cache(maxsize=4)
def _read(path: Path, *_: int) -> Study:
    try:
        data = json.loads(path.read_text("utf-8"))
        if data.pop("schema") != SCHEMA or data["vary"] not in SWITCHES:
            raise ValueError
        people = {str(name): Assigned(**entry) for name, entry in data.pop("people").items()}
        return Study(people=people, data=tuple((str(folder), str(key)) for folder, key in data.pop("data")), **data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KitFault(f"{path}: damaged: bring the file back; without it nobody knows who was assigned to which arm") from None


def running_study(out: Path) -> Study | None:
    """Return the study in OUT unless it was closed."""
    study = read_study(out)
    return study if study and not study.closed else None


def write_study(out: Path, study: Study) -> None:
    """Write study.json in one move."""
    (out / COURSE).mkdir(parents=True, exist_ok=True)
    write_text(out / COURSE / STUDY, json.dumps({"schema": SCHEMA, **asdict(study)}, indent=1, ensure_ascii=False) + "\n", durable=True)


# ---- whose a submission is ----------------------------------------------------


def participants(out: Path, submissions: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each of these submissions that is a participant's, the participants whose work it is."""
    study = read_study(out)
    if study is None:
        return {}
    stamps = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in (out / COURSE / name for name in (STUDY, KEPT, INTAKE)))
    names = frozenset(submissions)
    known = _participants(out, stamps, names if not names <= kept_facts(out).keys() else frozenset(kept_facts(out)))
    return {name: known[name] for name in names if name in known}


@lru_cache(maxsize=8)
def _participants(out: Path, _: tuple[int, ...], names: frozenset[str]) -> dict[str, tuple[str, ...]]:
    study = read_study(out)
    assert study is not None
    roster = kept_roster(out)
    others = [Person(name) for name in study.people if name not in {person.id for person in roster}]
    whose = match_ids([*roster, *others], sorted(names), kept_facts(out)).whose
    found: dict[str, tuple[str, ...]] = {}
    for person, name in whose.items():
        if person in study.people:
            found[name] = (*found.get(name, ()), person)
    return found


def arm_of(study: Study, people: Iterable[str]) -> str:
    """Return the arm of these people; empty where nobody is in the study, or they work together and are in different arms."""
    arms = {study.people[name].arm for name in people}
    return arms.pop() if len(arms) == 1 else ""


# ---- what is shown ------------------------------------------------------------


def as_assigned(out: Path, report: Report, page: bool | None) -> tuple[Report, bool | None]:
    """Return a report as the arm of its reader shows it, and whether the page is written.

    Everybody else gets the whole report: who takes no part, and who hands in together with somebody of the other arm.
    """
    study = running_study(out)
    people = participants(out, [report["submission"]]).get(report["submission"], ()) if study else ()
    if study is None or not (arm := arm_of(study, people)):
        return report, page
    has_it = arm == study.arms[1]
    if study.vary == "page":
        return report, has_it
    return (report if has_it else without_diagnoses(report)), page


def refuse_without_diagnosis(out: Path) -> None:
    """Raise KitFault where OUT holds a study of diagnoses. Call it for a run that makes none."""
    study = running_study(out)
    if study and study.vary == "diagnosis":
        raise KitFault(f"the study in {out} decides who is shown a diagnosis: leave out --no-diagnosis")


def without_diagnoses(report: Report) -> Report:
    """Return a report that names no misconception; nothing else changes."""
    steps: list[StepReport] = [{**step, "criteria": [{**c, "diagnosis": None} for c in step["criteria"]]} for step in report["steps"]]
    return {**report, "steps": steps}


def diagnoses_in(report: Report) -> list[Named]:
    """Return the misconceptions that a report names, one for each criterion that they explain."""
    return [
        {"step": step["id"], "criterion": c["id"], "id": c["diagnosis"]["id"], "says": c["diagnosis"]["says"]}
        for step in report["steps"]
        for c in step["criteria"]
        if c["diagnosis"]
    ]


def log_shown(out: Path, found: Report, shown: Report, text: str, *, page: bool) -> None:
    """Note what is written for a participant: when, in which form, the hash of report.json, and what the grader found.

    `found` is the report before an arm hid anything, `shown` the one that is written as `text`. A report that is written again, after a
    decision of a person, holds no hidden diagnosis any more: the log then keeps what it has of the same grading.
    """
    study = running_study(out)
    people = participants(out, [shown["submission"]]).get(shown["submission"], ()) if study else ()
    if study is None or not people:
        return
    lines, diagnoses = read_log(out, shown["submission"]), diagnoses_in(found)
    sha256 = digest(text.encode("utf-8", "backslashreplace"))
    if lines and (lines[-1]["report_sha256"], lines[-1]["page"]) == (sha256, page):
        return
    if lines and not diagnoses and lines[-1]["graded_at"] == shown["provenance"]["graded_at"]:
        diagnoses = lines[-1]["found"]
    line: Line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": sorted(people),
        "arm": arm_of(study, people),
        "diagnosis": bool(diagnoses_in(shown)),
        "page": page,
        "report_sha256": sha256,
        "graded_at": shown["provenance"]["graded_at"],
        "submission_sha256": shown["provenance"]["submission_sha256"],
        "score": counted(shown)["score"],
        "found": diagnoses,
    }
    _write_log(out, shown["submission"], [*lines, line])


def read_log(out: Path, submission: str) -> list[Line]:
    """Return the log of one submission, the oldest line first. Raises KitFault if it is damaged."""
    path = log_path(out, submission)
    try:
        lines: list[Line] = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
        if not all({"at", "people", "arm", "report_sha256", "graded_at", "found"} <= line.keys() for line in lines):
            raise ValueError
        return lines
    except (ValueError, AttributeError, RecursionError):
        raise KitFault(f"{path}: damaged: bring the file back, or move it away and note that the log of this student begins anew") from None


def log_path(out: Path, submission: str) -> Path:
    """Return where the log of a submission is."""
    return out / COURSE / SHOWN / f"{submission}.jsonl"


def _write_log(out: Path, submission: str, lines: Iterable[Line]) -> None:
    path = log_path(out, submission)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def with_hidden(out: Path, report: Report) -> Report:
    """Return a report with the diagnoses that its arm hides from the student, for the instructor's own pages."""
    lines = read_log(out, report["submission"]) if read_study(out) else []
    if not lines or lines[-1]["graded_at"] != report["provenance"]["graded_at"]:
        return report
    found: dict[tuple[str, str], Diagnosis] = {(d["step"], d["criterion"]): {"id": d["id"], "says": d["says"]} for d in lines[-1]["found"]}
    steps: list[StepReport] = [
        {**step, "criteria": [{**c, "diagnosis": c["diagnosis"] or found.get((step["id"], c["id"]))} for c in step["criteria"]]}
        for step in report["steps"]
    ]
    return {**report, "steps": steps}


# ---- erasure in OUT -----------------------------------------------------------


def erase_from_log(out: Path, name: str) -> list[Path]:
    """Take a person or a submission out of the logs in OUT, and return the files that changed."""
    changed = []
    for path in sorted((out / COURSE / SHOWN).glob("*.jsonl")):
        lines = read_log(out, path.stem)
        left: list[Line] = [{**line, "people": [each for each in line["people"] if each != name]} for line in lines]
        left = [line for line in left if line["people"]] if path.stem != name else []
        if left != lines:
            if left:
                _write_log(out, path.stem, left)
            else:
                path.unlink()
            changed.append(path)
    return changed
