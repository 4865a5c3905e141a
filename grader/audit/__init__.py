"""The grader graded: grade programs whose faults are known, and report what the grader misses.

    audited = audit(Kit.find(None), plan, sandbox="core", jobs=2)
    audited.is_green

`mutants` makes wrong programs of the reference, one small change each. `subjects` gathers them with all others, `grade_subjects`
grades them, `verdict` lists what differs from what was expected, and `summary` and `markdown` write the result.
"""

from pathlib import Path

from grader.audit.equivalents import FILE, load_equivalents
from grader.audit.grade_subjects import grade
from grader.audit.subjects import Subject, chosen, gather
from grader.audit.verdict import Audit
from grader.kit import Kit
from grader.plan.plan import Plan
from grader.processes import Progress

__all__ = ["Audit", "Subject", "audit", "subjects_of"]


def subjects_of(kit: Kit, plan: Plan, right: Path | None = None, wrong: Path | None = None, only: tuple[str, ...] = ()) -> list[Subject]:
    """Return the subjects whose names fit one of the patterns `only`, or all. Raises KitFault if there is none."""
    return chosen(gather(kit, plan, right, wrong), only)


def audit(
    kit: Kit, plan: Plan, subjects: list[Subject], *, whole: bool, sandbox: str, jobs: int, progress: Progress = lambda _: None
) -> Audit:
    """Return what becomes of the subjects; `whole` says that they are all."""
    equivalents = load_equivalents(kit.root / "reference" / FILE)
    criteria = [(step.id, criterion.id) for step in plan.rubric.steps for criterion in step.criteria if not criterion.manual]
    cases = {key: tuple(name.partition("/")[2] for name in plan.expected["criteria"]["/".join(key)]) for key in criteria}
    return Audit(plan.rubric, cases, grade(plan, sandbox, subjects, jobs, progress), equivalents, whole)
