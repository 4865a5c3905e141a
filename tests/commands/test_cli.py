"""The command line: exit status, sentences, and output for people and programs."""

import csv
import json
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, Run

from grader.cli import main

STARTER = ROOT / "starter" / "autodiff.py"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two submissions: `right` and `=odd, "name"`; tests write into `out` beside it."""
    folder = tmp_path_factory.mktemp("work")
    for name, source in (("right", REFERENCE), ('=odd, "name"', STARTER.read_text())):
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(source)
    return folder


def test_graded_is_status_0_whatever_the_scores(run: Run, tmp_path: Path) -> None:
    assert run("grade", STARTER, "--out", tmp_path / "out").stdout.startswith("starter: 0 of 100 points\n")


MISTAKES = {
    "a path that is not there": (["grade", "nowhere.py", "--out", "out"], "Path 'nowhere.py' does not exist"),
    "no --out": (["grade", str(STARTER)], "Missing option '--out'"),
    "an unknown step": (["grade", str(STARTER), "--out", "out", "--step", "backwards"], "there is no step 'backwards'"),
    "a kit that is none": (["grade", str(STARTER), "--out", "out", "--kit", "."], "holds no reference/autodiff.py"),
    "an unknown command": (["grad"], "No such command 'grad'"),
    "no traces": (["compare", ".", "--out", "out"], "holds no traces"),
    "an empty cohort": (["cohort", ".", "--out", "out"], "is empty: there is nothing to grade"),
    "an out that is a file": (["grade", str(STARTER), "--out", str(STARTER)], "is a file"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_call_is_status_2_and_a_sentence(name: str, run: Run, tmp_path: Path) -> None:
    arguments, sentence = MISTAKES[name]
    ended = run(*arguments, cwd=tmp_path, status=2)
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


REFERENCES = {
    "without a colon": (REFERENCE.replace("def sin(a):", "def sin(a)").encode(), "reference/autodiff.py:"),
    "not a text": (REFERENCE.encode("utf-16"), "reference/autodiff.py is not UTF-8"),
    "without the class": (REFERENCE.replace("class Node", "class Edge").encode(), "reference/autodiff.py has no class Node"),
    "that imports too much": (b"import pytest\n" + REFERENCE.encode(), "line 1: ModuleNotFoundError: No module named 'pytest'\n"),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_that_cannot_be_used_is_status_2_and_a_sentence(name: str, run: Run, kit: Path, tmp_path: Path) -> None:
    content, sentence = REFERENCES[name]
    (kit / "reference" / "autodiff.py").write_bytes(content)
    for call in (["grade", STARTER, "--out", tmp_path / "out"], ["rubric", "check"]):
        told = run(*call, "--kit", kit, status=2).stderr
        assert sentence in told
        assert "Traceback" not in told


@pytest.mark.slow
def test_questions_that_lack_a_part_are_status_2_and_a_sentence(run: Run, tmp_path: Path) -> None:
    run("plan", "--out", tmp_path)
    questions = json.loads((tmp_path / "questions.json").read_text())
    lacking = [{**questions, "questions": [{"ask": "nodes"}]}, {name: questions[name] for name in ("schema", "questions")}]
    for broken in [*lacking, {**questions, "pristine": 7}, {**questions, "questions": 7}, []]:
        (tmp_path / "q.json").write_text(json.dumps(broken))
        told = run("collect", STARTER, "--questions", tmp_path / "q.json", "--out", tmp_path / "out", status=2).stderr
        assert "not a questions.json" in told
        assert "Traceback" not in told


def test_two_equal_ids_are_refused_before_anything_runs(run: Run, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "alice").mkdir(parents=True)
        (tmp_path / folder / "alice" / "autodiff.py").write_text(REFERENCE)
    ended = run("grade", tmp_path / "a" / "alice", tmp_path / "b" / "alice" / "autodiff.py", "--out", tmp_path / "out", status=2)
    assert "several submissions would be called alice" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_cohort_prints_a_table_and_writes_grades(run: Run, work: Path) -> None:
    out = run("cohort", work / "in", "--out", work / "out").stdout
    assert "submission" in out
    assert f"all scores: {work / 'out' / 'grades.csv'}" in out
    assert "\x1b[" not in out
    with (work / "out" / "grades.csv").open(newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert rows["right"]["node-creation"] == "35"
    assert (rows["right"]["score"], rows["right"]["max_score"], rows["right"]["bonus"]) == ("100", "100", "20")
    assert rows['\'=odd, "name"']["score"] == "0"  # no formula in a spreadsheet


def test_json_is_for_programs(run: Run, work: Path) -> None:
    one = json.loads(run("grade", work / "in" / "right", "--out", work / "out", "--json").stdout)
    assert one == json.loads((work / "out" / "right" / "report.json").read_text())
    many = json.loads(run("cohort", work / "in", "--out", work / "out", "--json").stdout)
    assert sorted(report["submission"] for report in many) == ['=odd, "name"', "right"]


def test_quiet_prints_nothing(run: Run, work: Path) -> None:
    ended = run("cohort", work / "in", "--out", work / "out", "--quiet")
    assert (ended.stdout, ended.stderr) == ("", "")


def test_the_report_is_written_as_markdown_too(run: Run, work: Path) -> None:
    run("grade", work / "in" / "right", "--out", work / "out", "--quiet")
    text = (work / "out" / "right" / "report.md").read_text()
    assert "**100** of 100 points, bonus **20**" in text
    assert "| Node creation | 35 / 35 |  |" in text


@pytest.mark.slow
def test_the_seed_is_never_told(run: Run, tmp_path: Path) -> None:
    run("grade", STARTER, "--out", tmp_path / "out", "--seed", "my-secret-seed", "--quiet")
    written = [path.read_text() for path in (tmp_path / "out").rglob("*.*") if path.is_file()]
    assert len(written) >= 4
    assert not any("my-secret-seed" in text for text in written)
    assert json.loads((tmp_path / "out" / "starter" / "report.json").read_text())["provenance"]["seed"] == "private"


@pytest.mark.parametrize("command", ["grade", "cohort", "plan", "collect", "compare", "release", "rubric", "case"])
def test_every_command_explains_itself(command: str, run: Run) -> None:
    assert len(run(command, "--help").stdout) > 150
    assert f"\n  {command} " in run("--help").stdout


OLD_NAMES = {
    ("grade", "--again"): "--ask-all", ("grade", "-k"): "--step", ("cohort", "--carry"): "--decisions-from",
    ("cohort", "--match"): "--id-column", ("export", "--match"): "--id-column", ("init", "--match"): "--id-column",
}  # fmt: skip


@pytest.mark.parametrize(("command", "old"), OLD_NAMES)
def test_an_option_is_shown_by_its_new_name_and_takes_the_old_one(command: str, old: str, run: Run) -> None:
    shown = run(command, "--help").stdout
    assert OLD_NAMES[command, old] in shown
    assert f"{old} " not in shown
    assert "No such option" not in run(command, old, "x", "--help").stderr


def test_help_lists_every_command_once_in_sections(run: Run) -> None:
    shown = run("--help").stdout
    titles = ("Grade:", "Course:", "Share:", "Maintain:", "Stages of grading, one at a time:")
    assert [line for line in shown.splitlines() if line in titles] == list(titles)
    listed = [line.split()[0] for line in shown[shown.index("Grade:\n") :].splitlines() if line.startswith("  ") and line[2] != " "]
    assert sorted(listed) == sorted(name for name, command in main.commands.items() if not command.hidden and name != "bundle")
    assert run("bundle", "--help").stdout.splitlines()[2:] == run("gradescope-zip", "--help").stdout.splitlines()[2:]


@pytest.mark.slow
def test_a_folder_of_many_is_better_graded_by_cohort(run: Run, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "autodiff.py").write_text(f"# {name}\n")
    assert f"`grader cohort {tmp_path / 'in'}` grades each of them" in run("grade", tmp_path / "in", "--out", tmp_path / "out").stderr
    assert "grader cohort" not in run("grade", tmp_path / "in" / "ann", "--out", tmp_path / "out").stderr
