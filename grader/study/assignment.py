"""Assign participants to two arms at random, within strata.

assigned = assign(study, {"alice": "morning", ...}, at)     `study` with the new people; nobody who is in it changes the arm

The order of the people is that of SHA-256 over seed and id: the same seed and the same people give the same arms on every machine. In
each stratum the next person goes to the arm that has fewer people there; at a tie to the arm with fewer people in all; at a second tie
the hash decides. Before anybody knows the seed, each person has the same chance of each arm.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from grader.course.roster import read_roster
from grader.csv_reader import read_table
from grader.model import KitFault
from grader.results.study import Assigned, Study

ALL = "all"
"""The stratum of everybody, where nothing was named to stratify by."""


def read_participants(path: Path, column: str) -> dict[str, str]:
    """Return, by id, the stratum of each person in a CSV file. Raises KitFault with the line of a fault."""
    people = read_roster(path)
    if not column:
        return {person.id: ALL for person in people}
    rows = read_table(path, (column.casefold(),)).rows
    strata = {person.id: rows[person.row - 1][column.casefold()] for person in people}
    if lacking := [name for name, stratum in strata.items() if not stratum]:
        raise KitFault(f"{path}: no {column!r} here: {', '.join(lacking)}: fill it in, or write one word for all of whom it is not known")
    return strata


def assign(study: Study, strata: Mapping[str, str], at: str) -> Study:
    """Return the study with everybody in `strata`, who are keyed by id. Those who have an arm keep it."""
    people = dict(study.people)
    new = sorted((name for name in strata if name not in people), key=lambda name: _hash(study.seed, "order", name))
    of_stratum = Counter((entry.stratum, entry.arm) for entry in people.values())
    of_arm = Counter(entry.arm for entry in people.values())
    for name in new:
        stratum = strata[name]
        arm = min(study.arms, key=lambda arm: (of_stratum[stratum, arm], of_arm[arm], _hash(study.seed, arm, name)))
        people[name] = Assigned(arm, stratum, at)
        of_stratum[stratum, arm] += 1
        of_arm[arm] += 1
    return replace(study, people=people)


def _hash(seed: str, use: str, name: str) -> bytes:
    return hashlib.sha256("\0".join((seed, use, name)).encode("utf-8", "surrogateescape")).digest()
