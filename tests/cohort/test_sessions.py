"""A process compares a cohort in several sessions, and remembers what the same answers came to: no report shows that."""

from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, SUBMISSIONS, Run, report

from grader.cohort.runner import TOGETHER

PROGRAMS = (
    "right/push-forward", "right/edges", "right/order-as-tuple", "wrong/assigned-for-accumulated", "wrong/add-second-partial-zero",
    "wrong/backward-without-seed", "wrong/forward-20-passes", "wrong/cached-order-loses-its-root",
)  # fmt: skip
TIMES = TOGETHER // len(PROGRAMS) + 2


def judged(out: Path, name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = report(out, name)["steps"]
    assert steps
    return steps


@pytest.mark.slow
def test_a_program_that_others_handed_in_before_is_judged_as_it_is_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for program in (SUBMISSIONS / f"{name}.py" for name in PROGRAMS):
        for turn in range(TIMES):
            (tmp_path / "in" / f"{turn}-{program.name}").write_bytes(program.read_bytes())
    run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--jobs", "1", "--no-diagnosis", "--quiet")
    for program in (SUBMISSIONS / f"{name}.py" for name in PROGRAMS):
        run("grade", program, "--out", tmp_path / program.stem, "--no-diagnosis", "--quiet")
        alone = judged(tmp_path / program.stem, program.stem)
        assert [judged(tmp_path / "out", f"{turn}-{program.stem}") for turn in range(TIMES)] == [alone] * TIMES


ONE_STEP = ("--step", "topological-order", "--no-diagnosis", "--quiet")
CRASHES = {
    "is-never-loaded": "class Last:\n    import os\n    os._exit(0)\n",
    "ends-when-called": """def end(*_):
    import os
    os._exit(0)

for name in [name for name, function in globals().items() if type(function) is type(end)]:
    globals()[name] = end
""",
}


@pytest.mark.slow
def test_a_program_that_can_t_be_loaded_and_one_that_ends_when_it_is_called_are_told_apart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for turn, name in enumerate([*CRASHES, *CRASHES]):  # each comes before the other and after it
        (tmp_path / "in" / f"{turn}-{name}.py").write_text(f"{REFERENCE}\n\n{CRASHES[name]}")
    run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--jobs", "1", *ONE_STEP)
    for turn, name in enumerate([*CRASHES, *CRASHES]):
        run("grade", tmp_path / "in" / f"{turn}-{name}.py", "--out", tmp_path / "alone", *ONE_STEP)
        assert judged(tmp_path / "out", f"{turn}-{name}") == judged(tmp_path / "alone", f"{turn}-{name}")
