"""Hostile submissions end as their first lines say; they tell nothing, leave nothing and change nothing of their neighbours.

The quick layer takes the first file of each class: of those that attack the same place and end in the same outcomes.
Classes that end in a time-out are in the slow layer.
"""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, SUBMISSIONS, Run, cores, report, same_but_for_times, selected, slow_but
from html_structure import Structure
from processes import arguments, field, processes

HOSTILE = sorted((SUBMISSIONS / "hostile").iterdir())
HONEST = sorted((SUBMISSIONS / "right").iterdir())[:10]
NEIGHBOURS = ("replaces-modules", "takes-over-the-pipe", "writes-over-memory", "patches-the-probe-in-stubs", "floods-within-the-form",
              "speaks-in-half-letters", "forges-the-loading-reply", "claims-the-sandbox-is-open", "freezes-the-collector")  # fmt: skip
FIRST_LINE = re.compile(r"# hostile: [^;]+; (?P<where>[\w-]+): (?P<outcomes>[\w, ]+); scores (?P<most>at most )?(?P<score>[\d.]+|nothing)")
SECRET = "hunter2-of-the-environment"
CANARY = Path("/tmp/autodiff-kit-canary")
CANARY_TEXT = "what only the canary says"
ESCAPED = [Path(folder, "autodiff-kit-escaped") for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", ".")]
# what could steer a terminal: controls but for line ends, and letters that change the direction of writing
STEERING = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST = 2 * 800
"""Seconds that one submission may take: twice what SECURITY.md states, for there a busy machine's waiting is left out."""
MEMORY = 200 * 1024
"""KiB that a process of the grader itself may use."""


class Watch:
    """Looks at the processes of one run, found by the path of its results, while it lasts: how much memory the grader's took."""

    def __init__(self, out: Path) -> None:
        self.peaks: dict[int, int] = {}
        self._out = str(out).encode()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.3):
            parents = {pid: field(pid, "PPid") for pid in processes()}
            ours = {pid for pid in parents if self._out in arguments(pid)}
            while new := {pid for pid, parent in parents.items() if parent in ours} - ours:
                ours |= new
            for pid in ours:
                if b"template.py" not in arguments(pid):  # a template, and what is forked from it, stand behind the wall
                    self.peaks[pid] = max(self.peaks.get(pid, 0), field(pid, "VmHWM"))


def first_line(path: Path) -> re.Match[str]:
    found = FIRST_LINE.fullmatch(path.read_bytes().split(b"\n")[0].decode())
    assert found, f"{path.name}: its first line does not say how it ends"
    return found


def first_of_each_class() -> set[str]:
    found: dict[str, str] = {}
    for path in HOSTILE:
        line = first_line(path)
        found.setdefault(line["outcomes"], path.stem)
    return {name for outcomes, name in found.items() if "timeout" not in outcomes}


ASKED_FOR = "tells-hidden-inputs"
QUICK = {*first_of_each_class(), ASKED_FOR}


class Graded:
    """The files that the selected tests look at, graded in one run."""

    def __init__(self, run: Run, folder: Path, files: list[Path]) -> None:
        self.out, self.temporary = folder / "out", folder / "tmp"
        self.names = {path.stem for path in files}
        for part in (folder / "in", self.temporary):
            part.mkdir()
        for path in files:
            shutil.copy(path, folder / "in")
        settings = {"AUTODIFF_KIT_TEST_SECRET": SECRET, "TMPDIR": str(self.temporary)}
        with Watch(self.out) as self.watch:
            self.ended: subprocess.CompletedProcess[str] = run(
                *("cohort", folder / "in", "--out", self.out, "--sandbox", "core", "--jobs", cores()),
                preloaded=False,
                timeout=4 * LONGEST,
                **settings,
            )

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield everything that the run said, with a name for it."""
        yield "stdout", self.ended.stdout
        yield "stderr", self.ended.stderr
        for path in self.out.rglob("*"):
            if path.is_file():
                yield str(path.relative_to(self.out)), path.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[Any, ...]]:
    """A file whose path the submissions know; what can be seen of it from outside, before they were run."""
    CANARY.write_text(CANARY_TEXT)
    yield look_at_canary()
    CANARY.unlink(missing_ok=True)


def look_at_canary() -> tuple[Any, ...]:
    found = CANARY.stat()
    return CANARY.read_text(), found.st_mode, found.st_mtime_ns, found.st_uid, found.st_nlink


@pytest.fixture(scope="module")
def graded(request: pytest.FixtureRequest, run: Run, canary: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory) -> Graded:
    files = [path for path in HOSTILE if path in selected(request, "path") or path.stem == ASKED_FOR]
    return Graded(run, tmp_path_factory.mktemp("hostile"), files)


def test_there_is_one_for_every_behaviour_that_a_file_can_show() -> None:
    assert len(HOSTILE) >= 65
    assert set(NEIGHBOURS) <= {path.stem for path in HOSTILE}


@pytest.mark.parametrize("path", slow_but(QUICK, HOSTILE))
def test_a_hostile_submission_ends_as_its_first_line_says(path: Path, graded: Graded) -> None:
    """The outcomes are those of the attacked step's unpassed criteria.

    Where Python or the machine's speed decides, several outcomes are named, or the score that it has at most.
    """
    expected, got = first_line(path), report(graded.out, path.stem)
    if expected["outcomes"] == "unusable":
        assert (got["status"], got["score"], got["steps"]) == ("unusable", None, [])
        return
    assert got["status"] == "graded"
    assert got["score"] == float(expected["score"]) or (expected["most"] and got["score"] < float(expected["score"]))
    steps = FULL if expected["where"] in ("loading", "everything") else [expected["where"]]
    outcomes = {c["outcome"] for step in got["steps"] if step["id"] in steps for c in step["criteria"]}
    assert (outcomes - {"pass", "not judged"} or {"pass"}) <= set(expected["outcomes"].split(", "))
    assert got["notes"] or expected["where"] != "loading"


def test_every_submission_ends_within_the_stated_time(graded: Graded) -> None:
    seconds = {path.stem: report(graded.out, path.stem)["provenance"]["seconds"] for path in HOSTILE if path.stem in graded.names}
    assert {name: took for name, took in seconds.items() if took > LONGEST} == {}


def test_nobody_is_told_a_secret(graded: Graded) -> None:
    for name, text in graded.texts():
        assert SECRET not in text, name
        assert CANARY_TEXT not in text, name


def test_hidden_inputs_are_not_told_in_the_report(graded: Graded) -> None:
    got = report(graded.out, ASKED_FOR)
    criteria = [c for step in got["steps"] if step["id"] == "topological-order" for c in step["criteria"]]
    assert any("leaked-input" in str(c) for c in criteria if c["public"])
    assert not any("leaked-input" in str(c) for c in criteria if not c["public"])


def test_what_people_read_steers_no_terminal_no_table_and_no_ci(graded: Graded) -> None:
    for name, text in graded.texts():
        if name in ("stdout", "stderr", "grades.csv") or name.endswith(".md"):
            assert not STEERING.search(text.replace("\r\n", "\n")), name
            assert not re.search(r"^\s*::|##vso\[", text, re.MULTILINE), name
            shown = [line for line in text.splitlines() if "<script>" in line]
            fenced = ("  - got: ````", "  - line: ````")  # code, behind a fence longer than its own
            assert all(line.startswith(fenced) for line in shown), name
        if name.endswith(".html"):
            assert not STEERING.search(text), name
            assert "<script" not in text, name
            Structure(text)
    assert '"=HYPERLINK' not in (graded.out / "grades.csv").read_text("utf-8")


def test_nothing_is_written_or_changed_outside(graded: Graded, canary: tuple[Any, ...]) -> None:
    assert look_at_canary() == canary
    assert [path for path in ESCAPED if path.exists()] == []
    assert list(graded.temporary.iterdir()) == []
    names = graded.names
    assert {path.name for path in graded.out.iterdir()} == {
        *names, ".course", ".index.json", ".lock", ".sentences.json", ".traces", "grades.csv",
    }  # fmt: skip
    assert {path.name for path in (graded.out / ".traces").iterdir()} == {f"{name}.json" for name in names}
    for name in names:
        assert {path.name for path in (graded.out / name).iterdir()} == {"report.json", "report.md", "report.html"}


def test_no_process_outlives_the_run(graded: Graded) -> None:
    traces = (str(graded.out).encode(), str(graded.temporary).encode())  # a template's arguments name its own canary there
    assert [pid for pid in processes() if any(trace in arguments(pid) for trace in traces)] == []


def test_the_grader_itself_stays_small(graded: Graded) -> None:
    assert graded.watch.peaks
    assert max(graded.watch.peaks.values()) < MEMORY


@pytest.mark.slow
def test_among_hostile_ones_every_honest_report_is_the_same(run: Run, tmp_path: Path, canary: tuple[Any, ...]) -> None:
    alone, among = tmp_path / "alone", tmp_path / "among"
    mixed: list[Path] = []
    for place, path in enumerate(HONEST):
        mixed += [SUBMISSIONS / "hostile" / f"{name}.py" for name in NEIGHBOURS[place : place + 1]]
        mixed.append(path)
    run("grade", *HONEST, "--out", alone, "--sandbox", "core", "--quiet")
    run("grade", *mixed, "--out", among, "--sandbox", "core", "--quiet", "--jobs", 1)
    for path in HONEST:
        assert same_but_for_times(report(alone, path.stem)) == same_but_for_times(report(among, path.stem))
