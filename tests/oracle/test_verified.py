"""The reference against other differentiators: `tox run -e oracle`, with PyTorch too `tox run -e oracle-torch`.

Every value, and every derivative of every sweep, forward and reverse. Where the libraries are missing nothing here runs.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import yaml
from conftest import ROOT
from subjects import OPERATORS, Subject, draw_subjects, load_reference, subjects_of, sweep, write_case

from grader.kit import Kit
from grader.model import Instruction, Program
from grader.plan.planner import make_plan
from grader.rubric.case_syntax import parse_case

frameworks = pytest.importorskip("frameworks", reason="needs JAX, autograd and SymPy: tox run -e oracle")

TOLERANCE = 1e-12
"""How far two answers may lie apart, in units of m, the sweep over absolute values."""
RANDOM_PROGRAMS = 2000
FORMULAS = 400
"""SymPy, whose formulas grow, takes this many of the random programs, evenly spread."""
VERIFIED = yaml.safe_load((Path(__file__).parent / "verified.yaml").read_text("utf-8"))
FRAMEWORKS = [frameworks.Jax(), frameworks.Autograd(), frameworks.SymPy(), frameworks.Differences()]
if find_spec("torch"):
    from pytorch import PyTorch

    FRAMEWORKS.append(PyTorch())

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # PyTorch's forward mode warns of itself


@pytest.fixture(scope="module")
def plan_cases(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rubric's program cases, random ones drawn, with what the grader expects of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        plan = make_plan(Kit.find(ROOT))
    cases = [case for case in plan.expected["cases"].values() if case["own"] and case["own"]["build"] == "operators"]
    assert len(cases) > 100
    return cases


@pytest.fixture(scope="module")
def corpora(plan_cases: list[dict[str, Any]]) -> dict[str, list[Subject]]:
    """All programs to be compared, by where they come from."""
    reference = load_reference()
    rubric = {_key(case): case for case in plan_cases}.values()
    published = [entry["program"] for entry in VERIFIED["cases"]]
    return {
        "published": [one for text in published for one in subjects_of(reference, parse_case(text, OPERATORS), text)],
        "rubric": [one for case in rubric for one in _subjects_of_case(reference, case)],
        "random": list(draw_subjects(reference, RANDOM_PROGRAMS, "verified")),
    }


def program_of(case: dict[str, Any]) -> Program:
    """Return the program that a case of the plan asks for."""
    lines = []
    for i, (name, (value, operator, offsets, _)) in enumerate(zip(case["names"], case["own"]["rows"], strict=True)):
        entries = tuple(value) if isinstance(value, list) else value
        lines.append(Instruction(name, operator, tuple(i + offset for offset in offsets), entries))
    return Program(tuple(lines), tuple(case["roots"]))


def _key(case: dict[str, Any]) -> str:
    return f"{case['text']} {case['id'] if case['text'] == 'random' else ''} {case['asks'] == 'backward'}"


def _subjects_of_case(reference: Any, case: dict[str, Any]) -> Iterator[Subject]:
    text = "" if case["text"] == "random" else case["text"]
    return subjects_of(reference, program_of(case), text, case["roots"] if case["asks"] == "backward" else ())


def disagreements(framework: Any, subjects: list[Subject]) -> tuple[list[str], dict[str, float]]:
    """Return a line for each number on which reference and framework differ, and the largest error of each kind in units of m."""
    found, largest = [], {"values": 0.0, "forward": 0.0, "reverse": 0.0}
    for subject in subjects:
        for kind, what, ours, theirs, scale in _answers(framework, subject):
            for line, mine, other, m in zip(subject.lines, ours, theirs, scale, strict=True):
                error = abs(mine - other) / m if m else (0.0 if mine == other else float("inf"))
                if not error <= TOLERANCE:
                    found.append(
                        f"{subject.case}\n    {what.format(line.name)}: reference {mine!r}, {framework.name} {other!r}, {error:.1e} m"
                    )
                largest[kind] = max(largest[kind], error)
    return found, largest


def _answers(framework: Any, subject: Subject) -> Iterator[tuple[str, str, list[float], list[float], list[float]]]:
    """Yield a kind, its wording, the reference's numbers, the framework's, and m. Values are compared operator by operator."""
    lines, values = subject.lines, subject.values
    yield "values", "{}", values, framework.values(lines, values), [abs(value) for value in values]
    for one in subject.sweeps:
        if one.mode == "forward":
            what, ask = f"d {{}} / d {lines[one.start].name}", framework.forward
        else:
            what, ask = f"d {lines[one.start].name} / d {{}}", framework.reverse
        yield one.mode, what, one.derivatives, ask(lines, values, one.start), one.scale


@pytest.mark.parametrize("corpus", ["published", "rubric", "random"])
@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_the_reference_agrees_with(
    framework: Any, corpus: str, corpora: dict[str, list[Subject]], capsys: pytest.CaptureFixture[str]
) -> None:
    subjects = corpora[corpus]
    if corpus == "random" and isinstance(framework, frameworks.SymPy):
        subjects = subjects[:: RANDOM_PROGRAMS // FORMULAS]
    began = perf_counter()
    found, largest = disagreements(framework, subjects)
    with capsys.disabled():
        errors = ", ".join(f"{kind} {error:.1e}" for kind, error in largest.items())
        sweeps = sum(len(subject.sweeps) for subject in subjects)
        print(f"\n{framework.name} {framework.version}: {len(subjects)} {corpus} programs, {sweeps} sweeps; ", end="")
        print(f"largest error / m: {errors}; {perf_counter() - began:.0f} s")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("entry", VERIFIED["cases"], ids=lambda entry: str(entry["id"]))
def test_the_reference_finds_what_closed_formulas_give(entry: dict[str, Any]) -> None:
    program = parse_case(entry["program"], OPERATORS)
    names = [line.name for line in program.instructions]
    [subject] = subjects_of(load_reference(), program)
    assert subject.values[-1] == pytest.approx(entry["value"], rel=TOLERANCE)
    assert [names[root] for root in program.roots] == list(entry["derivatives"])
    for root, derivative in zip(program.roots, entry["derivatives"].values(), strict=True):
        back = next(one for one in subject.sweeps if one.mode == "reverse")
        ahead = next(one for one in subject.sweeps if (one.mode, one.start) == ("forward", root))
        assert abs(ahead.derivatives[-1] - derivative) <= TOLERANCE * ahead.scale[-1]
        assert abs(back.derivatives[root] - derivative) <= TOLERANCE * back.scale[root]


def test_the_grader_expects_what_the_reference_says(plan_cases: list[dict[str, Any]]) -> None:
    reference = load_reference()
    swept = [case for case in plan_cases if case["asks"] in ("forward", "backward")]
    assert swept
    for case in swept:
        mode = "forward" if case["asks"] == "forward" else "reverse"
        for root, expected in zip(case["roots"], case["own"]["sweeps"]["values"], strict=True):
            ours, _ = sweep(reference, program_of(case), mode, root)
            for mine, theirs in zip(ours, expected, strict=True):
                assert theirs is None or pytest.approx(theirs, rel=TOLERANCE, abs=0) == mine, case["text"]


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_derivative_wrong_in_the_eleventh_digit_is_found(framework: Any, operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = load_reference()
    right = reference.create_node

    def create_node(value: Any, parents: Any, name: str, partials: Any) -> Any:
        return right(value, parents, name, [p * (1 + 1e-11) if name == operator else p for p in partials])

    monkeypatch.setattr(reference, "create_node", create_node)
    text = f"{operator}({', '.join(['x', 'y'][: OPERATORS[operator]])}) * x at x=0.7, y=1.8"
    found, _ = disagreements(framework, list(subjects_of(reference, parse_case(text, OPERATORS), text)))
    assert any(text in line and "d output / d x" in line for line in found)
    assert any(text in line and "d output / d x" not in line for line in found)


def test_a_program_is_printed_as_a_case_that_reads_the_same() -> None:
    for subject in list(draw_subjects(load_reference(), 30, "printed")):
        program = parse_case(subject.case, OPERATORS)
        assert program.instructions == subject.lines
        assert write_case(program) == subject.case
