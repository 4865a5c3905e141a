"""Gather the programs that are sent through the grader, each with the steps in which it must lose points."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from grader.audit.mutants import Mutant, mutants_of, steps_by_function
from grader.diagnosis.misconceptions import load_misconceptions
from grader.intake import read_submission
from grader.kit import Kit
from grader.model import KitFault, Rubric
from grader.plan.plan import Plan, functions_of
from grader.release.starter import cut, first_steps

KINDS = ("reference", "starter", "misconception", "right", "wrong", "mutant")
JURY = Path("tests", "submissions")


@dataclass(frozen=True, slots=True)
class Subject:
    """One program that tests the grading. Its name starts with its kind; `steps` holds the steps that its mistake concerns."""

    kind: str
    name: str
    source: bytes
    steps: frozenset[str] = frozenset()
    about: str = ""
    mutant: Mutant | None = None

    @property
    def is_right(self) -> bool:
        return self.kind in ("reference", "right")

    def concerns(self, step: str) -> bool:
        """Return whether bonus criteria of a step can decide about this subject."""
        return self.kind in ("reference", "starter") or step in self.steps


def gather(kit: Kit, plan: Plan, right: Path | None, wrong: Path | None) -> list[Subject]:
    """Return all subjects of a kit; without folders of right and wrong ones those of its jury, if it has one. Raises KitFault."""
    rubric = plan.rubric
    source = kit.reference
    starter = cut(source.decode("utf-8"), first_steps(plan)).encode()
    subjects = [Subject("reference", "reference", source), Subject("starter", "starter", starter)]
    known = {step.id for step in rubric.steps}
    for one in (one for one in load_misconceptions(kit.root / "reference" / "misconceptions") if one.step in known):
        for name, program in one.sources(source).items():
            subjects.append(Subject("misconception", f"misconception/{name}", program, frozenset({one.step}), one.believes))
    subjects += _jury(rubric, "right", right or kit.root / JURY / "right", optional=right is None)
    subjects += _jury(rubric, "wrong", wrong or kit.root / JURY / "wrong", optional=wrong is None)
    steps = steps_by_function(source, {step.id: functions_of(step, plan) for step in rubric.steps})
    for mutant in mutants_of(source):
        if not steps[mutant.function]:
            raise KitFault(f"reference/autodiff.py: no step's function uses {mutant.function}, so that no case can find a mistake in it")
        about = f"{mutant.function}: {mutant.becomes}"
        subjects.append(Subject("mutant", f"mutant/{mutant.id}", mutant.source, steps[mutant.function], about, mutant))
    return subjects


def chosen(subjects: list[Subject], patterns: tuple[str, ...]) -> list[Subject]:
    """Return the subjects whose names fit one of the patterns, or all if there is none. Raises KitFault for one that nothing fits."""
    for pattern in patterns:
        if not any(fnmatchcase(one.name, pattern) for one in subjects):
            raise KitFault(f"no subject is called {pattern}: names begin with {', '.join(KINDS)}, as in {subjects[-1].name}")
    return [one for one in subjects if not patterns or any(fnmatchcase(one.name, pattern) for pattern in patterns)]


def _jury(rubric: Rubric, kind: str, folder: Path, *, optional: bool) -> Iterator[Subject]:
    """Yield the submissions of a folder. The first line of a wrong one names the steps it loses, after the last `; loses `."""
    if optional and not folder.is_dir():
        return
    known = {step.id for step in rubric.steps}
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__"))):
        work = read_submission(path)
        if work.is_empty:
            raise KitFault(f"{path}: {work.problem or work.unusable}")
        first = work.source.decode("utf-8-sig", "replace").partition("\n")[0].strip()
        about, _, named = first.rpartition("; loses ") if kind == "wrong" else (first, "", "")
        steps = frozenset(step.strip() for step in named.split(",")) if named else frozenset()
        if kind == "wrong" and not (steps and steps <= known):
            raise KitFault(f"{path}:1:1: the first line must end in `; loses ` and steps of the rubric: {', '.join(sorted(known))}")
        yield Subject(kind, f"{kind}/{work.id}", work.source, steps, about.removeprefix(f"# {kind}: "))
