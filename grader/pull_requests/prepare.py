"""From traces to what is posted: compare, and write an outbox. It holds reference and rubric, no token, and runs no student code."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.cohort.runner import Job, check_traces, compare_traces
from grader.collect.trace_file import TraceError
from grader.escape import code, plain
from grader.messages import retold
from grader.model import Sentences
from grader.plan.plan import Plan, functions_of
from grader.pull_requests.course_ci.comment_page import OFFICIAL, About, headline, scored, unscored
from grader.pull_requests.course_ci.interface import Annotation
from grader.pull_requests.course_ci.sticky_comment import digest
from grader.pull_requests.course_ci.wording import ended, say
from grader.pull_requests.outbox import OUTBOX, Item, write_item
from grader.pull_requests.plan import REPORTS, TRACES, Entry
from grader.release.grading_json import function_of
from grader.report_format import CriterionReport, Report, StepReport
from grader.results.folder import read_report

UNREMARKED = ("pass", "unwritten", "not tried", "not judged")
"""Outcomes for which no line of the file is to blame."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run's folder, and what its pages link to."""

    folder: Path
    at: int
    url: str = ""
    kit: str = ""
    """`planning.kit_of` what the scores are made with."""
    words: Sentences = field(default_factory=dict)
    """The words of the pages."""


def prepare(run: Run, job: Job, entries: list[Entry], jobs: int, tell: Callable[[str], None]) -> list[Item]:
    """Compare all traces, write reports and outbox, and return what will be posted. A bad trace costs its own submission only."""
    usable: dict[str, Path] = {}
    problems: dict[str, str] = {}
    lines: dict[str, dict[str, int]] = {}
    for entry in entries:
        path = run.folder / TRACES / f"{entry.id}.json"
        try:
            lines[entry.id] = _lines_of(job, entry, path, run.words)
            usable[entry.id] = path
        except TraceError as why:
            problems[entry.id] = str(why)
    if usable:
        check_traces(job, list(usable.values()))
        compare_traces(job, list(usable.values()), jobs)
    for old in (run.folder / OUTBOX).glob("*.json"):
        old.unlink()
    items = []
    for entry in entries:
        if entry.id in usable:
            report = read_report(run.folder / REPORTS, entry.id)
            report["notes"] = [retold(run.words, note) for note in report["notes"]]
            item = _graded(run, entry, report, marks(report, job.plan, lines[entry.id]))
        else:
            item = _ungraded(run, entry, problems[entry.id], is_settled=bool(entry.problem))
        write_item(run.folder, item)
        tell(plain(f"{item.id}: {item.title}"))
        items.append(item)
    return items


def _lines_of(job: Job, entry: Entry, path: Path, words: Sentences) -> dict[str, int]:
    """Return where the submission's functions begin. Raises TraceError with a sentence if there is no trace of this very file."""
    if entry.problem:
        raise TraceError(retold(words, entry.problem))
    if not path.is_file() or path.is_symlink():
        raise TraceError(say(words, "comment.lost"))
    try:
        trace = job.read(path)
    except TraceError as error:
        said = str(error).removeprefix(f"{path}: ")
        raise TraceError(say(words, "comment.unreadable", why=code(said))) from None
    if trace["submission_sha256"] != entry.sha256:
        raise TraceError(say(words, "comment.foreign"))
    return dict(trace["loading"]["lines"])


def _about(run: Run, entry: Entry, url: str) -> About:
    notes = (say(run.words, "comment.no_actions"),) if entry.ran is False and entry.number is not None else ()
    return About(OFFICIAL, entry.sha, url, notes)


def _graded(run: Run, entry: Entry, report: Report, found: list[Annotation]) -> Item:
    if report["status"] == "unusable":
        return _ungraded(run, entry, code(report["notes"][0]), is_settled=True)
    if report["status"] != "graded":
        return _ungraded(run, entry, say(run.words, "comment.told_course", why=code(report["notes"][0])))
    page, same = (scored(report, _about(run, entry, url), run.words) for url in (run.url, ""))
    conclusion = "success" if report["score"] == report["max_score"] else "failure"
    return _item(run, entry, page, same, conclusion, headline(report, run.words), found)


def _ungraded(run: Run, entry: Entry, why: str, *, is_settled: bool = False) -> Item:
    """Return the item that explains why there is no score; `is_settled` says that grading the commit again would change nothing."""
    page, same = (unscored(why, _about(run, entry, url), run.words) for url in (run.url, ""))
    return replace(
        _item(run, entry, page, same, "neutral", say(run.words, "comment.no_score_title"), []), kit=run.kit if is_settled else ""
    )


def _item(run: Run, entry: Entry, page: str, same: str, conclusion: str, title: str, found: list[Annotation]) -> Item:
    marks = [[mark.path, mark.line, mark.title, mark.message, mark.level] for mark in found]
    holds = digest(json.dumps([same, conclusion, marks]))
    return Item(
        entry.id, entry.repo, entry.number, entry.sha, entry.branch, run.at, page, holds, conclusion, title, marks, run.url,
        run.kit,
    )  # fmt: skip


def marks(report: Report, plan: Plan, lines: dict[str, int]) -> list[Annotation]:
    """Return a remark at the line of each failing function: one a public case, and one a hidden criterion, of counts alone."""
    found = []
    for step in report["steps"]:
        for criterion in step["criteria"]:
            if criterion["outcome"] not in UNREMARKED:
                title = f"{step['title']}: {criterion['id']}"
                for function, remark in _remarks(step, criterion, plan):
                    found.append(Annotation("autodiff.py", lines.get(function, 1), title, remark))
    return found


def _remarks(step: StepReport, criterion: CriterionReport, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield function and remark for what failed in a criterion."""
    words = plan.rubric.sentences
    if not criterion["public"]:
        rubric = next(known for known in plan.rubric.steps if known.id == step["id"])
        own = functions_of(rubric, plan)
        counts = {"passed": criterion["passed"], "total": criterion["cases_total"]}
        remark = say(words, "comment.remark_hidden", says=criterion["says"], **counts)
        yield next(iter(own)) if len(own) == 1 else "create_node", remark
        return
    keys = plan.expected["criteria"][f"{step['id']}/{criterion['id']}"]
    by_id = {plan.expected["cases"][key]["id"]: plan.expected["cases"][key] for key in keys}
    for case in criterion["cases"]:
        if case["outcome"] not in UNREMARKED:
            answer = {"called": plain(case["called"]), "expected": plain(case["expected"])}
            got = plain(case["got"]) or ended(words, case["outcome"])
            remark = say(words, "comment.remark", says=criterion["says"], **answer, got=got)
            yield function_of(step["id"], by_id[case["id"]], case["expected"]), remark
