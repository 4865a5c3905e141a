"""Files in which people write down points, extensions and times: CSV with a header, or YAML."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from grader.course import decision_log, late_policy
from grader.course.decision_log import AUTOMATIC, EXTENSION, HANDED_IN, MISSING, NOTHING_CAME, POINTS, UNUSABLE, WHOLE_SUBMISSION, State
from grader.course.roster import could_be
from grader.csv_reader import read_table
from grader.escape import cell, plain
from grader.model import KitFault, round_points
from grader.report_format import Report
from grader.rubric.yaml_reader import fault_of_yaml

NUMBER = re.compile(r"\d{1,5}(\.\d{1,6})?|\d{1,5}/[1-9]\d{0,4}")
COMMA = re.compile(r"^(\d+),(\d+)$")
YAML = (".yaml", ".yml")
LARGEST = 5_000_000
WHICH = "name the roster's column with the ids of submissions, with `grader cohort --id-column`"
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder of results holds about those who may be given points."""

    reports: Mapping[str, Report]
    missing: Collection[str] = ()
    """The ids on the roster from which nothing came in."""
    most: float = 0
    """The assignment's points; 0 where nothing is graded."""
    whose: Mapping[str, str] = field(default_factory=dict)
    """By id on the roster, how what they handed in is called."""
    without: Mapping[str, str] = field(default_factory=dict)
    """By submission, why it has no result that counts."""
    unclear: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By id on the roster, what came in that could be theirs or another's."""


def read_points(path: Path, held: Held, decided: State) -> list[decision_log.NewEntry]:
    """Return the decisions that a file holds and that are new: columns id, criterion, points, reason.

    In YAML: `alice: {style: 8, explanation: {points: 4, reason: ...}}`. A row of a CSV in which nobody has filled in points and reason is
    left out (see `unfilled`). Raises KitFault with all faults at once, as file:line: message.
    """
    found, faults = list[decision_log.NewEntry](), list[str]()
    places: dict[tuple[str, str], str] = {}
    for place, row in _rows(path, ("id", "criterion", "points"), ("reason",), _from_yaml, {*held.reports, *held.missing, *held.unclear}):
        if not row["points"] and not row["reason"] and path.suffix.lower() not in YAML:
            continue
        name, report = row["id"], held.reports.get(row["id"])
        first = places.setdefault((name, row["criterion"].rpartition("/")[2]), place)
        if first != place:
            faults.append(f"{place}: {plain(name)!r} has points for {plain(row['criterion'])} at {first} already")
            continue
        unusable = report if row["criterion"] == WHOLE_SUBMISSION and report and report["status"] == "unusable" else None
        if unusable or (row["criterion"] == NOTHING_CAME and name in held.missing):
            fault = _whole_fault(row["points"], unusable["max_score"] if unusable else held.most)
            faults += [f"{place}: points {fault}"] if fault else []
            if not fault and unusable:
                found += about_unusable(row["points"], unusable, decided, row["reason"])
            elif not fault:
                found += _about_missing(row["points"], name, decided, row["reason"])
            continue
        fault = _fault(row, held)
        points = row["points"] if fault or row["points"] == AUTOMATIC else _rounded(row["points"])
        entry: decision_log.NewEntry = {
            "kind": POINTS,
            "id": row["id"],
            "criterion": row["criterion"].rpartition("/")[2],
            "points": points,
            "reason": row["reason"],
        }
        before = decided.points.get(entry["id"], {}).get(entry["criterion"])
        if fault:
            faults.append(f"{place}: {fault}")
        elif not before or (before["points"], before["reason"]) != (points, row["reason"]):
            found.append(entry)
    if faults:
        raise KitFault("\n".join(faults))
    return found


def unfilled(path: Path) -> int:
    """Return in how many rows of a CSV with points nobody has filled in any."""
    if path.suffix.lower() in YAML:
        return 0
    return sum(not row["points"] and not row["reason"] for row in read_table(path).rows)


def _no_points(row: Row, held: Held) -> str:
    """Return why nothing of this id can have points for a criterion; empty if it can."""
    name, shown = row["id"], repr(plain(row["id"]))
    if name not in held.reports:
        return f"there is no report on {shown}{_why_no_report(name, held)}"
    status, whole = held.reports[name]["status"], row["criterion"] in (WHOLE_SUBMISSION, NOTHING_CAME)
    if status == "graded":
        return f"{shown} was graded, and is not {row['criterion']}: name a criterion" if whole else ""
    if status == "unusable":
        return f"there is nothing to grade in {shown}, only all of it can have points: its criterion is `{WHOLE_SUBMISSION}`"
    return f"{shown} was not graded, by a fault of the kit: grade it again"


def _why_no_report(name: str, held: Held) -> str:
    if name in held.missing:
        return f", from whom nothing came in: the criterion for that is `{NOTHING_CAME}`"
    if name in held.unclear:
        return f": {could_be(held.unclear[name])}: {WHICH}"
    if name in held.without:
        return f": {held.without[name]}"
    if name in held.whose:
        return f": what they handed in is called {plain(held.whose[name])!r}"
    return ", and no such id on the roster"


def _fault(row: Row, held: Held) -> str:
    if why := _no_points(row, held):
        return why
    report = held.reports[row["id"]]
    step, _, name = row["criterion"].rpartition("/")
    criteria = {c["id"]: c for s in report["steps"] if step in ("", s["id"]) for c in s["criteria"]}
    if name not in criteria:
        return f"there is no criterion {row['criterion']!r} in the report on {plain(row['id'])}"
    manual = criteria[name].get("manual", False)
    if row["points"] == AUTOMATIC:
        return "points of a manual criterion can't be automatic: give others" if manual else ""
    if not NUMBER.fullmatch(row["points"]):
        return f"points must be a number, such as 6, 2.5 or 1/3, or {AUTOMATIC}, not {row['points']!r}"
    if Fraction(row["points"]) > Fraction(str(criteria[name]["max_score"])):
        return f"{row['points']} points are more than {name} is worth ({criteria[name]['max_score']:g})"
    return "" if manual or row["reason"] else "an override needs a reason"


def unusable_points(points: str, reports: Mapping[str, Report], decided: State) -> list[decision_log.NewEntry]:
    """Return the new decisions that give these points to all of these reports that are unusable, whoever has points already.

    Raises KitFault for what can't be points.
    """
    if points != AUTOMATIC and not NUMBER.fullmatch(points):
        raise KitFault(f"--unusable must be a number, such as 0, or {AUTOMATIC}, not {points!r}")
    found: list[decision_log.NewEntry] = []
    for report in reports.values():
        if report["status"] != "unusable":
            continue
        if fault := _whole_fault(points, report["max_score"]):
            raise KitFault(f"--unusable {fault}")
        found += about_unusable(points, report, decided)
    return found


def missing_points(points: str, names: Iterable[str], most: float, decided: State) -> list[decision_log.NewEntry]:
    """Return the new decisions that give these points to all from whom nothing came in. Raises KitFault for what can't be points."""
    if fault := _whole_fault(points, most):
        raise KitFault(f"--missing {fault}")
    return [entry for name in names for entry in _about_missing(points, name, decided)]


def _whole_fault(points: str, most: float) -> str:
    """Return why these can't be the points of a whole submission, or nothing. `most` is 0 where it is not known."""
    if points == AUTOMATIC:
        return ""
    if not NUMBER.fullmatch(points):
        return f"must be a number, such as 0, or {AUTOMATIC}, not {points!r}"
    if most and Fraction(points) > Fraction(str(most)):
        return f"{points} is more than the assignment is worth ({most:g})"
    return ""


def about_unusable(points: str, report: Report, decided: State, said: str = "") -> list[decision_log.NewEntry]:
    """Return the decision about an unusable submission, unless it was made before.

    Its reason is always why nothing could be graded: it is on that fault alone. The reason that a person gave, `said`, is added to it.
    """
    name, why, points = report["submission"], report["notes"][0], points if points == AUTOMATIC else _rounded(points)
    before = decided.unusable.get(name, {"points": AUTOMATIC, "reason": why})
    if (before["points"], before["reason"]) == (points, why) and said in ("", before.get("said", "")):
        return []
    entry: decision_log.NewEntry = {"kind": UNUSABLE, "id": name, "points": points, "reason": why}
    if said:
        entry["said"] = said
    return [entry]


def _about_missing(points: str, name: str, decided: State, reason: str = "") -> list[decision_log.NewEntry]:
    """Return the decision about somebody from whom nothing came in, unless it was made before."""
    points = points if points == AUTOMATIC else _rounded(points)
    before = decided.missing.get(name, {"points": AUTOMATIC, "reason": ""})
    if before["points"] == points and reason in ("", before["reason"]):
        return []
    return [{"kind": MISSING, "id": name, "points": points, "reason": reason}]


def read_extensions(path: Path, known: Collection[str], decided: State) -> list[decision_log.NewEntry]:
    """Return the new extensions of a CSV with the columns id, until, reason. `known` are submissions, and ids of the roster.

    Raises KitFault, which lists all names that are not known.
    """
    found = list[decision_log.NewEntry]()
    for place, row in _known_rows(path, ("id", "until", "reason"), (), known):
        if not row["reason"]:
            raise KitFault(f"{place}: an extension needs a reason")
        until, before = _moment(f"{place}: until", row["until"]), decided.extensions.get(row["id"])
        if not before or (before["until"], before["reason"]) != (until, row["reason"]):
            found.append({"kind": EXTENSION, "id": row["id"], "until": until, "reason": row["reason"]})
    return found


def read_times(path: Path, known: Collection[str], decided: State) -> list[decision_log.NewEntry]:
    """Return the new times of a CSV with the columns id, handed_in. `known` are submissions, and ids of the roster.

    Raises KitFault, which lists all names that are not known.
    """
    found = list[decision_log.NewEntry]()
    for place, row in _known_rows(path, ("id", "handed_in"), ("reason",), known):
        moment = _moment(f"{place}: handed_in", row["handed_in"])
        before = decided.handed_in.get(row["id"])
        if not before or before["at_moment"] != moment:
            found.append({"kind": HANDED_IN, "id": row["id"], "at_moment": moment, "reason": row["reason"]})
    return found


def read_yaml(path: Path) -> Any:
    """Return what a small YAML file holds. Raises KitFault with the line; aliases are refused."""
    content = path.read_bytes()[: LARGEST + 1]
    try:
        if len(content) > LARGEST or any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content, Loader=yaml.SafeLoader)):
            raise KitFault(f"{path}: too large, or with an alias: write the text again")
        return yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise KitFault(f"{path}:{line}: not YAML: {fault_of_yaml(error)}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise KitFault(f"{path}:1: not YAML: {' '.join(str(error).split())}") from None


def _rows(path: Path, need: tuple[str, ...], more: tuple[str, ...], other: Any, known: Collection[str]) -> Iterator[tuple[str, Row]]:
    """Yield each row with its place; a CSV's header says which column is which.

    An id is one of `known` also where a table of ours put an apostrophe before it. Where semicolons part the cells, a comma in points is
    a decimal point.
    """
    if path.suffix.lower() in YAML:
        if other is None:
            raise KitFault(f"{path}: write this as CSV, with the columns {', '.join((*need, *more))}")
        yield from other(path)
        return
    table, written = read_table(path, need), {cell(name): name for name in known}
    for row in table.rows:
        found = {name: row[name] for name in (*need, *more)}
        found["id"] = found["id"] if found["id"] in known else written.get(found["id"], found["id"])
        if table.sign == ";" and "points" in found:
            found["points"] = COMMA.sub(r"\1.\2", found["points"])
        yield row.place, found


def _known_rows(path: Path, need: tuple[str, ...], more: tuple[str, ...], known: Collection[str]) -> list[tuple[str, Row]]:
    """Return the rows of a CSV. Raises KitFault, which lists all of an unknown id."""
    rows = list(_rows(path, need, more, None, known))
    if unknown := [
        f"{place}: there is no report on {plain(row['id'])!r}, and no such id on the roster"
        for place, row in rows
        if row["id"] not in known
    ]:
        raise KitFault("\n".join(unknown))
    return rows


def _from_yaml(path: Path) -> Iterator[tuple[str, Row]]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise KitFault(f"{path}: it must be a mapping of ids to criteria")
    for name, criteria in data.items():
        for criterion, given in criteria.items() if isinstance(criteria, dict) else ():
            whole = given if isinstance(given, dict) else {"points": given}
            points, reason = str(whole.get("points", "")), str(whole.get("reason") or "")
            yield f"{path}: {name}", {"id": str(name), "criterion": str(criterion), "points": points, "reason": reason}


def _moment(place: str, text: str) -> str:
    try:
        return late_policy.exact(text).isoformat()
    except KitFault as fault:
        raise KitFault(f"{place}: {fault}") from None


def _rounded(points: str) -> str:
    """Return points rounded half up to 0.01, as a decimal number."""
    whole, hundredths = divmod(int(round_points(Fraction(points)) * 100), 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")
