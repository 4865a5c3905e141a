"""One submission's report.html, made of its report.json and of words in its language.

A text that several criteria share, such as a diagnosis, is shown once, at the first of them. Of a hidden criterion the page shows what
the report holds: counts and kinds.
"""

from functools import reduce

from grader.messages import retold, say
from grader.model import ENGLISH, Sentences
from grader.pages import html
from grader.pages.trace import View, view
from grader.report import final_points
from grader.report.failure_text import ANSWER
from grader.report_format import CaseReport, Report, SourceFunction, SourceLine, StepPoints

LARGEST = 200_000
"""Bytes of a page."""
DRAWINGS = (40, 8, 4, 2, 0)
"""So many drawings at most; the next smaller number where the page would be too large. Without any, functions are left out, too."""
UNFAILED = ("pass", "not judged")
NOT_DRAWN = ("unwritten", "not tried")
Seen = dict[str, str]
"""What a page shows already, and at which criterion: each answer, drawing, function and text is shown once."""


class PageCriterion(final_points.ShownCriterion):
    """A criterion as the page shows it."""

    anchor: str
    settled: bool
    shown: CaseReport | None
    """The case that it shows: the first that failed."""
    same_as: str | None
    """The anchor of the criterion that shows the same answer."""
    drawing: View | None
    texts: list[tuple[str, str]]
    """Texts after their labels."""
    again: bool
    """An earlier criterion of the page shows the same diagnosis."""
    is_drawn_above: bool
    code: list[str]
    line: SourceLine | None
    function: SourceFunction | None
    is_line_inside: bool
    others: list[str]
    """The other cases that failed."""
    points: str
    said: str


class PageStep(StepPoints):
    """A step as the page shows it."""

    waits: bool
    criteria: list[PageCriterion]
    bonus: float
    bonus_most: float
    handout: str


def report_page(report: Report, words: Sentences) -> str:
    """Return the page of a report in these words, of at most LARGEST bytes."""
    page = ""
    for most in DRAWINGS:
        page = _page(report, words, most)
        if len(page.encode()) <= LARGEST:
            break
    return page


def _page(report: Report, words: Sentences, most: int) -> str:
    seen: Seen = {}
    room = [most]
    counted = final_points.steps(report, words)
    steps = [_step(step, words, seen, room) for step in counted] if not _is_unloaded(report) else []
    walked = max((len(c["drawing"]["rows"]) for s in steps for c in s["criteria"] if c["drawing"] and c["drawing"]["walk"]), default=0)
    return html.render(
        "report.html", rules=_walk_rules(walked), report=report, steps=steps, headline=_headline(report, words),
        right=_right(report, words), next_tries=_next_tries(report, words), written=report.get("written", ()), left_out=room[0] < 0,
        notes=[retold(words, note) for note in report["notes"]], t=html.speaker(words), language=report.get("language", ENGLISH),
    )  # fmt: skip


def _headline(report: Report, words: Sentences) -> list[str]:
    """Return the points that count, and what they were made of where people decided something."""
    if final_points.is_decided(report):
        return [line.strip() for line in final_points.lines(report, words)]
    if report["status"] == "unusable":
        return [say(words, "page.unusable")]
    if report["status"] == "not graded":
        return [say(words, "page.not_graded")]
    parts = {"score": f"{report['score']:g}", "most": f"{report['max_score']:g}", "bonus": f"{report['bonus']:g}"}
    points = say(words, "report.points_and_bonus" if report["bonus"] else "report.points", **parts)
    return [f"{points} {say(words, 'report.provisional')}" if report["provisional"] else points]


def _right(report: Report, words: Sentences) -> str:
    """Return one sentence on what is right already."""
    core = [step for step in report["steps"] if step["max_score"]]
    criteria = [c for step in core for c in step["criteria"] if not c["bonus"] and not c.get("manual")]
    passed = sum(c["outcome"] == "pass" for c in criteria)
    whole = [step["title"] for step in core if all(c["outcome"] == "pass" for c in step["criteria"] if not c["bonus"])]
    if not criteria or not passed:
        return ""
    if passed == len(criteria):
        return say(words, "page.all_met", count=passed)
    met = say(words, "page.met", passed=passed, count=len(criteria))
    if "language" not in report:  # in an English sentence only the first title has a capital letter
        whole = [*whole[:1], *map(str.lower, whole[1:])]
    steps = reduce(lambda first, second: say(words, "page.and", first=first, second=second), whole) if whole else ""
    if not steps:
        return met
    return f"{met} {say(words, 'page.step_right', step=steps) if len(whole) == 1 else say(words, 'page.steps_right', steps=steps)}"


def _is_unloaded(report: Report) -> bool:
    """Return whether the file was not loaded at all: then one note says all there is to say."""
    criteria = [c for step in report["steps"] for c in step["criteria"] if not c.get("manual")]
    if not report["notes"] or any(c["passed"] or c["outcome"] not in ("error", "timeout", "crash") for c in criteria):
        return False
    return len({case["got"] for c in criteria for case in c["cases"]}) == 1 < len(criteria)


def _next_tries(report: Report, words: Sentences) -> list[str]:
    """Return what to try after full marks; nothing before."""
    if report["status"] != "graded" or report["provisional"] or (report["score"] or 0) < report["max_score"]:
        return []
    bonus = [c for step in report["steps"] for c in step["criteria"] if c["bonus"] and c["outcome"] != "pass"]
    tries = [say(words, "page.for_bonus", says=c["says"]) for c in bonus]
    return tries or [say(words, f"page.try_{what}") for what in ("program", "count", "second")]


# ---- steps and criteria -------------------------------------------------------


def _step(step: final_points.ShownStep, words: Sentences, seen: Seen, room: list[int]) -> PageStep:
    bonus, most = final_points.bonus_of(step)
    criteria = [_criterion(step["id"], criterion, words, seen, room) for criterion in step["criteria"]]
    first = next((c["drawing"] for c in criteria if c["drawing"] and c["drawing"]["rows"]), None)
    if first:
        first["walk"] = True
    failed = any(not c["settled"] for c in criteria)
    handout = words.get(f"handout.{step['id']}", "") if failed else ""
    return {**step, "bonus": bonus, "bonus_most": most, "criteria": criteria, "handout": handout}


def _criterion(step: str, criterion: final_points.ShownCriterion, words: Sentences, seen: Seen, room: list[int]) -> PageCriterion:
    settled, anchor = final_points.is_settled(criterion), f"{step}-{criterion['id']}"
    case = None if settled else next((case for case in criterion["cases"] if case["outcome"] not in UNFAILED), None)
    case = None if criterion["outcome"] in NOT_DRAWN else case
    drawn, answer = (f"drawing {step}/{case['id']}", "\n".join(case[part] for part in ANSWER)) if case else ("", "")
    same_as = seen.get(answer) if case else None
    is_drawn_above = bool(case) and drawn in seen
    drawing = view(case["drawing"], words) if case and "drawing" in case and not is_drawn_above and not same_as else None
    if drawing:
        room[0] -= 1
        drawing = drawing if room[0] >= 0 else None
    diagnosis = criterion["diagnosis"]
    texts = [] if settled else [("perhaps", diagnosis["says"] if diagnosis else ""), ("look_next", "" if diagnosis else criterion["hint"])]
    texts += [("why", criterion["why"])] if not settled else []
    source = criterion.get("source", {}) if case else {}
    line, function = source.get("line"), source.get("function") if room[0] >= 0 else None
    if function and f"function {function['name']}" in seen:
        function = None
    found: PageCriterion = {
        **criterion, "anchor": anchor, "settled": settled, "shown": case, "same_as": same_as, "drawing": drawing,
        "texts": [(label, text) for label, text in texts if text and text not in seen],
        "again": diagnosis is not None and diagnosis["says"] in seen, "is_drawn_above": is_drawn_above, "code": _code(case),
        "line": line, "function": function, "is_line_inside": _is_inside(line, function),
        "others": [c["id"] for c in criterion["cases"] if case and c["outcome"] not in UNFAILED and c is not case],
        "points": final_points.points_of(criterion), "said": "" if case or settled else criterion["message"],
    }  # fmt: skip
    for text in (answer, drawn if drawing else "", f"function {function['name']}" if function else "", *(text for _, text in texts)):
        seen.setdefault(text, anchor)
    return found


def _is_inside(line: SourceLine | None, function: SourceFunction | None) -> bool:
    """Return whether a line is among those that are shown of a function."""
    return bool(line and function and line["place"] in [each["place"] for each in function["lines"]])


def _code(case: CaseReport | None) -> list[str]:
    """Return the program of a case, line by line."""
    if case is None:
        return []
    drawing = case.get("drawing")
    return (drawing["code"] if drawing else []) or [case["called"]]


def _walk_rules(rows: int) -> str:
    """Return the rules of the step-through: the chosen node is framed, and later ones keep their derivatives to themselves."""
    return "".join(
        f".walk:has(.r{k}:checked) .k{k}>rect{{stroke:var(--link);stroke-width:4}}"
        f".walk:has(.r{k}:checked) tr.k{k}{{outline:3px solid var(--link)}}"
        f".walk:has(.r{k}:checked) .k{k}~* .late{{visibility:hidden}}"
        for k in range(rows)
    )
