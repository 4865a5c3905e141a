"""Read the answers to a quick check: a CSV file with ids in one column and a question in each other one.

A cell holds points, or with `--answers` what the person answered; it is empty where nothing was answered.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.course.roster import Person, known_by
from grader.csv_reader import read_table
from grader.escape import plain
from grader.model import KitFault

ID = "id"


@dataclass(frozen=True, slots=True)
class Check:
    """The answers of one quick check. `points` is by participant, then by question; None where nothing was answered."""

    questions: tuple[str, ...]
    points: Mapping[str, Mapping[str, float | None]]
    strangers: tuple[str, ...]
    """Ids in the file that are no participant's: their rows are left out."""

    def total(self, person: str) -> float | None:
        """Return the sum of a person's points; a question without an answer counts 0. None where the person answered nothing."""
        given = [points for points in self.points.get(person, {}).values() if points is not None]
        return math.fsum(given) if given else None


def read_key_of_answers(path: Path) -> dict[str, str]:
    """Return the right answer by question from a CSV file with the columns question and answer."""
    return {row["question"].casefold(): row["answer"].casefold() for row in read_table(path, ("question", "answer")).rows}


def read_check(path: Path, people: tuple[Person, ...], right: Mapping[str, str] | None) -> Check:
    """Return a quick check's answers. Raises KitFault with the line for a person who is there twice, or a cell that can't be read."""
    table = read_table(path, (ID,))
    questions = tuple(name for name in table.header if name and name.casefold() != ID)
    if not questions:
        raise KitFault(f"{path}:1: there is no question: give each a column of its own beside {ID}")
    if right is not None and (unknown := [name for name in questions if name.casefold() not in right]):
        raise KitFault(f"{path}:1: the file of right answers has no {unknown[0]!r}: add it, or delete the column")
    points: dict[str, dict[str, float | None]] = {}
    strangers = []
    for row in table.rows:
        found = known_by(people, row[ID]) if row[ID] else []
        if len(found) != 1:
            strangers.append(row[ID])
            continue
        if found[0].id in points:
            raise KitFault(f"{row.place}: {plain(row[ID])} is there twice: keep one line, by a rule that you wrote down before")
        points[found[0].id] = {name: _points(row.place, name, row[name.casefold()], right) for name in questions}
    return Check(questions, points, tuple(strangers))


def _points(place: str, question: str, cell: str, right: Mapping[str, str] | None) -> float | None:
    if not cell:
        return None
    if right is not None:
        return float(cell.casefold() == right[question.casefold()])
    try:
        points = float(cell)
    except ValueError:
        points = math.nan
    if not (math.isfinite(points) and points >= 0):
        raise KitFault(f"{place}: {question}: {plain(cell)!r} is no number of points: write 1 for right and 0 for wrong, or name --answers")
    return points
