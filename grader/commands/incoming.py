"""How a cohort comes in: the options that `grader cohort` has for it, and what it does before and after the grading."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from grader.cohort import Job
    from grader.gather import Gathered
    from grader.intake import Handed

PLATFORMS = ("canvas", "moodle", "gradescope", "github")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ATTEMPTS = ".attempts"
Graded = Callable[["Job", list["Handed"]], list[dict[str, Any]]]
"""Grades works and returns the summaries of their reports."""


def intake_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options on what came in."""
    for option in (
        click.option("--match", metavar="COLUMN", help="Column of the roster with the submissions' ids, if it is not id, e-mail or name."),
        click.option("--carry", type=FOLDER, help="Take roster and decisions along from the results of an earlier run."),
        click.option(
            "--before",
            "before",
            metavar="TIME",
            help="git: the last commit not after this, such as 2026-11-30T23:59+01:00; without a zone in UTC, a day alone is its midnight.",
        ),
        click.option("--ref", default="", help="git: the branch, tag or commit to grade; default: where HEAD stands."),
        click.option("--attempts", type=click.Choice(["last", "best"]), help="Where several came in under one id: which one counts."),
        click.option("--roster", type=FILE, help="CSV with ids, names, e-mails, groups: everyone on it has a row in grades.csv."),
        click.option(
            "--id", "pattern", default="", metavar="PATTERN", help=r"Pattern of names (a regular expression); (?P<id>...) is the id."
        ),
        click.option("--from", "platform", type=click.Choice(PLATFORMS), help="Names are as this platform exports them."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Incoming:
    """What is to be graded, and who should have handed something in."""

    works: "list[Handed]"
    gathered: "Gathered | None" = None
    roster: Path | None = None
    match: tuple[str, ...] = ()
    carry: Path | None = None

    @property
    def total(self) -> int:
        return len(self.works) + sum(map(len, self.gathered.earlier if self.gathered else []))


def incoming(path: Path, platform: str | None, pattern: str, roster: Path | None, attempts: str | None, ref: str,
             before: str | None, carry: Path | None, match: str | None) -> Incoming:  # fmt: skip
    """Return what lies in a folder or archive. Raises KitFault for what is not certain, before anything runs."""
    from grader.commands.shared import complain
    from grader.decided.late import instant
    from grader.gather import How, gather
    from grader.intake import submission_id
    from grader.model import KitFault
    from grader.roster import match_ids, read_roster

    if match and not roster:
        raise KitFault("--match names a column of a roster: name that too, with --roster")
    how = How(platform or "", pattern, attempts or "", ref, instant(before) if before else None)
    named = (match,) if match else ()
    people = read_roster(roster, *named) if roster else ()
    gathered = gather(path, how)
    if not match_ids(people, map(submission_id, gathered.works), gathered.facts) and people:
        complain("nobody on the roster handed in what came in: if its ids are others, name the column that has these with --match")
    return Incoming(gathered.works, gathered, roster, named, carry)


def remember(out: Path, came: Incoming) -> None:
    """Keep in OUT what came in and the roster, so that exports and late policies need not be told again."""
    from grader.gather import keep_facts
    from grader.roster import keep_roster

    if came.carry:
        carry_on(came.carry, out)
    if came.gathered:
        keep_facts(out, came.gathered)
    if came.roster:
        keep_roster(out, came.roster, *came.match)


def grade_earlier(graded: Graded, job: "Job", came: Incoming, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Grade the earlier attempts too, and return the rows with each one's best: most points with bonus; of equals the latest.

    Where the kit failed over one of them, the best is not known, and the submission is not graded.
    """
    from grader.escape import plain
    from grader.gather import choose
    from grader.results import TRACES, read_report, summary, write_report

    best = {row["submission"]: row for row in rows}
    for number, works in enumerate(came.gathered.earlier if came.gathered else (), start=1):
        folder = job.out / ATTEMPTS / str(number)
        for row in graded(replace(job, out=folder), works):
            name = row["submission"]
            if _worth(row) > _worth(best[name]):
                assert came.gathered is not None
                facts = choose(job.out, came.gathered, name, number)  # before the report, which looks there for the time
                report = read_report(folder, name)
                which = f"The best of {len(facts['names'])} attempts counts: {plain(facts['from'])}, not the last one."
                if row["status"] != "graded":
                    which = f"The best of {len(facts['names'])} attempts is not known: {plain(facts['from'])} could not be graded."
                write_report(job.out, report | {"notes": [*report["notes"], which]}, job.plan.rubric.sentences)
                shutil.copyfile(folder / TRACES / f"{name}.json", job.out / TRACES / f"{name}.json")
                best[name] = summary(read_report(job.out, name))
        shutil.rmtree(folder)
    shutil.rmtree(job.out / ATTEMPTS, ignore_errors=True)
    return [best[row["submission"]] for row in rows]


def _worth(row: dict[str, Any]) -> float:
    """Return the points of an attempt; one that was not graded may be worth more than any other."""
    return float(row["score"] + row["bonus"]) if row["status"] == "graded" else math.inf


def with_missing(out: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows, and one for each on the roster from whom nothing came in."""
    from grader.roster import kept_roster, missing

    known = [row["submission"] for row in rows]
    lacking = missing(kept_roster(out), known, out)
    return [*rows, *(_missing(person.id, rows) for person in lacking)]


def _missing(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    most = next((row["max_score"] for row in rows), 0)
    return {
        "submission": name, "status": "missing", "score": None, "bonus": None, "max_score": most,
        "provisional": False, "notes": ["nothing came in"], "steps": [],
    }  # fmt: skip


def carry_on(old: Path, new: Path) -> None:
    """Take what is remembered of a course along to the folder of a regrade."""
    from grader.decided.log import hashes
    from grader.model import KitFault
    from grader.roster import COURSE

    if old.resolve() == new.resolve() or not (old / COURSE).is_dir():
        return
    earlier, later = hashes(old), hashes(new)
    if not (earlier == later[: len(earlier)] or later == earlier[: len(later)]):
        raise KitFault(f"{new} holds other decisions than {old}: name a folder that is new, or goes on from it")
    if len(earlier) > len(later) or not (new / COURSE).exists():
        shutil.copytree(old / COURSE, new / COURSE, dirs_exist_ok=True)
