"""From traces to what is posted: compare, and write an outbox. It holds reference and rubric, no token, and runs no student code."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.cohort import Job, compare_traces
from grader.escape import code, plain
from grader.forge.base import Annotation
from grader.forge.outbox import OUTBOX, Item, write_item
from grader.forge.page import OFFICIAL, WORDS, About, headline, scored, unscored
from grader.forge.planning import REPORTS, TRACES, Entry
from grader.forge.sticky import digest
from grader.plan import Plan, functions_of
from grader.public_facts import function_of
from grader.results import read_report
from grader.traces import TraceError

NO_ACTIONS = (
    "No workflow of this repository has run for this commit, so there are no provisional points: in a fork, switch workflows on in its "
    "*Actions* tab; a pull request with conflicts has none either. This official result does not depend on it."
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run's folder, and what its pages link to."""

    folder: Path
    at: int
    url: str = ""


def prepare(run: Run, job: Job, entries: list[Entry], jobs: int, say: Callable[[str], None]) -> list[Item]:
    """Compare all traces, write reports and outbox, and return what will be posted. A bad trace costs its own submission only."""
    usable: dict[str, Path] = {}
    problems: dict[str, str] = {}
    lines: dict[str, dict[str, int]] = {}
    for entry in entries:
        path = run.folder / TRACES / f"{entry.id}.json"
        try:
            lines[entry.id] = _lines_of(job, entry, path)
            usable[entry.id] = path
        except TraceError as why:
            problems[entry.id] = str(why)
    if usable:
        compare_traces(job, list(usable.values()), jobs)
    for old in (run.folder / OUTBOX).glob("*.json"):
        old.unlink()
    items = []
    for entry in entries:
        if entry.id in usable:
            report = read_report(run.folder / REPORTS, entry.id)
            item = _graded(run, entry, report, marks(report, job.plan, lines[entry.id]))
        else:
            item = _ungraded(run, entry, problems[entry.id])
        write_item(run.folder, item)
        say(plain(f"{item.id}: {item.title}"))
        items.append(item)
    return items


def _lines_of(job: Job, entry: Entry, path: Path) -> dict[str, int]:
    """Return where the submission's functions begin. Raises TraceError with a sentence if there is no trace of this very file."""
    if entry.problem:
        raise TraceError(entry.problem)
    if not path.is_file() or path.is_symlink():
        raise TraceError("Running it did not come to an end, by a fault of the grader or its machine. It will be run again.")
    try:
        trace = job.read(path)
    except TraceError as error:
        said = str(error).removeprefix(f"{path}: ")
        raise TraceError(f"What came back from running it can't be used: {code(said)}. It will be run again.") from None
    if trace["submission_sha256"] != entry.sha256:
        raise TraceError("What came back was the answer of another file. It will be run again.")
    return dict(trace["loading"]["lines"])


def _about(run: Run, entry: Entry, url: str) -> About:
    return About(OFFICIAL, entry.sha, url, (NO_ACTIONS,) if entry.ran is False and entry.number is not None else ())


def _graded(run: Run, entry: Entry, report: dict[str, Any], found: list[Annotation]) -> Item:
    if report["status"] != "graded":
        return _ungraded(run, entry, f"{code(report['notes'][0])} The course has been told.")
    page, same = (scored(report, _about(run, entry, url)) for url in (run.url, ""))
    conclusion = "success" if report["score"] == report["max_score"] else "failure"
    return _item(run, entry, page, same, conclusion, headline(report), found)


def _ungraded(run: Run, entry: Entry, why: str) -> Item:
    page, same = (unscored(why, _about(run, entry, url)) for url in (run.url, ""))
    return _item(run, entry, page, same, "neutral", "No score", [])


def _item(run: Run, entry: Entry, page: str, same: str, conclusion: str, title: str, found: list[Annotation]) -> Item:
    marks = [[mark.path, mark.line, mark.title, mark.message, mark.level] for mark in found]
    holds = digest(json.dumps([same, conclusion, marks]))
    return Item(
        entry.id, entry.repo, entry.number, entry.sha, entry.branch, run.at, page, holds, conclusion, title, marks, run.url
    )  # fmt: skip


def marks(report: dict[str, Any], plan: Plan, lines: dict[str, int]) -> list[Annotation]:
    """Return a remark at the line of each failing function: one a public case, and one a hidden criterion, of counts alone."""
    found = []
    for step in report["steps"]:
        for criterion in step["criteria"]:
            if criterion["outcome"] not in ("pass", "unwritten", "not tried"):
                title = f"{step['title']}: {criterion['id']}"
                for function, words in _remarks(step, criterion, plan):
                    found.append(Annotation("autodiff.py", lines.get(function, 1), title, f"{criterion['says']} {words}"))
    return found


def _remarks(step: dict[str, Any], criterion: dict[str, Any], plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield function and words for what failed in a criterion."""
    if not criterion["public"]:
        rubric = next(known for known in plan.rubric.steps if known.id == step["id"])
        own = functions_of(rubric, plan)
        yield (
            next(iter(own)) if len(own) == 1 else "create_node",
            f"{criterion['passed']} of {criterion['cases_total']} hidden cases passed.",
        )
        return
    keys = plan.expected["criteria"][f"{step['id']}/{criterion['id']}"]
    by_id = {plan.expected["cases"][key]["id"]: plan.expected["cases"][key] for key in keys}
    for case in criterion["cases"]:
        if case["outcome"] not in ("pass", "unwritten", "not tried"):
            got = plain(case["got"]) or WORDS[case["outcome"]]
            words = f"Called: {plain(case['called'])}. Expected: {plain(case['expected'])}. Got: {got}"
            yield function_of(step["id"], by_id[case["id"]], case["expected"]), words
