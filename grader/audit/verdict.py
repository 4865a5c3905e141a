"""Say which subjects did not do as they must, and which criteria and cases of the rubric nobody would miss.

    audit = Audit(rubric, cases, graded, equivalents)
    audit.is_green

The same rules answer what would be missed without a criterion: its losses are taken away. A subject that is then no longer
as expected shows that the criterion is needed. So nothing is graded again.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from grader.audit.equivalents import Equivalent, without_mutant
from grader.audit.grade_subjects import Graded, Key, is_core
from grader.audit.subjects import Subject
from grader.model import Rubric

WRONG = ("misconception", "wrong", "mutant")
"""The kinds that must lose points."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a subject did and must not: survive, leak, lose or gain; `where` names steps or criteria."""

    kind: str
    where: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """The graded subjects, and by criterion its cases' ids.

    `whole` is false if only some subjects were asked for: then nothing is said about the rubric as a whole.
    """

    rubric: Rubric
    cases: dict[Key, tuple[str, ...]]
    graded: list[Graded]
    equivalents: list[Equivalent]
    whole: bool = True

    # ---- the rubric's parts -----------------------------------------------------

    @cached_property
    def criteria(self) -> dict[Key, bool]:
        """Every criterion, and whether it is core."""
        return {(step.id, c.id): is_core(step.points, c) for step in self.rubric.steps for c in step.criteria if not c.manual}

    @cached_property
    def core_steps(self) -> frozenset[str]:
        return frozenset(step.id for step in self.rubric.steps if step.points)

    def home(self, subject: Subject) -> frozenset[str]:
        """Return the steps of which a subject must lose in one: where it has core steps, one of those.

        Extensions ask the functions of core steps as well; that they find a mistake there does not excuse the core step.
        """
        return subject.steps & self.core_steps or subject.steps

    # ---- subjects ---------------------------------------------------------------

    def faults(self, one: Graded, without: Key | None = None) -> list[Fault]:
        """Return what a subject did and must not, or would do if the rubric had not the criterion `without`.

        A submission of the jury must lose core points in a core step; of the others a bonus there will do, for some mistakes
        concern nothing else.
        """
        subject, lost = one.subject, one.lost - {without}
        if subject.kind == "starter":
            return [Fault("gains", _texts(one.earned - {without}))] if one.earned - {without} else []
        core = {key for key in lost if self.criteria[key]}
        if subject.kind in ("reference", "right"):
            wrongly = lost if subject.kind == "reference" else core
            return [Fault("loses", _texts(wrongly))] if wrongly else []
        counting = core | {key for key in lost if subject.kind != "wrong" or key[0] not in self.core_steps}
        losing = {step for step, _ in counting}
        found = []
        if subject.kind == "wrong" and not subject.steps <= losing:
            found.append(Fault("survives", tuple(sorted(subject.steps - losing))))
        elif not self.home(subject) & losing:
            found.append(Fault("survives", tuple(sorted(self.home(subject)))))
        if leaked := {key for key in core if key[0] not in subject.steps}:
            found.append(Fault("leaks", _texts(leaked)))
        return found

    @cached_property
    def faulty(self) -> list[tuple[Graded, Fault]]:
        """All faults of all subjects but the survival of mutants that are argued to be right."""
        return [(one, fault) for one in self.graded for fault in self.faults(one) if not (fault.kind == "survives" and self.argued(one))]

    def argued(self, one: Graded) -> Equivalent | None:
        """Return the entry that says why a mutant is right, if there is one."""
        key = one.subject.mutant.key if one.subject.mutant else None
        return next((entry for entry in self.equivalents if entry.key == key), None)

    def survives(self, one: Graded) -> bool:
        return any(fault.kind == "survives" for fault in self.faults(one))

    @cached_property
    def mutants(self) -> list[Graded]:
        return [one for one in self.graded if one.subject.mutant]

    @cached_property
    def argued_survivors(self) -> list[tuple[Graded, Equivalent]]:
        return [(one, entry) for one in self.mutants if self.survives(one) and (entry := self.argued(one))]

    @cached_property
    def refuted(self) -> list[Equivalent]:
        """The entries of the list of equivalent mutants all of whose mutants lose points after all."""
        said = {entry.key for _, entry in self.argued_survivors}
        killed = {one.subject.mutant.key for one in self.mutants if one.subject.mutant}
        return [entry for entry in self.equivalents if entry.key in killed - said]

    @cached_property
    def stale(self) -> list[Equivalent]:
        """The entries that no mutant fits."""
        return without_mutant(self.equivalents, [one.subject.mutant for one in self.mutants if one.subject.mutant]) if self.whole else []

    # ---- criteria and cases -----------------------------------------------------

    def kills(self, key: Key, kinds: Collection[str] = WRONG) -> Iterator[Graded]:
        """Yield the wrong subjects that lose points at a criterion."""
        return (one for one in self.graded if one.subject.kind in kinds and key in one.lost)

    def sole_kills(self, key: Key, kinds: Collection[str] = WRONG) -> list[Graded]:
        """Return the wrong subjects that would be missed without a criterion."""
        return [one for one in self.kills(key, kinds) if not self.faults(one) and self.faults(one, key)]

    @cached_property
    def never_failed(self) -> list[Key]:
        return [key for key in self.criteria if self.whole and not any(self.kills(key))]

    @cached_property
    def unnoticed(self) -> list[Key]:
        """The criteria that could be left out unnoticed: every subject would still do as it must."""
        return [key for key in self.criteria if self.whole and not self.sole_kills(key)]

    @cached_property
    def idle(self) -> dict[Key, tuple[str, ...]]:
        """The cases of each criterion that every wrong subject passes; criteria that have none are left out."""
        if not self.whole:
            return {}
        failed = {key: frozenset[str]().union(*(one.cases[key] for one in self.kills(key))) for key in self.criteria}
        left = {key: tuple(case for case in names if case not in failed[key]) for key, names in self.cases.items()}
        return {key: names for key, names in left.items() if names}

    @property
    def is_green(self) -> bool:
        return not (self.faulty or self.refuted or self.stale or self.never_failed or self.unnoticed)


def _texts(keys: Iterable[Key]) -> tuple[str, ...]:
    return tuple(sorted("/".join(key) for key in keys))
