"""A process compares a cohort in several sessions, and remembers what the same answers came to: no report shows that."""

from pathlib import Path
from typing import Any

import pytest
from conftest import SUBMISSIONS, Run, report

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
