"""What people decide: points for manual criteria, overrides, lateness, and that a student be forgotten."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from grader.commands.shared import user

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
by_option = click.option("--by", default=user, help="Who decides, as the log shows it; default: the user of this machine.")


@click.command()
@click.argument("out", type=FOLDER)
@click.argument("file", type=FILE)
@by_option
def points(out: Path, file: Path, by: str) -> None:
    """Take points from FILE, CSV or YAML: for manual criteria, or with a reason in place of the automatic ones.

    Columns: id, criterion, points, reason. `automatic` as points takes a decision back. Each is added to the log in OUT, and stands in
    the report beside the automatic score; a regrade keeps it.
    """
    from grader.decided import log, reading

    _decide(out, by, lambda reports: reading.read_points(file, reports, log.state(out)))


@click.command()
@click.argument("out", type=FOLDER)
@click.option("--policy", type=FILE, help="YAML: due, grace, per_day (none, 5 or 10%), cutoff.")
@click.option("--extensions", type=FILE, help="CSV: id, until, reason.")
@click.option("--times", type=FILE, help="CSV: id, handed_in; default: what the platform or the repository said when it came in.")
@by_option
def late(out: Path, policy: Path | None, extensions: Path | None, times: Path | None, by: str) -> None:
    """Say what lateness costs, who has an extension, and when work was handed in.

    Moments are written as 2026-11-30T23:59+01:00. One without a zone is in UTC; a day alone is refused.
    """
    from grader.commands.shared import complain, told
    from grader.decided import late as lateness
    from grader.decided import log, reading
    from grader.escape import plain
    from grader.model import KitFault
    from grader.roster import kept_facts

    def entries(reports: dict[str, Any]) -> Iterable[dict[str, Any]]:
        known = log.state(out)
        found = reading.read_times(times, reports, known) if times else []
        found += reading.read_extensions(extensions, reports, known) if extensions else []
        if policy:
            data = reading.read_yaml(policy)
            try:
                text = lateness.new_policy(data)
            except KitFault as fault:
                raise KitFault(f"{policy}: {fault}") from None
            if not known.policy or known.policy["policy"] != text:
                found.append({"kind": log.POLICY, "policy": text})
        return found

    with told():
        if not (policy or extensions or times):
            raise KitFault("name at least one of --policy, --extensions, --times")
    _decide(out, by, entries)
    with told():
        timed = {*log.state(out).handed_in, *(name for name, facts in kept_facts(out).items() if facts.get("handed_in"))}
        unknown = [plain(path.parent.name) for path in sorted(out.glob("[!.]*/report.json")) if path.parent.name not in timed]
        if unknown and log.state(out).policy:
            complain(f"no penalty, for nobody knows when it came in: {', '.join(unknown)}: tell it with --times")


def _decide(out: Path, by: str, entries: Any) -> None:
    """Add decisions to the log, and write the reports that they concern anew."""
    from grader.commands.incoming import with_missing
    from grader.commands.shared import told
    from grader.decided import log
    from grader.results import all_reports, kept_sentences, summaries, write_again, write_grades

    with told():
        reports = {report["submission"]: report for report in all_reports(out)}
        kept_sentences(out)
        with_missing(out, summaries(out))  # what is damaged is told before anything is decided
        number = log.add(out, entries(reports), by)
        write_again(out, reports)
        write_grades(out, with_missing(out, summaries(out)))
        click.echo(f"{number} decision(s) added to {log.log_path(out)}; reports and grades.csv are written anew")


@click.command()
@click.argument("out", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")
def decisions(out: Path, as_json: bool) -> None:
    """Show the log of decisions, and check that nothing in it was changed."""
    from grader.commands.shared import say, told
    from grader.decided import log
    from grader.escape import plain

    with told():
        entries = log.read(out)
        if as_json:
            shown = [{k: v for k, v in entry.items() if k != "salt"} if entry else None for entry in entries]
            say(json.dumps(shown, indent=1))
            return
        for number, entry in enumerate(entries, start=1):
            if entry is None:
                say(f"{number:4}  forgotten")
                continue
            told_of = ", ".join(f"{key}: {value}" for key, value in entry.items() if key not in ("salt", "kind", "by", "at"))
            say(plain(f"{number:4}  {entry['at']}  {entry['by']}  {entry['kind']}  {told_of}"))
        say(f"{len(entries)} decision(s); the log is whole")


@click.command()
@click.argument("out", type=FOLDER)
@click.argument("ids", nargs=-1, required=True)
def forget(out: Path, ids: tuple[str, ...]) -> None:
    """Delete the work, answers and reports of students, and what else OUT holds about them. This can't be undone."""
    from grader.commands.incoming import with_missing
    from grader.commands.shared import complain, say, told
    from grader.decided.forget import check, left_over
    from grader.decided.forget import forget as delete
    from grader.escape import plain
    from grader.results import read_report, report_paths, summaries, summary, write_grades

    with told():
        check(out, ids)
        others = [path.parent.name for path in report_paths(out) if path.parent.name not in ids]
        with_missing(out, [summary(read_report(out, name)) for name in others])  # what is damaged is told before anything is deleted
        for name in ids:
            for sentence in delete(out, name):
                say(plain(f"deleted: {sentence}"))
        write_grades(out, with_missing(out, summaries(out)))
        for path in [path for name in ids for path in left_over(out, name)]:
            complain(f"{path} still names one of them: it was exported, delete it yourself")
