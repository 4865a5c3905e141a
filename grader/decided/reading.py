"""Files in which people write down points, extensions and times: CSV with a header, or YAML."""

import csv
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from grader.decided import late
from grader.decided.log import AUTOMATIC, EXTENSION, HANDED_IN, POINTS, State
from grader.escape import plain
from grader.model import KitFault

NUMBER = re.compile(r"\d{1,5}(\.\d{1,6})?|\d{1,5}/[1-9]\d{0,4}")
LARGEST = 5_000_000
Row = dict[str, str]


def read_points(path: Path, reports: Mapping[str, dict[str, Any]], decided: State) -> list[dict[str, Any]]:
    """Return the decisions that a file holds and that are new: columns id, criterion, points, reason.

    In YAML: `alice: {style: 8, explanation: {points: 4, reason: ...}}`. All faults are told at once, as file:line: message.
    """
    found, faults = [], []
    for place, row in _rows(path, ("id", "criterion", "points"), ("reason",), _from_yaml):
        fault = _fault(row, reports)
        points = row["points"] if fault or row["points"] == AUTOMATIC else _rounded(row["points"])
        entry = {
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


def _fault(row: Row, reports: Mapping[str, dict[str, Any]]) -> str:
    report = reports.get(row["id"])
    if report is None or report["status"] != "graded":
        return f"there is no report on {plain(row['id'])!r}, or it was not graded"
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


def read_extensions(path: Path, reports: Mapping[str, Any], decided: State) -> list[dict[str, Any]]:
    """Return the new extensions of a CSV with the columns id, until, reason."""
    found = []
    for place, row in _rows(path, ("id", "until", "reason"), (), None):
        _known(place, row, reports)
        if not row["reason"]:
            raise KitFault(f"{place}: an extension needs a reason")
        entry = {"kind": EXTENSION, "id": row["id"], "until": _moment(f"{place}: until", row["until"]), "reason": row["reason"]}
        before = decided.extensions.get(row["id"], {})
        found += [entry] if any(before.get(key) != entry[key] for key in ("until", "reason")) else []
    return found


def read_times(path: Path, reports: Mapping[str, Any], decided: State) -> list[dict[str, Any]]:
    """Return the new times of a CSV with the columns id, handed_in."""
    found = []
    for place, row in _rows(path, ("id", "handed_in"), ("reason",), None):
        _known(place, row, reports)
        entry = {"kind": HANDED_IN, "id": row["id"], "at_moment": _moment(f"{place}: handed_in", row["handed_in"]), "reason": row["reason"]}
        if decided.handed_in.get(row["id"], {}).get("at_moment") != entry["at_moment"]:
            found.append(entry)
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
        raise KitFault(f"{path}:{line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise KitFault(f"{path}:1: not YAML: {' '.join(str(error).split())}") from None


def _rows(path: Path, need: tuple[str, ...], more: tuple[str, ...], other: Any) -> Iterator[tuple[str, Row]]:
    """Yield each row with its place; a CSV's header says which column is which."""
    if path.suffix.lower() in (".yaml", ".yml"):
        if other is None:
            raise KitFault(f"{path}: write this as CSV, with the columns {', '.join((*need, *more))}")
        yield from other(path)
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = reader.fieldnames or ()
            if not set(need) <= set(header):
                raise KitFault(f"{path}:1: it needs the columns {', '.join(need)}; there are {', '.join(header) or 'none'}")
            for row in reader:
                yield f"{path}:{reader.line_num}", {name: (row.get(name) or "").strip() for name in (*need, *more)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise KitFault(f"{path}: not CSV in UTF-8: {error}") from None


def _from_yaml(path: Path) -> Iterator[tuple[str, Row]]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise KitFault(f"{path}: it must be a mapping of ids to criteria")
    for name, criteria in data.items():
        for criterion, given in criteria.items() if isinstance(criteria, dict) else ():
            whole = given if isinstance(given, dict) else {"points": given}
            points, reason = str(whole.get("points", "")), str(whole.get("reason") or "")
            yield f"{path}: {name}", {"id": str(name), "criterion": str(criterion), "points": points, "reason": reason}


def _known(place: str, row: Row, reports: Mapping[str, Any]) -> None:
    if row["id"] not in reports:
        raise KitFault(f"{place}: there is no report on {plain(row['id'])!r}")


def _moment(place: str, text: str) -> str:
    try:
        return late.exact(text).isoformat()
    except KitFault as fault:
        raise KitFault(f"{place}: {fault}") from None


def _rounded(points: str) -> str:
    """Return points rounded half up to 0.01, as a decimal number."""
    whole, hundredths = divmod((Fraction(points) * 100 + Fraction(1, 2)).__floor__(), 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")
