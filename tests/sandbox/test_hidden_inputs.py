"""No public answer is given after a hidden question was asked, so that nothing of a hidden question reaches the report.

One question's process can leave information for a later one where both see the same files: reading a file sets its access time.
In bubblewrap it does not. In the core it does, and SECURITY.md says what remains there.
"""

import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, locked, report

from grader.kit import Kit
from grader.plan.planner import make_plan

SPY = SUBMISSIONS / "hostile" / "tells-hidden-inputs-by-access-times.py"
SLOW_EXAMPLE = "import time\nfor _ in range(5):\n    time.sleep(0.01)\n"
TELL = "    raise RuntimeError(f'asked at {time.monotonic()}')\n"


def test_each_kind_of_question_is_asked_again_before_the_next_kind_is_asked(
    run: Run, shared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails after a slow example was skipped is asked again, as is what was late."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_folder / "cache"))  # where the run has left its plan
    source = SLOW_EXAMPLE + REFERENCE
    for name in ("topological_order", "forward"):
        assert f"def {name}(root):\n" in source
        source = source.replace(f"def {name}(root):\n", f"def {name}(root):\n{TELL}")
    (tmp_path / "student.py").write_text(source, "utf-8")
    run("grade", tmp_path / "student.py", "--out", tmp_path / "out", "--quiet")
    trace = json.loads((tmp_path / "out" / ".traces" / "student.json").read_text("utf-8"))
    questions = make_plan(Kit.find(ROOT)).questions["questions"]
    times: dict[tuple[bool, bool], list[float]] = {}
    for answer in trace["answers"]:
        message = answer.get("reply", {}).get("raised", {}).get("message", "")
        if message.startswith("asked at "):
            question = questions[answer["question"]]
            times.setdefault((not question["public"], "orders" in question), []).append(float(message.removeprefix("asked at ")))
    kinds = sorted(times)
    assert kinds == [(False, False), (False, True), (True, False), (True, True)]
    for kind, following in itertools.pairwise(kinds):
        assert max(times[kind]) < min(times[following]), (kind, following)


@pytest.fixture
def unread(shared_folder: Path) -> Iterator[None]:
    """Give NumPy's files access times as if nobody had read them. Skips where that can't be had, or reading does not set them.

    One test at a time: the tiers share the files.
    """
    with locked(shared_folder / "access-times.lock"):
        _reset_access_times()
        yield


def _reset_access_times() -> None:
    files = [path for path in Path(np.__file__).parent.rglob("*") if path.suffix not in (".py", ".pyc", ".so") and path.is_file()]
    for path in files:
        found = path.stat()
        if found.st_uid != os.geteuid():
            pytest.skip("NumPy's files are another user's")
        os.utime(path, ns=(found.st_mtime_ns - 10**9, found.st_mtime_ns))
    probed = next(path for path in files if path.stat().st_size)
    before = probed.stat()
    probed.read_bytes()
    if probed.stat().st_atime_ns <= before.st_atime_ns:
        pytest.skip("on this file system reading a file does not set its access time")
    os.utime(probed, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.slow
@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "tier", ["core", pytest.param("bwrap", marks=pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed"))]
)
def test_a_hidden_input_does_not_come_back_by_access_times(tier: str, run: Run, tmp_path: Path) -> None:
    """The first of two submissions is told nothing. In the core the second is told what the first has met, as SECURITY.md says."""
    spy = SPY.read_text("utf-8")
    assert " in FOUND if " in spy
    spy = spy.replace(" in FOUND if ", " in reversed(FOUND) if ")  # other files than those of its copy in test_hostile
    for name in ("first", "second"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "autodiff.py").write_text(spy, "utf-8")
    run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--quiet", "--sandbox", tier)
    told = {name: "leaked-input" in json.dumps(report(tmp_path / "out", name)) for name in ("first", "second")}
    assert told == {"first": False, "second": tier == "core"}
