"""Write an audit as a page of Markdown. It holds no date and no time, so that it changes only with the kit."""

from collections.abc import Iterator

from grader.audit.grade_subjects import Graded, Key
from grader.audit.summary import counted, finding_of, kills
from grader.audit.verdict import Audit

HEAD = """# The grader, graded

`grader audit --markdown` wrote this page. Programs whose mistakes are known go through
the grader: the reference, the starter, every misconception, every right and wrong submission of the jury, and mutants of the
reference, which have one small change each. A wrong program must lose points in the step where its mistake is, and in no other
core step; a right one must keep them. The page names hidden cases, so it is not for students.
"""
CRITERIA = """## Criteria

*Kills* counts the wrong programs that lose points at the criterion, *alone* those that would be missed if the grader had not got it.
"""
MUTANTS = """## Mutants

What becomes of a line of the reference, and the criteria at which that loses. A mutant is called after its line and column. One
of a function that a core step names must lose in a core step.
"""


def markdown(audit: Audit) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, counted(audit), "", *_criteria(audit), *_faults(audit), *_equivalents(audit), *_matrix(audit)]) + "\n"


def _criteria(audit: Audit) -> Iterator[str]:
    yield from (CRITERIA, *_header("criterion", "mutants", "misconceptions", "jury", "kills", "alone", "for example"))
    for key, core in audit.criteria.items():
        alone = audit.sole_kills(key)
        kinds = [sum(1 for _ in audit.kills(key, (kind,))) for kind in ("mutant", "misconception", "wrong")]
        named = sorted(alone, key=lambda one: (one.subject.kind != "misconception", one.subject.kind != "wrong"))[:1]
        example = f"`{named[0].subject.name}`" if named else ""
        yield _row("/".join(key) + ("" if core else " (bonus)"), *kinds, kills(audit, key), len(alone), example)
    yield ""


def _faults(audit: Audit) -> Iterator[str]:
    yield from ("## What is not as it should be", "")
    said = [f"- {_escaped(finding_of(one, fault))}{_change(one)}" for one, fault in audit.faulty]
    said += [f"- No wrong program fails {'/'.join(key)}." for key in audit.never_failed]
    said += [f"- {'/'.join(key)} could be left out unnoticed." for key in audit.unnoticed]
    yield from said or ["Nothing: each wrong program is found in its own step, and no criterion can be spared."]
    yield ""
    idle = [f"- {'/'.join(key)}: {', '.join(f'`{case}`' for case in cases)}" for key, cases in audit.idle.items()]
    yield from (["Cases that no wrong program fails:", "", *idle, ""] if idle else ["Each case is failed by some wrong program.", ""])


def _equivalents(audit: Audit) -> Iterator[str]:
    yield from (
        "## Equivalent mutants",
        "",
        "They lose nothing because they are right as well. The list is `reference/equivalent-mutants.yaml`.",
        "",
    )
    yield from _header("function", "was", "becomes", "why it is right")
    for one, entry in audit.argued_survivors:
        assert one.subject.mutant
        yield _row(entry.function, *_codes(one), _escaped(entry.reason))
    yield ""


def _matrix(audit: Audit) -> Iterator[str]:
    for kind, heading in (("misconception", "## Misconceptions"), ("wrong", "## Wrong submissions of the jury")):
        yield from (heading, "", *_header("program", "what is wrong", "loses"))
        for one in audit.graded:
            if one.subject.kind == kind:
                yield _row(f"`{one.subject.name.partition('/')[2]}`", _escaped(one.subject.about), _lost(one.lost, audit))
        yield ""
    yield from (MUTANTS, *_header("mutant", "function", "the line becomes", "loses"))
    for one in audit.mutants:
        assert one.subject.mutant
        yield _row(one.subject.mutant.id, one.subject.mutant.function, _code(one.subject.mutant.becomes), _lost(one.lost, audit))


def _lost(keys: frozenset[Key], audit: Audit) -> str:
    """Return the criteria step by step, in rubric order; `all` where none of the step's is left."""
    said = []
    for step in dict.fromkeys(key[0] for key in audit.criteria):
        here = [key for key in audit.criteria if key[0] == step]
        names = [name for _, name in here if (step, name) in keys]
        if names:
            said.append(f"{step}: {'all' if len(names) == len(here) else ', '.join(names)}")
    return "; ".join(said) or "nothing"


def _change(one: Graded) -> str:
    return " ({} becomes {})".format(*_codes(one)) if one.subject.mutant else ""


def _codes(one: Graded) -> tuple[str, str]:
    assert one.subject.mutant
    return _code(one.subject.mutant.was), _code(one.subject.mutant.becomes)


def _code(text: str) -> str:
    """Return code for a cell: its lines one after another."""
    return f"`{' ⏎ '.join(line.strip() for line in text.splitlines())}`".replace("|", "\\|")


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")


def _header(*names: str) -> tuple[str, str]:
    return _row(*names), _row(*("---" for _ in names))


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
