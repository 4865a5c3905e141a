"""Output of the job that ran student code is untrusted: forged files are refused, printed text is never Markdown or a command."""

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
from scene import GRADING, Scene, report, results, wrong

from grader.pull_requests.course_ci import public_report

REPORT = Draft202012Validator(json.loads((ROOT / "grader" / "schemas" / "report.schema.json").read_text("utf-8")))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeGitHub() as fake:
        yield Scene(fake, tmp_path)
    assert fake.violations == []


def test_the_provisional_report_has_the_form_of_every_report() -> None:
    failing = {NESTED: public_report.Ended("fail", "y.partial_derivative = 1.5", "None")}
    for made in (report(), report(failing)):
        assert [error.message for error in REPORT.iter_errors(made)] == []


# ---- forged artifacts ----


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return results of a run with one value replaced or added."""
    made: Any = wrong()
    *parents, last = path.split("/")
    part = made
    for key in parents:
        part = part[key]
    part[last] = value
    return dict(made)


NESTED = "test_forward__chain_rule__nested"


def without_a_test() -> dict[str, Any]:
    made = wrong()
    made["tests"].pop(NESTED)
    return made


FORGED = {
    "a higher score": changed("score", 48),
    "a lower maximum": changed("max_score", 41),
    "steps": changed("steps", [{"id": "forward", "score": 16}]),
    "points of a test": changed(f"tests/{NESTED}/score", 8),
    "a maximum of its own": changed(f"tests/{NESTED}/max_score", 1000),
    "bonus out of nothing": changed("bonus", 1000),
    "a fraction that is not finite": json.dumps(wrong()).replace('"load": ""', '"load": "", "score": 1e999', 1),
    "NaN": json.dumps(wrong()).replace('"load": ""', '"load": NaN', 1),
    "a key twice": json.dumps(wrong()).replace('"load": ""', '"load": "x", "load": ""', 1),
    "a test twice": json.dumps(wrong()).replace(
        '"tests": {', f'"tests": {{"{NESTED}": {{"outcome": "pass", "expected": "", "got": ""}}, ', 1
    ),
    "an unknown key": changed("official", True),
    "not provisional": changed("provisional", False),
    "a test of its own": changed("tests/test_forward__chain_rule__mine", {"outcome": "pass", "expected": "", "got": ""}),
    "a test left out": without_a_test(),
    "a sentence of its own": changed(f"tests/{NESTED}/says", "All is right. @everyone"),
    "a hint with an image": changed(f"tests/{NESTED}/hint", "![x](http://example.com/x.png)"),
    "a diagnosis": changed("diagnosis", {"id": "x", "says": "[click](http://example.com)"}),
    "a title": changed("title", "<img src=x>"),
    "notes": changed("notes", ["note"] * 100),
    "an unknown outcome": changed(f"tests/{NESTED}/outcome", "excellent"),
    "an outcome that is none": changed(f"tests/{NESTED}/outcome", ["pass"]),
    "a hash that is none": changed("sha256", "@everyone"),
    "another schema": changed("schema", "autodiff-kit/public-results/v0"),
    "a report": report(),
    "a text that is none": changed(f"tests/{NESTED}/got", 41),
    "tests that are none": changed("tests", list(wrong()["tests"])),
    "a test that is none": changed(f"tests/{NESTED}", "pass"),
    "a text of 70,000 characters": changed(f"tests/{NESTED}/got", "x" * 70_000),
    "half a letter": json.dumps(changed(f"tests/{NESTED}/got", "?")).replace('"got": "?"', '"got": "\\ud800"'),
    "nested a thousand times": '{"schema": "autodiff-kit/public-results/v1", "tests": ' + "[" * 1000 + "]" * 1000 + "}",
    "nested a million times": "[" * 400_000,
    "ten megabytes": json.dumps(changed("load", "x" * 10_000_000)),
    "an integer of a million digits": '{"schema": "autodiff-kit/public-results/v1", "tests": ' + "9" * 900_000 + "}",
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
    (folder.parent / "secret.json").write_text(json.dumps(results()), "utf-8")
    (folder / "results.json").symlink_to(folder.parent / "secret.json")


def a_second_file(folder: Path) -> None:
    (folder / "results.json").write_text(json.dumps(results()), "utf-8")
    (folder / "post_score.py").write_text("raise SystemExit('run!')", "utf-8")


def a_folder(folder: Path) -> None:
    (folder / "results.json").mkdir()


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "results.json")


@pytest.mark.parametrize("left", [a_link, a_second_file, a_folder, a_pipe])
def test_only_one_regular_file_is_read(left: Callable[[Path], None], scene: Scene) -> None:
    left(scene.artifact)
    scene.post()
    [told] = scene.ours
    assert "can't be used" in told


# ---- texts that would speak for us ----

BREAKOUTS = {
    "an end of the fence": "```\n\n# 48 of 48 points\n\n`````````` </details><img src=x onerror=alert(1)>",
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
    text = "@all ` " * 270
    scene.upload(results({name: public_report.Ended("fail", text, text) for name in public_report.tests_of(GRADING)}, load=text))
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


def ran(source: str, folder: Path, **environment: str) -> tuple[str, dict[str, Any], str]:
    """Run the public tests of a submission as grade.yml does; return what is printed, the results and the run's page."""
    for path in (path for path in (ROOT / "starter").iterdir() if path.suffix in (".py", ".toml")):
        (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (folder / "autodiff.py").write_text(source, "utf-8")
    out, summary = folder / "score" / "results.json", folder / "summary.md"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "run_public.py", "--results", out], cwd=folder, capture_output=True, text=True, check=True,
        env={**kept, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), **environment},
    )  # fmt: skip
    return ended.stdout + ended.stderr, json.loads(out.read_text("utf-8")), summary.read_text("utf-8")


def points(made: dict[str, Any], scene: Scene) -> str:
    """Return the comment that is made of an upload."""
    scene.upload(made)
    scene.post()
    return scene.ours[0]


@pytest.mark.slow
def test_no_line_that_a_submission_prints_is_a_workflow_command(tmp_path: Path, scene: Scene) -> None:
    printed, made, summary = ran(REFERENCE + COMMANDS, tmp_path)
    commands = [line for line in printed.splitlines() if re.search(r"^\s*::|##\[|##vso\[", line)]
    assert commands
    assert all(line.startswith("::error file=autodiff.py,line=") and "title=forward  " in line for line in commands)
    assert "Autograding" not in printed
    assert len(summary) < 20_000
    told = points(made, scene)
    assert "32 of 48 points" in told
    assert "| ❌ | Derivative propagation | **0** / 16 |" in told


@pytest.mark.slow
def test_what_a_student_prints_stays_in_a_code_span_of_the_runs_page(tmp_path: Path) -> None:
    raising = "\ndef forward(root):\n    raise ValueError({!r})\n"
    for number, said in enumerate(("an end of the fence", "a table row", "1,900 backticks")):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, _, page = ran(REFERENCE + raising.format(BREAKOUTS[said]), folder)
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
        outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
        for sign in ("@", "<img", "example.com", "<!--", "alert", "**16**"):
            assert sign not in outside
        assert outside.count("<h") == 1


@pytest.mark.slow
def test_an_extension_that_fails_costs_the_points_of_no_step(tmp_path: Path, scene: Scene) -> None:
    printed, made, _ = ran(REFERENCE.replace("node.adjoint = 1.0 if", "node.adjoint = 7.0 if"), tmp_path)
    told = [re.sub(r" {2,}", "  ", line).strip() for line in printed.splitlines()]
    assert any(re.fullmatch(r"topological order  (\d+) / \1", line) for line in told), printed
    assert any(line.startswith("extension: ") and "  0 / " in line and "  first: " in line for line in told), printed
    comment = points(made, scene)
    assert "**12** / 12 + 5 / 5 bonus" in comment
    assert "| 0 / 5 bonus |" in comment


@pytest.mark.slow
def test_there_are_at_most_as_many_annotations_as_github_shows_each_at_its_function(tmp_path: Path) -> None:
    broken = "".join(f"\ndef {name}(a, b=None):\n    return None\n" for name in ("add", "sub", "mul", "div", "log", "exp", "sin", "cos"))
    source = REFERENCE + broken
    printed, _, _ = ran(source, tmp_path)
    marks = re.findall(r"^::error file=autodiff.py,line=(\d+),", printed, re.MULTILINE)
    assert 5 < len(marks) <= 10
    lines = source.splitlines()
    assert {lines[int(mark) - 1].split("(")[0] for mark in marks} >= {"def add", "def sub", "def mul"}


@pytest.mark.slow
def test_a_step_that_kills_the_process_costs_the_other_steps_nothing(tmp_path: Path, scene: Scene) -> None:
    _, made, _ = ran(REFERENCE + "\ndef topological_order(root):\n    os._exit(0)\nimport os\n", tmp_path)
    assert "crash" in {end["outcome"] for name, end in made["tests"].items() if name.startswith("test_topological_order")}
    told = points(made, scene)
    assert "**20** / 20" in told
    assert "| ❌ | Topological order | **0** / 12" in told


def test_a_file_that_cannot_be_loaded_is_told_so(tmp_path: Path, scene: Scene) -> None:
    printed, made, summary = ran(REFERENCE + "\nif True print(1)\n", tmp_path)
    for said in (printed, summary, points(made, scene)):
        assert "can't be loaded" in said
        assert "SyntaxError" in said
    assert "### Public tests: 0 of 48 points" in scene.ours[0]
