"""What a report shows of the submission's own text: the line that raised an exception, and the function that a failure is about.

    graded file ─ hash and trace ─► source_of ─► `source` of a criterion in report.json ─► terminal, Markdown, page

The text comes from the graded file, whose hash is the report's. Line numbers and names come from the trace; they are claims, and lead
to lines of the file or to nothing. Nothing is parsed. Of a hidden criterion nothing is shown.
"""

import hashlib
from collections.abc import Mapping, Sequence

from grader.model import UNFAILED, CriterionResult
from grader.report.earlier_reason import functions_of
from grader.report_format import CaseReport, CriterionFacts, Report, Source, SourceFunction, SourceLine
from grader.source_lines import Line, function_lines, numbered

LINE = 160
"""Characters of a line that are shown."""
LINES = 60
"""Lines of a function that are shown."""
NOTHING_TO_SHOW = ("unwritten", "not tried")
"""Outcomes for which no line of the file is to blame."""


def with_source(report: Report, results: Sequence[CriterionResult], source: bytes, claims: Mapping[str, int], *, functions: bool) -> Report:
    """Return the report with `source` in the public criteria that did not pass, where there is something to show.

    `claims` are the first lines of functions, as the trace has them. With `functions` the first drawing of each step comes with the
    function that it is about. The report stays as it is where `source` is not what was graded.
    """
    if hashlib.sha256(source).hexdigest() != report["provenance"]["submission_sha256"]:
        return report
    lines = numbered(source)
    results_by_criterion = {(result.step, result.criterion): result for result in results}
    for step in report["steps"]:
        is_first = functions
        for criterion in step["criteria"]:
            case = first_failed(criterion)
            if case is None or case["outcome"] in NOTHING_TO_SHOW:
                continue
            failed = next(c for c in results_by_criterion[step["id"], criterion["id"]].cases if c.outcome not in UNFAILED)
            found: Source = {}
            if failed.line and failed.line <= len(lines) and lines[failed.line - 1].text.strip():
                found["line"] = _shown(lines[failed.line - 1], strip=True)
            if is_first and "drawing" in case:
                is_first = False
                if function := _blamed(source, claims, functions_of(case["drawing"]), failed.function, found.get("line")):
                    found["function"] = function
            if found:
                criterion["source"] = found
    return report


def with_kept_source(report: Report, earlier: Report) -> Report:
    """Return the report with what an earlier report on the same file shows of it, where the same case ended in the same way."""
    if earlier["provenance"]["submission_sha256"] != report["provenance"]["submission_sha256"]:
        return report
    known = {(step["id"], c["id"]): c for step in earlier["steps"] for c in step["criteria"] if "source" in c}
    for step in report["steps"]:
        for criterion in step["criteria"]:
            old, case = known.get((step["id"], criterion["id"])), first_failed(criterion)
            if old and case and _ending(first_failed(old)) == _ending(case):
                criterion["source"] = old["source"]
    return report


def first_failed(criterion: CriterionFacts) -> CaseReport | None:
    """Return the first case of a public criterion that failed."""
    return next((case for case in criterion["cases"] if case["outcome"] not in UNFAILED), None)


def _blamed(
    source: bytes, claims: Mapping[str, int], asked: Sequence[str], raised_in: str, line: SourceLine | None
) -> SourceFunction | None:
    """Return the function that was asked, if no exception or its line is in it, or else the one that raised it."""
    found = next((f for name in asked if (f := _function(source, name, claims))), None)
    if found and (line is None or line["place"] in [each["place"] for each in found["lines"]]):
        return found
    return _function(source, raised_in, claims) or found


def _function(source: bytes, name: str, claims: Mapping[str, int]) -> SourceFunction | None:
    """Return a function as a report holds it, its first LINES lines, or None where the file has none of that name."""
    lines = function_lines(source, name, claims.get(name)) if name.isidentifier() else []
    return {"name": name, "lines": [_shown(line) for line in lines[:LINES]], "cut": len(lines) > LINES} if lines else None


def _ending(case: CaseReport | None) -> tuple[str, str]:
    return (case["id"], case["got"]) if case else ("", "")


def _shown(line: Line, *, strip: bool = False) -> SourceLine:
    text = line.text.strip() if strip else line.text
    return {"place": line.place, "text": text if len(text) <= LINE else text[:LINE] + " ..."}
