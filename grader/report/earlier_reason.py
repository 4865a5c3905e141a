"""Whether a criterion of an extension failed for a reason that failed an earlier step already.

An extension asks the functions of earlier steps again, for more. Where such a function is wrong there, too, the extension's hint would
mislead. An earlier public criterion has the same reason only if one of its cases
  - ended in the same exception, raised in the same line or outside of the file, as the extension's case
  - got a wrong answer from the same function, where the extension's case got a wrong answer
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.model import CaseResult, Criterion, CriterionResult, Step
from grader.report_format import Drawing

Results = Mapping[tuple[str, str], CriterionResult]


class Reason(NamedTuple):
    """The function, and the first earlier criterion at which it failed."""

    function: str
    step: str
    says: str


def earlier_reason(step: Step, case: CaseResult, before: list[Step], results: Results) -> Reason | None:
    """Return the earlier reason for which a case of an extension failed, or None. `before` are the steps before it."""
    if step.points:
        return None
    names = [case.function] if case.line else functions_of(case.drawing) if case.drawing else []
    for earlier, criterion, found in _earlier(before, results):
        name = next((name for name in names if _is_same(case, name, found, earlier)), None)
        if name:
            return Reason(name, earlier.title, criterion.says)
    return None


def functions_of(drawing: Drawing) -> list[str]:
    """Return the function that a drawing is about: the one that was called, or the one that made the first broken node."""
    if drawing["call"]:
        return [drawing["call"]["function"]]
    broken = next((node for node in drawing["nodes"] if node["mark"] == "broken" and node["operands"]), None)
    if broken is None:
        return []
    is_created = any(line.startswith(f"{broken['name']} = create_node(") for line in drawing["code"])
    return ["create_node" if is_created else broken["operator"]]


def _earlier(before: list[Step], results: Results) -> Iterator[tuple[Step, Criterion, CaseResult]]:
    for step in before:
        for criterion in step.criteria:
            found = results.get((step.id, criterion.id)) if criterion.public else None
            yield from ((step, criterion, case) for case in found.cases) if found else ()


def _is_same(case: CaseResult, name: str, earlier: CaseResult, step: Step) -> bool:
    """Return whether an earlier case failed for the reason of this one, which is about the function `name`."""
    if case.line:
        return (earlier.line, earlier.function) == (case.line, name)
    if case.outcome == "error":  # outside of the file, where a function is missing or can't be called
        return (earlier.outcome, earlier.line, earlier.got) == ("error", None, case.got)
    if case.outcome != "fail":
        return False
    by_operator = any((part.group, part.outcome) == (name, "fail") for part in earlier.parts)
    return by_operator or (step.functions == (name,) and earlier.outcome == "fail")
