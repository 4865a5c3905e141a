"""`grader study`: power, assign, withdraw, close, data and analyse: a small randomised study in a course. study/README.md shows one."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.commands.course import CourseCommand
from grader.commands.options import FILE, FOLDER, NEW_FILE, NEW_FOLDER, exit_on_fault, note, say
from grader.escape import argument, plain
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.study.document import Document

SHARE = click.FloatRange(0, 0.95)


@click.group()
def study() -> None:
    """Measure whether students learn from what their reports show: a small randomised study.

    \b
      grader study power --participants 60                    before all else: what can a class of this size show?
      grader study assign consenting.csv --out out --vary diagnosis
      grader cohort submissions/ --out out                    reports are as the arm says; points do not depend on it
      grader study data out --into tables --key study.key --before before.csv --after after.csv
      grader study analyse tables
      grader study close out && grader regrade out            now everybody gets the whole report

    study/README.md goes through one study, and lists what you must settle with your ethics board first.
    """


@study.command(cls=CourseCommand, reads=("out",))
@click.argument("participants", type=FILE)
@click.option("--out", type=NEW_FOLDER, required=True, help="The folder for the results of the course.")
@click.option("--vary", type=click.Choice(["diagnosis", "page"]), required=True, help="What one arm's reports have and the other's lack.")
@click.option("--stratify", default="", metavar="COLUMN", help="Draw within each group of people that have the same word in this column.")
@click.option("--seed", default="", metavar="TEXT", help="Draw the arms from this text; default: one is made. It is kept in OUT.")
def assign(participants: Path, out: Path, vary: str, stratify: str, seed: str) -> None:
    """Assign each person in PARTICIPANTS, a CSV with ids, to an arm by chance. List only people who agreed to take part.

    Whoever is assigned keeps the arm: with a longer list the same command adds the others. Nobody else's report changes.
    """
    import secrets
    from datetime import UTC, datetime

    from grader.results.study import Study, read_study, write_study
    from grader.results.transactions import writing
    from grader.study.assignment import assign, read_participants

    with exit_on_fault(), writing(out, note) as index:
        strata, before = read_participants(participants, stratify), read_study(out)
        if before and (before.vary, before.stratify) != (vary, stratify):
            raise KitFault(f"{out} holds a study that varies {before.vary}, stratified by {before.stratify or 'nothing'}: name another OUT")
        if before and before.closed:
            raise KitFault(f"the study in {out} was closed at {before.closed}: nobody can join it")
        if before and seed and before.seed != seed:
            raise KitFault(f"{out} holds a study with another seed: leave out --seed; nobody who has an arm changes it")
        if index.reported and not before:
            note(f"{out} holds {len(index.reported)} reports already, which were the same for all: a study should begin before them")
        made = assign(
            before or Study(vary, seed or secrets.token_hex(8), stratify), strata, datetime.now(UTC).isoformat(timespec="seconds")
        )
        write_study(out, made)
    counts = Counter(entry.arm for entry in made.people.values())
    say(f"{out}: {', '.join(f'{counts[arm]} in the arm {arm}' for arm in made.arms)}, seed {plain(made.seed)}")
    if missing := [name for name in made.people if name not in strata]:
        note(f"no longer on the list, but still in the study: {', '.join(map(plain, missing))}: `grader study withdraw` takes them out")


@study.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def withdraw(out: Path, ids: tuple[str, ...]) -> None:
    """Take people out of the study: out of arms, log and tables. Their work, points and reports stay. This can't be undone.

    `grader forget` erases a person from the study as well, and everything else with it.
    """
    from grader.commands.options import complain
    from grader.results.study import read_study
    from grader.results.study_erasure import erase, remains
    from grader.results.transactions import writing

    with exit_on_fault(), writing(out, note, new=False):
        found = read_study(out)
        if found is None:
            raise KitFault(f"{out} holds no study")
        if unknown := [name for name in ids if name not in found.people]:
            raise KitFault(f"not in the study: {', '.join(map(plain, unknown))}")
        left = [sentence for name in ids for sentence in remains(out, name)]
        for name in ids:
            for sentence in erase(out, name):
                say(plain(f"deleted: {sentence}"))
        for sentence in dict.fromkeys(left):
            complain(sentence)
        say(plain(f"`grader regrade {argument(out)}` writes their reports anew, with all that the course shows"))


@study.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
def close(out: Path) -> None:
    """End the study after the check after: from now on everybody gets the whole report, and nothing more is logged.

    This can't be undone. `grader regrade OUT` then writes all reports anew, so that nobody is left with less to learn from.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from grader.results.study import running_study, write_study
    from grader.results.transactions import writing

    with exit_on_fault(), writing(out, note, new=False):
        found = running_study(out)
        if found is None:
            raise KitFault(f"{out} holds no study that is not closed")
        write_study(out, replace(found, closed=datetime.now(UTC).isoformat(timespec="seconds")))
        say(plain(f"closed: `grader regrade {argument(out)}` writes everybody's whole report"))


@study.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--into", type=NEW_FOLDER, required=True, help="A folder for the tables, outside of OUT.")
@click.option("--key", type=NEW_FILE, required=True, help="The key of the pseudonyms; made if not there.")
@click.option("--before", type=FILE, help="CSV with the quick check before: id, and a column for each question.")
@click.option("--after", type=FILE, help="CSV with the quick check after.")
@click.option("--answers", type=FILE, help="CSV with question and answer: cells of the checks are answers, and not points.")
@click.option("--partial", is_flag=True, help="Go on though a run did not finish: only what it finished.")
def data(out: Path, into: Path, key: Path, before: Path | None, after: Path | None, answers: Path | None, partial: bool) -> None:
    """Write pseudonymised tables of the participants into a folder: students.csv, criteria.csv, attempts.csv and others, with a codebook.

    Whoever holds the key can name each person: keep it apart, and delete it when you promised to.
    """
    from dataclasses import replace

    from grader.results.study import read_study, write_study
    from grader.results.transactions import writing
    from grader.study.data_folder import check_places

    with exit_on_fault(), writing(out, note, new=False) as index:
        found = read_study(out)
        if found is None:
            raise KitFault(f"{out} holds no study: `grader study assign` begins one")
        if index.pending and not partial:
            raise KitFault(f"a run into {out} did not finish: run it again, or say --partial to take only what it finished")
        check_places(out, into, key)
        _write_data(out, index, found, into, key, (before, after, answers))
        entry = (str(into.resolve()), str(key.resolve()))
        if entry not in found.data:
            write_study(out, replace(found, data=(*found.data, entry)))
    say(f"{into}: tables of {len(found.people)} participants; {into / 'codebook.md'} explains them")
    say(f"{key}: the key that names each person: keep it apart from {into}")


def _write_data(out: Path, index: Any, found: Any, into: Path, key: Path, files: tuple[Path | None, Path | None, Path | None]) -> None:
    from grader.commands.options import complain
    from grader.course.roster import Person, kept_roster
    from grader.results.study import participants
    from grader.study.codebook import codebook
    from grader.study.data_folder import design_of, facts_of, key_in, most_points, pseudonyms, write_tables
    from grader.study.quick_checks import read_check, read_key_of_answers
    from grader.study.tables import AFTER, BEFORE, study_tables

    roster = [person for person in kept_roster(out) if person.id in found.people]
    people = (*roster, *(Person(name) for name in found.people if name not in {person.id for person in roster}))
    right = read_key_of_answers(files[2]) if files[2] else None
    checks = {when: read_check(path, people, right) for when, path in ((BEFORE, files[0]), (AFTER, files[1])) if path}
    for when, check in checks.items():
        if check.strangers:
            complain(f"check {when}: {len(check.strangers)} rows are of nobody in the study and are left out: {', '.join(check.strangers)}")
    most = {when: most_points(check, marked=right is not None) for when, check in checks.items()}
    shared = participants(out, index.entries).values()
    design = design_of(found, checks, most, sum(len(owners) for owners in shared if len(owners) > 1))
    tables = study_tables(out, index, found, pseudonyms(key_in(key), found.people), checks)
    write_tables(into, tables, design, codebook(facts_of(found, design)))


@study.command()
@click.option("--participants", type=click.IntRange(4, 100_000), required=True, help="How many people will take part, both arms together.")
@click.option("--attrition", type=SHARE, default=0.2, show_default=True, help="Which share will not answer the check after.")
@click.option("--correlation", "correlations", type=click.FloatRange(0, 0.99), multiple=True, default=(0.3, 0.5, 0.7), show_default=True,
              help="Between the checks (repeatable).")  # fmt: skip
@click.option("--effect", "effects", type=click.FloatRange(0, 5), multiple=True, default=(0.2, 0.3, 0.5, 0.8), show_default=True,
              help="True difference of the arms, in standard deviations (repeatable).")  # fmt: skip
@click.option("--runs", type=click.IntRange(100, 1_000_000), default=2000, show_default=True, help="Simulated studies for each row.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same table.")
@click.option("--into", type=NEW_FOLDER, help="A folder for power.md and power.html; default: print the Markdown.")
def power(into: Path | None, **options: Any) -> None:
    """Show what a class of this size can show, by simulated studies with a check before and after and two arms."""
    with exit_on_fault():
        from grader.study.libraries import expect_libraries

        expect_libraries()
        from grader.study.power import Plan, document, simulate

        plan = Plan(**options)
        _show(document(plan, [simulate(plan, correlation) for correlation in plan.correlations]), into, "power")


@study.command()
@click.argument("tables", type=FOLDER)
@click.option("--into", type=NEW_FOLDER, help="A folder for analysis.md and analysis.html; default: TABLES.")
def analyse(tables: Path, into: Path | None) -> None:
    """Compare the arms: points in the check after, adjusted for the check before, with interval, effect size and what is missing."""
    with exit_on_fault():
        from grader.study.libraries import expect_libraries

        expect_libraries()
        from grader.study.analysis import analyse, read_data
        from grader.study.analysis_report import document

        _show(document(analyse(read_data(tables))), into or tables, "analysis")


def _show(document: "Document", into: Path | None, name: str) -> None:
    """Write a report as Markdown and page and print its first sentences; without a folder print all of it."""
    from grader.atomic_write import write_text
    from grader.pages.study_page import study_page
    from grader.study.document import markdown

    if into is None:
        say(markdown(document))
        return
    into.mkdir(parents=True, exist_ok=True)
    write_text(into / f"{name}.md", markdown(document))
    write_text(into / f"{name}.html", study_page(document))
    say("\n\n".join(document.lead))
    say(f"\n{into / name}.html and {name}.md hold the whole report")
