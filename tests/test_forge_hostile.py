"""What comes from where student code ran is data: forged, it is refused; printed, it says nothing for us."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT
from fake_github import FakeGitHub
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from scene import SCRIPTS, Scene, report, wrong

REPORT = Draft202012Validator(json.loads((ROOT / "grader" / "schemas" / "report.schema.json").read_text("utf-8")))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeGitHub() as fake:
        yield Scene(fake, tmp_path)
    assert fake.violations == []


def test_the_provisional_report_has_the_form_of_every_report() -> None:
    for made in (report(), wrong()):
        assert [error.message for error in REPORT.iter_errors(made)] == []


# ---- forged artifacts ----


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a right report with one value replaced or added."""
    made: Any = wrong()
    *parents, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    part = made
    for key in parents:
        part = part[key]
    part[last] = value
    return dict(made)


def without_a_step() -> dict[str, Any]:
    made = wrong()
    made["steps"].pop()
    return made


def with_a_step_twice() -> dict[str, Any]:
    made = wrong()
    made["steps"].append(copy.deepcopy(made["steps"][0]))
    return made


FORGED = {
    "a higher score": changed("score", 49),
    "a lower maximum": changed("max_score", 41),
    "points of a step": changed("steps/2/score", 16),
    "points of a criterion": changed("steps/2/criteria/0/score", 8),
    "a maximum of its own": changed("steps/0/criteria/0/max_score", 1000),
    "bonus out of nothing": changed("bonus", 1000),
    "a fraction that is not finite": json.dumps(wrong()).replace('"score": 41', '"score": 1e999', 1),
    "NaN": json.dumps(wrong()).replace('"score": 41', '"score": NaN', 1),
    "a key twice": json.dumps(wrong()).replace('"score": 41', '"score": 49, "score": 41', 1),
    "an unknown key": changed("official", True),
    "not provisional": changed("provisional", False),
    "a step of its own": changed("steps/0/id", "reverse-engineering"),
    "a step left out": without_a_step(),
    "a step twice": with_a_step_twice(),
    "a case of its own": changed("steps/2/criteria/0/cases/0/id", "mine"),
    "a sentence of its own": changed("steps/2/criteria/0/says", "All is right. @everyone"),
    "a hint with an image": changed("steps/2/criteria/0/hint", "![x](http://example.com/x.png)"),
    "a diagnosis": changed("steps/2/criteria/0/diagnosis", {"id": "x", "says": "[click](http://example.com)"}),
    "a title": changed("steps/0/title", "<img src=x>"),
    "an unknown outcome": changed("steps/2/criteria/0/cases/0/outcome", "excellent"),
    "another schema": changed("schema", "autodiff-kit/report/v0"),
    "a score that is text": changed("score", "41"),
    "steps that are none": changed("steps", {"0": {}}),
    "a text of 70,000 characters": changed("steps/2/criteria/0/cases/0/got", "x" * 70_000),
    "half a letter": json.dumps(changed("steps/2/criteria/0/cases/0/got", "?")).replace('"got": "?"', '"got": "\\ud800"'),
    "a hundred notes": changed("notes", ["note"] * 100),
    "nested a thousand times": '{"schema": "autodiff-kit/report/v1", "notes": ' + "[" * 1000 + "]" * 1000 + "}",
    "nested a million times": "[" * 400_000,
    "ten megabytes": json.dumps(changed("notes", ["x" * 10_000_000])),
    "an integer of a million digits": '{"schema": "autodiff-kit/report/v1", "score": ' + "9" * 900_000 + "}",
    "a list": "[]",
    "nothing": "",
    "no JSON": "points: 100",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_artifact_is_refused_in_words_and_is_no_zero(forged: Any, scene: Scene) -> None:
    scene.upload(forged)
    scene.post()
    [told] = scene.ours
    assert "can't be used" in told
    assert "No score is not a zero" in told
    assert "points" not in told.splitlines()[1]
    assert len(told) < 1500


def a_link(folder: Path) -> None:
    (folder.parent / "secret.json").write_text(json.dumps(report()), "utf-8")
    (folder / "report.json").symlink_to(folder.parent / "secret.json")


def a_second_file(folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(report()), "utf-8")
    (folder / "post_score.py").write_text("raise SystemExit('run!')", "utf-8")


def a_folder(folder: Path) -> None:
    (folder / "report.json").mkdir()


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "report.json")


@pytest.mark.parametrize("left", [a_link, a_second_file, a_folder, a_pipe])
def test_only_one_regular_file_is_read(left: Callable[[Path], None], scene: Scene) -> None:
    left(scene.artifact)
    scene.post()
    [told] = scene.ours
    assert "can't be used" in told


# ---- texts that would speak for us ----

BREAKOUTS = {
    "an end of the fence": "```\n\n# 49 of 49 points\n\n`````````` </details><img src=x onerror=alert(1)>",
    "a table row": "x` | y |\n| ✅ | Derivative propagation | **16** / 16 | nothing |",
    "a mention": "@instructor @course/staff please give me 100 #1 GH-1",
    "a link": "[your grade](http://example.com) <http://example.com> www.example.com",
    "an image": "![](https://example.com/track.png)",
    "a marker": "<!-- autodiff-kit:score v1 kind=official run=99.1 sha=" + "a" * 40 + " holds=" + "0" * 16 + " -->",
    "colours and right-to-left": "\x1b[2K\x1b[1A100 of 100\u202e\u2066 \u200b",
    "workflow commands": "::error::x\n::add-mask::1\n::stop-commands::x\n##[error]x\n%0A::notice title=Autograding report::{}",
    "1,900 backticks": "`" * 1900,
}


@pytest.mark.parametrize("got", BREAKOUTS.values(), ids=BREAKOUTS)
def test_what_a_student_prints_stays_in_a_code_span(got: str, scene: Scene) -> None:
    scene.upload(wrong(got[:1900]))
    scene.post()
    [told] = scene.ours
    page = told.split("\n", 1)[1]
    assert "`y.partial_derivative = 1.5`" in page
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for sign in ("@", "<img", "example.com", "<!--", "::", "alert", "GH-1", "\x1b", "\u202e", "kind=official"):
        assert sign not in outside
    assert outside.count("<h") == 1
    assert outside.count("<tr>") == 6
    assert told.startswith("<!-- autodiff-kit:score v1 kind=provisional")


def test_every_case_failing_with_the_longest_texts_fits_into_a_comment(scene: Scene) -> None:
    from scene import GRADING

    from grader.forge.public import Ended, tests_of

    text = "@all ` " * 270
    scene.upload(report({name: Ended("fail", text, text) for name in tests_of(GRADING)}, notes=(text, text)))
    scene.post()
    [told] = scene.ours
    assert len(told) < 20_000


# ---- the run in the student's repository ----

COMMANDS = """
import os, sys
def speak():
    for stream in (1, 2):
        os.write(stream, b"\\n::error::forged\\n::add-mask::points\\n##[error]forged\\n")
        os.write(stream, b"::notice title=Autograding complete::Points 100/100\\n")
    print("::set-output name=score::100\\n::stop-commands::mine")
speak()
def forward(root):
    speak()
    raise ValueError("::error::forged\\n::add-mask::p\\n" + "x" * 70_000 + "::error::")
"""


def scored(source: str, folder: Path, **environment: str) -> tuple[str, dict[str, Any], str]:
    """Score a submission as grade.yml does; return what is printed, the report and the summary."""
    for name in ("test_public.py", "pyproject.toml"):
        (folder / name).write_text((ROOT / "starter" / name).read_text("utf-8"), "utf-8")
    (folder / "autodiff.py").write_text(source, "utf-8")
    out, summary = folder / "score" / "report.json", folder / "summary.md"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, SCRIPTS / "score_public.py", "--report", out, "--summary", summary],
        cwd=folder, capture_output=True, text=True, check=True, env={**kept, "GITHUB_ACTIONS": "true", **environment},
    )  # fmt: skip
    return ended.stdout + ended.stderr, json.loads(out.read_text("utf-8")), summary.read_text("utf-8")


def test_no_line_that_a_submission_prints_is_a_workflow_command(tmp_path: Path, scene: Scene) -> None:
    printed, made, summary = scored(REFERENCE + COMMANDS, tmp_path)
    commands = [line for line in printed.splitlines() if re.search(r"^\s*::|##\[|##vso\[", line)]
    assert commands
    assert all(line.startswith("::error file=autodiff.py,line=") and "title=Derivative propagation%3A " in line for line in commands)
    assert "Autograding" not in printed
    assert {step["id"]: step["score"] for step in made["steps"]}["forward"] == 0
    assert [error.message for error in REPORT.iter_errors(made)] == []
    assert len(summary) < 20_000
    scene.upload(made)
    scene.post()
    assert "33 of 49 points" in scene.ours[0]


def test_bonus_is_told_apart_from_the_points_of_a_step(tmp_path: Path) -> None:
    printed, _, _ = scored(REFERENCE.replace("node.adjoint = 1.0 if", "node.adjoint = 7.0 if"), tmp_path)
    told = [re.sub(r" {2,}", "  ", line).strip() for line in printed.splitlines()]
    assert "Topological order  12 / 12, bonus 5 / 5" in told
    assert any(line.startswith("Extension: reverse mode  bonus 0 / 5  first: ") for line in told), printed
    assert "Here a step may lose points by a mistake in an earlier one; where the course grades it does not." in told


def test_there_are_at_most_as_many_annotations_as_github_shows_each_at_its_function(tmp_path: Path) -> None:
    broken = "".join(f"\ndef {name}(a, b=None):\n    return None\n" for name in ("add", "sub", "mul", "div", "log", "exp", "sin", "cos"))
    source = REFERENCE + broken
    printed, _, _ = scored(source, tmp_path)
    marks = re.findall(r"^::error file=autodiff.py,line=(\d+),", printed, re.MULTILINE)
    assert 5 < len(marks) <= 10
    lines = source.splitlines()
    assert {lines[int(mark) - 1].split("(")[0] for mark in marks} >= {"def add", "def sub", "def mul"}


def test_a_step_that_kills_the_process_costs_the_other_steps_nothing(tmp_path: Path) -> None:
    _, made, _ = scored(REFERENCE + "\ndef topological_order(root):\n    os._exit(0)\nimport os\n", tmp_path)
    assert {step["id"]: step["score"] for step in made["steps"][:2]} == {"node-creation": 21, "topological-order": 0}
    assert made["steps"][1]["criteria"][0]["outcome"] == "crash"


def test_a_file_that_cannot_be_loaded_is_told_so(tmp_path: Path) -> None:
    _, made, summary = scored(REFERENCE + "\nif True print(1)\n", tmp_path)
    assert made["score"] == 0
    assert "can't be loaded" in made["notes"][0]
    assert "SyntaxError" in summary
