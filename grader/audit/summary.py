"""An audit in words, for a terminal and for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import NotRequired, TypedDict

from grader.audit.grade_subjects import Graded, Key
from grader.audit.subjects import KINDS
from grader.audit.verdict import Audit, Fault

SCHEMA = "autodiff-kit/audit/v1"
PLURALS = {"misconception": "programs of misconceptions", "mutant": "mutants"}
SAYS = {
    "survives": "loses nothing in",
    "leaks": "loses where it has no mistake, in",
    "loses": "is right and loses in",
    "gains": "is empty and earns in",
}


class CriterionData(TypedDict):
    """How many wrong programs lose a criterion, and which lose it alone."""

    step: str
    id: str
    core: bool
    kills: int
    alone: list[str]


class FaultData(TypedDict):
    """What is not as it should be with a subject."""

    kind: str
    where: list[str]


class SubjectData(TypedDict):
    """A subject, and the criteria that it lost. The last keys are those of a mutant."""

    name: str
    kind: str
    steps: list[str]
    lost: list[str]
    faults: list[FaultData]
    function: NotRequired[str]
    was: NotRequired[str]
    becomes: NotRequired[str]
    diff: NotRequired[list[str]]
    equivalent: NotRequired[str | None]
    """Why it is argued to be equivalent."""


class EquivalentsData(TypedDict):
    """Entries of the list of equivalent mutants that have to go, by their places."""

    refuted: list[str]
    stale: list[str]


class AuditData(TypedDict):
    """An audit."""

    schema: str
    green: bool
    whole: bool
    criteria: list[CriterionData]
    never_failed: list[str]
    unnoticed: list[str]
    idle: dict[str, list[str]]
    """The cases of a criterion that no wrong program fails."""
    equivalents: EquivalentsData
    subjects: list[SubjectData]


def lines(audit: Audit) -> Iterator[str]:
    """Yield the audit, condensed: how often each criterion was lost, and whatever is not as it should be."""
    yield counted(audit)
    if audit.whole:
        yield from ("", f"{'criterion':38} {'kills':>6} {'alone':>6}")
        for key in audit.criteria:
            yield f"{'/'.join(key) + ('' if audit.criteria[key] else ' (bonus)'):38} {kills(audit, key):6} {len(audit.sole_kills(key)):6}"
    for one, fault in audit.faulty:
        yield from ("", finding_of(one, fault))
        yield from (f"    {line}" for line in (one.subject.mutant.diff if one.subject.mutant else ()))
    yield from ("", *_rest(audit))
    yield _verdict(audit)


def counted(audit: Audit) -> str:
    """Return how many subjects there were, and what became of the mutants."""
    counts = Counter(one.subject.kind for one in audit.graded)
    argued, alive = len(audit.argued_survivors), sum(map(audit.survives, audit.mutants))
    kinds = ", ".join(f"{counts[kind]} {PLURALS.get(kind, kind) if counts[kind] > 1 else kind}" for kind in KINDS if counts[kind])
    if not audit.mutants:
        return f"{kinds}."
    return f"{kinds}. Of the mutants {len(audit.mutants) - alive} were killed, {argued} are argued equivalent, {alive - argued} survive."


def _verdict(audit: Audit) -> str:
    if not audit.is_green:
        return "The audit is RED."
    if not audit.whole:
        return "These are as they should be. Of criteria and cases only the whole audit can tell."
    return "The audit is green: every mistake is found in its own step, and no criterion can be spared."


def kills(audit: Audit, key: Key) -> int:
    return sum(1 for _ in audit.kills(key))


def finding_of(one: Graded, fault: Fault) -> str:
    about = f" ({one.subject.about})" if one.subject.about and not one.subject.mutant else ""
    return f"{one.subject.name}{about} {SAYS[fault.kind]} {', '.join(fault.where)}"


def _rest(audit: Audit) -> Iterator[str]:
    """Yield what there is to say about criteria, cases and the list of equivalent mutants."""
    for entry in audit.refuted:
        yield f"{entry.place}: this mutant is no equivalent, it loses points: remove the entry"
    for entry in audit.stale:
        yield f"{entry.place}: no mutant is like this one: the reference was edited, or the entry was"
    if audit.never_failed:
        yield f"Criteria that no wrong program fails: {_names(audit.never_failed)}"
    if audit.unnoticed:
        yield f"Criteria that could be left out unnoticed: {_names(audit.unnoticed)}"
        yield "    Each needs a program that loses there alone: a misconception, or a submission under --wrong."
    for key, cases in audit.idle.items():
        yield f"Cases of {'/'.join(key)} that no wrong program fails: {', '.join(cases)}"


def _names(keys: list[Key]) -> str:
    return ", ".join("/".join(key) for key in keys)


def data(audit: Audit) -> AuditData:
    """Return the audit for programs; the criteria that each subject lost are the matrix."""
    return {
        "schema": SCHEMA,
        "green": audit.is_green,
        "whole": audit.whole,
        "criteria": [
            {
                "step": key[0],
                "id": key[1],
                "core": core,
                "kills": kills(audit, key),
                "alone": [g.subject.name for g in audit.sole_kills(key)],
            }
            for key, core in audit.criteria.items()
        ],
        "never_failed": ["/".join(key) for key in audit.never_failed],
        "unnoticed": ["/".join(key) for key in audit.unnoticed],
        "idle": {"/".join(key): list(cases) for key, cases in audit.idle.items()},
        "equivalents": {"refuted": [entry.place for entry in audit.refuted], "stale": [entry.place for entry in audit.stale]},
        "subjects": [_subject(audit, one) for one in audit.graded],
    }


def _subject(audit: Audit, one: Graded) -> SubjectData:
    subject, argued = one.subject, audit.argued(one)
    facts: SubjectData = {
        "name": subject.name,
        "kind": subject.kind,
        "steps": sorted(subject.steps),
        "lost": sorted("/".join(key) for key in one.lost),
        "faults": [{"kind": fault.kind, "where": list(fault.where)} for fault in audit.faults(one)],
    }
    if mutant := subject.mutant:
        facts |= {"function": mutant.function, "was": mutant.was, "becomes": mutant.becomes, "diff": list(mutant.diff)}
        facts["equivalent"] = argued.reason if argued else None
    return facts
