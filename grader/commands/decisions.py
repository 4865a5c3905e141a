"""What people decide: points for manual criteria, overrides, and lateness."""

import json
import os
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.class_results import class_kept
from grader.commands.course import CourseCommand, current_course
from grader.commands.options import EXISTING, FILE, FOLDER, NEW_FILE, user
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.course.decision_files import Held
    from grader.course.decision_log import NewEntry
    from grader.report_format import Report
    from grader.results.index import Index

by_option = click.option("--by", default=user, help="Who decides, as the log shows it; default: the user of this machine.")


@click.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=EXISTING)
@click.argument("file", type=FILE, required=False)
@click.option("--template", type=NEW_FILE, help="Write who waits for what to this CSV, which is FILE when it is filled in.")
@click.option(
    "--unusable",
    metavar="POINTS",
    help="Points for all that is unusable and has none of a person, such as 0; `automatic` takes back the points of all.",
)
@click.option(
    "--missing",
    metavar="POINTS",
    help="Points for all on the roster who handed in nothing and have none, such as 0; `automatic` takes back the points of all.",
)
@by_option
def points(out: Path, file: Path | None, template: Path | None, unusable: str | None, missing: str | None, by: str) -> None:
    """Take points from FILE, CSV or YAML: for manual criteria, or with a reason in place of the automatic ones.

    Columns: id, criterion, points, reason; rows that nobody has filled in are left out. `automatic` as points takes a decision back. Each
    decision is added to the log in OUT. The report shows it beside the automatic score, and a regrade keeps it. --unusable gives points
    to all unusable submissions without points from a person; the criterion `unusable` in FILE does so for one. --missing gives points to
    everyone on the roster who handed in nothing and has no points yet; the criterion `missing` in FILE does so for one.
    """
    from grader.commands.options import exit_on_fault, note
    from grader.course import decision_files

    def entries(reports: "dict[str, Report]", index: "Index") -> "Iterable[NewEntry]":
        return _points(out, reports, index, file, unusable, missing)

    course = current_course()
    if course and out.is_file() and not file:
        out, file = course.out, out
    with exit_on_fault():
        _check_points(out, file, template)
        wanted = bool(file) or unusable is not None or missing is not None
        if not (wanted or template):
            raise KitFault("name a FILE with points, or --unusable POINTS, or --missing POINTS, or write such a file with --template")
    if wanted:
        _decide(out, by, entries)
    with exit_on_fault():
        if template:
            _write_template(out, template)
        if file and (number := decision_files.unfilled(file)):
            note(f"{number} rows have no points yet, and are left out")


def _check_points(out: Path, file: Path | None, template: Path | None) -> None:
    """Raise KitFault for arguments of `points` that can't be meant."""
    if not out.is_dir():
        raise KitFault(f"{out} is no folder: name the OUT of a run, and then FILE")
    if file and template:
        raise KitFault("--template writes a file and FILE is read: both at once can't be meant")
    if template and os.path.lexists(template):
        raise KitFault(f"{template} exists, and is not replaced: name a new file")


def _points(
    out: Path, reports: "dict[str, Report]", index: "Index", file: Path | None, unusable: str | None, missing: str | None
) -> "list[NewEntry]":
    """Return the new decisions that a file and the options of `points` hold."""
    from grader.commands.options import note
    from grader.course import decision_files, decision_log
    from grader.course.roster import could_be, kept_roster
    from grader.escape import plain
    from grader.results.folder import listed

    decided, held = decision_log.state(out), _held(out, reports, index)
    found = decision_files.read_points(file, held, decided) if file else []
    named, left = {entry["id"] for entry in found}, list[str]()

    def rest(names: Iterable[str], points: str, given: Container[str]) -> list[str]:
        """Return those whom an option for all concerns: with points, those who have none of a person; others are `left`."""
        names = [name for name in names if name not in named]
        left.extend(name for name in names if points != decision_log.AUTOMATIC and name in given)
        return [name for name in names if name not in left]

    if unusable is not None:
        names = [name for name, report in reports.items() if report["status"] == "unusable"]
        names = rest(names, unusable, [name for name in names if reports[name].get("final")])
        found += decision_files.unusable_points(unusable, {name: reports[name] for name in names}, decided)
    if missing is not None:
        if not kept_roster(out):
            raise KitFault(f"{out} keeps no roster, so nobody is known to be missing: run cohort with --roster first")
        given = [name for name, entry in decided.missing.items() if entry["points"] != decision_log.AUTOMATIC]
        found += decision_files.missing_points(missing, rest(held.missing, missing, given), held.most, decided)
        for name, works in held.unclear.items():
            note(f"nothing decided about {plain(name)}: {could_be(works)}: {decision_files.WHICH}")
    if left:
        note(f"left as they were, because a person gave them points: {listed(left)}")
    if not found and index.pending:
        note(f"nothing was decided about what a run left without a result ({listed(index.pending)}): run it again first")
    return found


def _held(out: Path, reports: "dict[str, Report]", index: "Index") -> "Held":
    """Return what OUT holds about those who may be given points."""
    from grader.course.decision_files import Held
    from grader.course.roster import kept_roster, match
    from grader.results.folder import unclear, without_result
    from grader.results.gradebook import why_none

    present = [name for name, entry in index.entries.items() if not entry.gone]
    without = {name: why for name, entry in index.entries.items() if (why := why_none(out, name, entry))}
    missing = [person.id for person in without_result(out, index)]
    unclear_people = {person.id: names for person, names in unclear(out, index)}
    return Held(reports, missing, index.max_score, match(kept_roster(out), present, out), without, unclear_people)


def _write_template(out: Path, file: Path) -> None:
    """Write a new file with all that waits for points; none where nothing does."""
    from grader.commands.options import note
    from grader.course import decision_log
    from grader.course.final_points import of_missing
    from grader.course.points_template import nothing_came, template_csv, waiting
    from grader.course.roster import kept_roster, match
    from grader.results.folder import all_reports, without_result
    from grader.results.transactions import reading

    with reading(out, note) as index:
        reports = list(all_reports(out, index))
        people = {person.id: person for person in kept_roster(out)}
        names: dict[str, str] = {}
        for person, submission in match(tuple(people.values()), [report["submission"] for report in reports], out).items():
            names[submission] = ", ".join(name for name in (names.get(submission), people[person].name) if name)
        decided = decision_log.state(out)
        absent = {p.id: p.name for p in without_result(out, index) if of_missing(decided, p.id, index.max_score) is None}
    rows = list(waiting(reports, names))
    several = f"{len(rows)} rows for {len({row['id'] for row in rows})} submissions"
    several += f" and {len(absent)} for who handed in nothing" if absent else ""
    rows += nothing_came(absent, index.max_score)
    if not rows:
        click.echo("nobody waits for points")
        return
    file.write_text(template_csv(rows), "utf-8-sig")  # with the mark, by which spreadsheets know UTF-8
    click.echo(f"{file}: {several}: fill in points, then `grader points OUT {file}`")


@click.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--policy", type=FILE, help="YAML: due, grace, per_day (none, 5 or 10%), cutoff.")
@click.option("--extensions", type=FILE, help="CSV: id, until, reason.")
@click.option("--times", type=FILE, help="CSV: id, handed_in; default: what the platform or the repository said when it came in.")
@by_option
def late(out: Path, policy: Path | None, extensions: Path | None, times: Path | None, by: str) -> None:
    """Record the late policy, extensions and hand-in times, and print the policy in force.

    People on the roster who have not handed in yet may have an extension.
    Moments are written as 2026-11-30T23:59+01:00. One without a zone is refused, and so is a day alone. The policy that is in force
    afterwards is printed: a policy file replaces the whole policy, so grace, per_day or cutoff that it leaves out no longer apply.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.commands.results_messages import no_time, policy_in_force
    from grader.course import decision_files, decision_log
    from grader.course import late_policy as lateness
    from grader.course.roster import kept_roster
    from grader.results.transactions import reading as reading_folder

    def entries(reports: "dict[str, Report]", index: "Index") -> "Iterable[NewEntry]":
        known, course = decision_log.state(out), current_course()
        names = {*reports, *(person.id for person in kept_roster(out))}
        found = decision_log.policy_of_course(out, course.policy) if course else []
        found += decision_files.read_times(times, names, known) if times else []
        found += decision_files.read_extensions(extensions, names, known) if extensions else []
        if policy:
            data = decision_files.read_yaml(policy)
            try:
                text = lateness.new_policy(data)
            except KitFault as fault:
                raise KitFault(f"{policy}: {fault}") from None
            if not known.policy or known.policy["policy"] != text:
                found.append({"kind": decision_log.POLICY, "policy": text})
        return found

    with exit_on_fault():
        if not (policy or extensions or times or current_course()):
            raise KitFault("name at least one of --policy, --extensions, --times")
    with exit_on_fault():
        before = decision_log.state(out).policy if out.is_dir() else None
    _decide(out, by, entries)
    with exit_on_fault(), reading_folder(out, note) as index:
        say(policy_in_force(out, before))
        if sentence := no_time(out, index):
            complain(sentence)


def _decide(out: Path, by: str, entries: "Callable[[dict[str, Report], Index], Iterable[NewEntry]]") -> None:
    """Add decisions to the log, and write the reports that they concern again."""
    from grader.commands.options import complain, exit_on_fault, note
    from grader.course import decision_log
    from grader.results.folder import all_reports, remarks
    from grader.results.texts import kept_sentences
    from grader.results.transactions import changing, mark_stale

    with exit_on_fault():
        with class_kept(out), changing(out, note) as index:
            reports = {report["submission"]: report for report in all_reports(out, index)}
            kept_sentences(out)
            new = list(entries(reports, index))
            mark_stale(out, index)
            number = decision_log.add(out, new, by)
        click.echo(f"{number} decision(s) added to {decision_log.log_path(out)}; reports and grades.csv are written again")
        for sentence in remarks(out, index):
            complain(sentence)


@click.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")
def decisions(out: Path, as_json: bool) -> None:
    """Show the log of decisions, and check that nothing in it was changed."""
    from grader.commands.options import exit_on_fault, note, say
    from grader.course import decision_log
    from grader.escape import plain
    from grader.results.lapsed_decisions import why_lapsed
    from grader.results.transactions import expect_results
    from grader.results.transactions import reading as reading_folder

    with exit_on_fault():
        expect_results(out)
        with reading_folder(out, note) as index:
            entries = decision_log.read(out)
            gone = [why_lapsed(out, index, entry) if entry else "" for entry in entries]
        if as_json:
            shown = [{k: v for k, v in entry.items() if k != "salt"} if entry else None for entry in entries]
            say(json.dumps(shown, indent=1))
            return
        for number, (entry, why) in enumerate(zip(entries, gone, strict=True), start=1):
            if entry is None:
                say(f"{number:4}  forgotten")
                continue
            details = ", ".join(f"{key}: {value}" for key, value in entry.items() if key not in ("salt", "kind", "by", "at"))
            say(plain(f"{number:4}  {entry['at']}  {entry['by']}  {entry['kind']}  {details}{f'  ({why})' if why else ''}"))
        say(f"{len(entries)} decision(s); the log is whole")
