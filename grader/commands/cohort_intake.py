"""How a cohort comes in: the options that `grader cohort` has for it, and what it does before and after the grading."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.help_layout import RenamedOption
from grader.commands.options import FILE, FOLDER
from grader.model import ATTEMPTS as WHICH
from grader.model import PLATFORMS

if TYPE_CHECKING:
    from grader.cohort.runner import Job
    from grader.intake import Handed, Target
    from grader.intake.discover import Gathered
    from grader.report_format import Row

ATTEMPTS = ".attempts"
Graded = Callable[["Job", list["Handed"]], list["Row"]]
"""Grades works and returns the summaries of their reports."""


def intake_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options on what came in."""
    for option in (
        click.option(
            "--id-column",
            "match",
            cls=RenamedOption,
            was=("--match",),
            metavar="COLUMN",
            help="Column of the roster with the submissions' ids, if it is not id, e-mail or name.",
        ),
        click.option(
            "--decisions-from",
            "carry",
            cls=RenamedOption,
            was=("--carry",),
            type=FOLDER,
            help="Copy roster and decisions from the results of an earlier run.",
        ),
        click.option(
            "--before",
            "before",
            metavar="TIME",
            help="git: the last commit not after this, such as 2026-11-30T23:59+01:00; without a zone in UTC, a day alone is its midnight.",
        ),
        click.option("--ref", default="", help="git: the branch, tag or commit to grade; default: where HEAD stands."),
        click.option("--attempts", type=click.Choice(WHICH), help="Where several came in under one id: which one counts."),
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
    def with_earlier(self) -> list[str]:
        """Return the submissions of which earlier attempts are graded too, so that only the end of the run says which counts."""
        from grader.intake import submission_id

        return [submission_id(work) for works in (self.gathered.earlier if self.gathered else []) for work in works]

    @property
    def total(self) -> int:
        return len(self.works) + sum(map(len, self.gathered.earlier if self.gathered else []))


def incoming(path: Path, target: "Target", platform: str | None, pattern: str, roster: Path | None, attempts: str | None, ref: str,
             before: str | None, carry: Path | None, match: str | None) -> Incoming:  # fmt: skip
    """Return the submissions in a folder or archive, with the options for them. Raises KitFault if they are ambiguous."""
    from grader.commands.options import complain
    from grader.course.late_policy import instant
    from grader.course.roster import match_ids, read_roster
    from grader.escape import plain
    from grader.intake import submission_id
    from grader.intake.cohort_archive import is_cohort_archive
    from grader.intake.discover import IntakeOptions, gather
    from grader.model import KitFault
    from grader.results.transactions import expect_results

    if carry:
        expect_results(carry)
    if match and not roster:
        raise KitFault("--id-column names a column of a roster: name that too, with --roster")
    if path.is_file() and not is_cohort_archive(path):
        raise KitFault(f"{path} is neither a folder nor an archive: `grader grade` takes single files")
    how = IntakeOptions(platform or "", pattern, attempts or "", ref, instant(before) if before else None, target)
    named = (match,) if match else ()
    people = read_roster(roster, *named) if roster else ()
    if before and how.before and datetime.fromisoformat(before.strip()).tzinfo is None:
        complain(f"--before {before} has no zone, and is taken as {how.before.isoformat(sep=' ', timespec='minutes')}")
    gathered = gather(path, how)
    for name, last in gathered.unusable_last.items():
        complain(f"{name}: {gathered.facts[name]['from']} counts, because the last attempt, {last}, is unusable")
    matched = match_ids(people, map(submission_id, gathered.works), gathered.facts)
    if people and not matched.whose and not matched.unsure:
        complain("nobody on the roster handed in what came in: if its ids are others, name the column that has these with --id-column")
    if gathered.lacking:
        asked = " ".join(part for part in (f"--ref {ref}" if ref else "", f"--before {before}" if before else "") if part)
        complain(f"nothing to grade at {asked}: {', '.join(map(plain, gathered.lacking))}")
    return Incoming(gathered.works, gathered, roster, named, carry)


def strangers_among(out: Path, rows: "list[Row]") -> dict[str, str]:
    """Return a note for each hand-in without a certain owner on the kept roster. If no hand-in fits the roster, return nothing."""
    from grader.course.roster import kept_roster, match_all

    names = [row["submission"] for row in rows]
    return match_all(kept_roster(out), names, out).notes_on_strangers(names)


def complain_of_strangers(out: Path, notes: dict[str, str]) -> None:
    """Say who is not on the roster, or could be one of several there, and what to do."""
    from grader.commands.options import complain
    from grader.course.roster import NOT_ON_THE_ROSTER, kept_match
    from grader.escape import plain

    if unknown := [plain(name) for name, note in notes.items() if note == NOT_ON_THE_ROSTER]:
        complain(f"not on the roster: {', '.join(unknown)}")
        complain("add them to the roster, or rename what they handed in as the roster calls them; gradebooks may not know them otherwise")
    for name, note in notes.items():
        if note != NOT_ON_THE_ROSTER:
            complain(f"{plain(name)} {note}")
    if notes and not kept_match(out):
        complain("if a column of the roster has the ids of what came in, name it with --id-column")


def complain_of_attempts(gathered: "Gathered") -> None:
    """Say of whom several hand-ins came in, and which counts. Call it when that is known: after the grading."""
    from grader.commands.options import complain
    from grader.escape import plain, spaced
    from grader.results.folder import listed

    several = {name: facts for name, facts in gathered.facts.items() if len(facts["names"]) > 1}
    if several:
        lines = [f"{plain(name)}: {len(facts['names'])} hand-ins, {spaced(facts['from'])} counts" for name, facts in several.items()]
        complain(listed(lines))


def complain_of_names(out: Path, gathered: "Gathered") -> None:
    """Say where names are read otherwise than by the last run into OUT."""
    from grader.commands.options import complain
    from grader.intake.discover import kept_naming

    before = kept_naming(out)
    if before is not None and before != gathered.naming:
        complain(
            f"the last run read names by {before or 'their whole text'}, this one by {gathered.naming or 'their whole text'}: "
            "the same work may have another id now"
        )


def remember(out: Path, came: Incoming) -> None:
    """Keep in OUT what came in and the roster, so that exports and late policies find them again."""
    from grader.commands.course import record_policy
    from grader.course.roster import keep_roster
    from grader.intake.discover import keep_facts

    if came.carry:
        carry_on(came.carry, out)
    if came.gathered:
        complain_of_names(out, came.gathered)
        keep_facts(out, came.gathered)
        record_policy(out)
    if came.roster:
        keep_roster(out, came.roster, *came.match)


def grade_earlier(graded: Graded, job: "Job", came: Incoming, rows: "list[Row]") -> "list[Row]":
    """Grade the earlier attempts too, and return the rows with each one's best: most points with bonus; of equals the latest.

    Where the kit failed over one of them, the best is not known, and the submission is not graded.
    """
    from grader.collect.trace_file import write_trace
    from grader.escape import plain
    from grader.intake.discover import choose
    from grader.results.folder import TRACES, read_report, summary, write_report

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
                trace = json.loads((folder / TRACES / f"{name}.json").read_text("utf-8"))
                write_trace(job.out / TRACES / f"{name}.json", trace | {"notes": [*trace["notes"], which]})  # a regrade reads it there
                best[name] = summary(job.out, read_report(job.out, name))
        shutil.rmtree(folder)
    shutil.rmtree(job.out / ATTEMPTS, ignore_errors=True)
    return [best[row["submission"]] for row in rows]


def _worth(row: "Row") -> float:
    """Return the points of an attempt. An unusable one is worth less than any other; one that was not graded may be worth more."""
    if row["status"] == "unusable":
        return -1
    return float((row["score"] or 0) + (row["bonus"] or 0)) if row["status"] == "graded" else math.inf


def carry_on(old: Path, new: Path) -> None:
    """Copy the roster, decisions and other course files from `old` to `new`. Raises KitFault if their decision logs conflict."""
    from grader.atomic_write import write_bytes
    from grader.course.decision_log import LOG, hashes
    from grader.course.roster import COURSE
    from grader.model import KitFault

    if old.resolve() == new.resolve() or not (old / COURSE).is_dir():
        return
    earlier, later = hashes(old), hashes(new)
    if not (earlier == later[: len(earlier)] or later == earlier[: len(later)]):
        raise KitFault(f"{new} holds other decisions than {old}: name a folder that is new, or goes on from it")
    (new / COURSE).mkdir(parents=True, exist_ok=True)
    for path in sorted((old / COURSE).iterdir(), key=lambda path: path.name == LOG):  # the log last: with it all is there
        if path.is_file() and not path.name.startswith(".") and (len(earlier) > len(later) or not (new / COURSE / path.name).exists()):
            write_bytes(new / COURSE / path.name, path.read_bytes())
