"""A report as Markdown: a table of steps, then what each unpassed criterion says."""

from collections.abc import Iterator
from typing import Any

from grader.escape import code, plain
from grader.report import decided


def markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown. Text that comes from the submission stands in code spans only."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"# Report for {code(report['submission'])}"
    yield ""
    if report["status"] != "graded":
        yield "**Not graded.**"
    else:
        bonus = f", bonus **{report['bonus']:g}**" if report["bonus"] else ""
        provisional = " (provisional: not all steps were graded)" if report["provisional"] else ""
        yield f"**{report['score']:g}** of {report['max_score']:g} points{bonus}{provisional}"
    yield from decided.markdown(report)
    for note in report["notes"]:
        yield f"\n> {code(note)}"
    found = report["provenance"]
    own = "those of everybody" if found["cases"] == "fixed" else f"its own (secret {found['cases']})"
    yield f"\nSubmission {code(found['submission_sha256'][:16])}, graded {found['graded_at']}, sandbox {code(found['sandbox'])}."
    yield f"Random cases: {own}."
    if report["steps"]:
        yield "\n| step | points | bonus |\n| --- | ---: | ---: |"
    for step in report["steps"]:
        bonus = sum(c["score"] for c in step["criteria"] if c["bonus"])
        most = sum(c["max_score"] for c in step["criteria"] if c["bonus"])
        yield f"| {step['title']} | {step['score']:g} / {step['max_score']:g} | {f'{bonus:g} / {most:g}' if most else ''} |"
    for step in report["steps"]:
        yield f"\n## {step['title']}\n"
        if manual := step.get("manual"):
            comment = f": {code(manual['comment'])}" if manual["comment"] else "."
            yield f"**{step['score']:g}** points were given by hand, in place of {manual['auto_score']:g} from the criteria{comment}\n"
        for criterion in step["criteria"]:
            yield from _criterion(criterion)
    if report.get("written"):
        yield "\n## Answers in words\n"
    for answer in report.get("written", ()):
        score = "not graded yet" if answer["score"] is None else f"{answer['score']:g}/{answer['max_score']:g}"
        yield f"- **{score}** {code(answer['id'])} {code(answer['comment']) if answer['comment'] else ''}".rstrip()


def _criterion(criterion: dict[str, Any]) -> Iterator[str]:
    mark = "x" if criterion["outcome"] == "pass" else " "
    points = f"{criterion['score']:g}/{criterion['max_score']:g}{' bonus' if criterion['bonus'] else ''}"
    yield f"- [{mark}] **{points}** {plain(criterion['says'])} ({criterion['outcome']})"
    if criterion["outcome"] == "pass":
        return
    case = next((case for case in criterion["cases"] if case["outcome"] != "pass"), None)
    if case and criterion["outcome"] != "unwritten":
        yield f"  - case {case['id']}: called {code(case['called'])}"
        yield f"  - expected {code(case['expected'])}"
        yield f"  - got {code(case['got'])}"
    else:  # a sentence of ours: nothing of the submission is told where no case is
        yield f"  - {criterion['message']}"
    if criterion["diagnosis"]:  # says more than the hint that all who fail get
        yield f"  - {criterion['diagnosis']['says']}"
    elif criterion["hint"]:
        yield f"  - hint: {criterion['hint']}"
