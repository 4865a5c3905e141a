"""The stages apart: collect here, compare there; points change without student code; foreign and damaged traces are refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from conftest import FULL, REFERENCE, ROOT, SUBMISSIONS, Run, report, same_but_for_times, scores, slow_after

from grader.formats import Expected, Questions, Trace

WRONG = ROOT / "tests" / "submissions" / "wrong" / "slices-an-iterator.py"


@pytest.fixture(scope="module")
def trace(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("collected")
    run("collect", WRONG, "--out", out, "--quiet")
    return out / "slices-an-iterator.json"


def test_collect_then_compare_says_what_grade_says(trace: Path, run: Run, tmp_path: Path) -> None:
    run("compare", trace, "--out", tmp_path / "apart", "--quiet")
    run("grade", WRONG, "--out", tmp_path / "at-once", "--quiet")
    apart, at_once = report(tmp_path / "apart", WRONG.stem), report(tmp_path / "at-once", WRONG.stem)
    shown = [c.pop("source") for step in at_once["steps"] for c in step["criteria"] if "source" in c]
    assert shown  # lines of the file, which a trace does not hold
    assert same_but_for_times(apart) == same_but_for_times(at_once)


@pytest.mark.slow
def test_collect_needs_neither_reference_nor_rubric(run: Run, tmp_path: Path) -> None:
    run("plan", "--out", tmp_path / "plan")
    run("collect", WRONG, "--questions", tmp_path / "plan" / "questions.json", "--kit", tmp_path, "--out", tmp_path / "traces")
    run("compare", tmp_path / "traces" / f"{WRONG.stem}.json", "--out", tmp_path / "out", "--quiet")
    assert scores(report(tmp_path / "out", WRONG.stem)) == {**FULL, "forward": 0}


def test_the_questions_hold_no_expected_value(run: Run, tmp_path: Path) -> None:
    run("plan", "--out", tmp_path)
    questions = json.loads((tmp_path / "questions.json").read_text())["questions"]
    known = {
        "id",
        "step",
        "ask",
        "graph_source",
        "build",
        "link",
        "rows",
        "roots",
        "orders",
        "public",
        "bonus",
        "digest",
        "shows_graph",
        "skip_if_right",
        "grown_sizes",
        "earlier_graphs",
        "between",
        "inputs",
    }
    assert {key for question in questions for key in question} <= known
    for question in questions:
        if question["build"] == "operators":  # what the submission is to compute is null
            assert all((row[0] is None) == (row[1] != "input") and not row[3] for row in question["rows"])
        if "orders" in question:
            assert question["ask"] in ("forward", "backward")
    assert '"5.5"' not in json.dumps(questions)
    assert 5.5 not in [number for question in questions for row in question["rows"] for number in (row[0], *(row[3] or ()))]


def deviations(data: Any, form: Any, place: str = "") -> Iterator[str]:
    """Yield where JSON data is not of a form that `formats` declares. Lists and dictionaries are entered, unions of two are tried."""
    if is_typeddict(form):
        hints = get_type_hints(form)
        yield from (f"{place}: {key} is missing" for key in form.__required_keys__ - data.keys())
        yield from (f"{place}: {key} is not declared" for key in data.keys() - hints.keys())
        for key in data.keys() & hints.keys():
            yield from deviations(data[key], hints[key], f"{place}/{key}")
    elif get_origin(form) is list:
        yield from (one for entry in data for one in deviations(entry, get_args(form)[0], f"{place}/*"))
    elif get_origin(form) is dict:
        yield from (one for entry in data.values() for one in deviations(entry, get_args(form)[1], f"{place}/*"))
    elif get_origin(form) is UnionType:
        yield from () if data is None else deviations(data, get_args(form)[0], place)
    elif form is not Any and not isinstance(data, (int, float) if form is float else form):
        yield f"{place}: {data!r} is no {form.__name__}"


def test_what_the_stages_write_has_the_form_that_is_declared(trace: Path, run: Run, tmp_path: Path) -> None:
    run("plan", "--out", tmp_path)
    for path, form in ((tmp_path / "questions.json", Questions), (tmp_path / "expected.json", Expected), (trace, Trace)):
        data = json.loads(path.read_text())
        assert sorted(set(deviations(data, form))) == []
        assert list(deviations({**data, "surplus": 1}, form)) == [": surplus is not declared"]
        del data["schema"]
        assert list(deviations(data, form)) == [": schema is missing"]


def test_changed_points_give_new_totals_without_running_student_code(trace: Path, kit: Path, run: Run, tmp_path: Path) -> None:
    rubric = kit / "rubrics" / "3-forward.yaml"
    rubric.write_text(rubric.read_text().replace("points: 35", "points: 40").replace("    points: 5\n", "    points: 10\n", 1))
    (tmp_path / "no-sandbox").mkdir()
    run("compare", trace, "--kit", kit, "--out", tmp_path / "out", "--quiet")
    got = report(tmp_path / "out", WRONG.stem)
    assert (got["score"], got["max_score"]) == (65, 105)


@pytest.mark.slow
def test_an_out_folder_of_traces_can_be_compared_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "right.py").write_text(REFERENCE)
    (tmp_path / "in" / "wrong.py").write_text(WRONG.read_text())
    run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--quiet")
    before = (tmp_path / "out" / "grades.csv").read_text()
    run("compare", tmp_path / "out", "--out", tmp_path / "again", "--quiet")
    assert (tmp_path / "again" / "grades.csv").read_text() == before


@pytest.mark.slow
def test_a_trace_of_other_questions_is_refused(trace: Path, run: Run, tmp_path: Path) -> None:
    ended = run("compare", trace, "--seed", "another", "--out", tmp_path, status=2)
    assert "it answers other questions than this rubric, reference and seed ask" in ended.stderr


DAMAGE: dict[str, Any] = {
    "another kit": lambda t: t.update(kit_sha256="0" * 64),
    "another schema": lambda t: t.update(schema="autodiff-kit/trace/v9"),
    "an unknown question": lambda t: t["answers"].append({"question": 99_999, "kind": "timeout", "why": "x"}),
    "a question answered twice": lambda t: t["answers"].append(t["answers"][0]),
    "an unknown kind": lambda t: t["answers"][0].update(kind="excellent"),
    "a reply of another form": lambda t: t["answers"][0]["reply"].update(graph=[]),
    "a number beyond floats": lambda t: t["answers"][0]["reply"]["graph"][0].__setitem__(0, 10**400),
    "a graph of no question": lambda t: t["graphs"].append({"question": 99_999, "reply": {}}),
    "a graph of a sweep": lambda t: t["graphs"].append({"question": t["answers"][-1]["question"], "reply": t["answers"][-1]["reply"]}),
    "no graphs": lambda t: t.pop("graphs"),
    "no answers": lambda t: t.pop("answers"),
    "answers that are no list": lambda t: t.update(answers={}),
}


@pytest.mark.parametrize("name", slow_after(3, DAMAGE))
def test_a_damaged_trace_is_refused_in_a_sentence(name: str, trace: Path, run: Run, tmp_path: Path) -> None:
    data = json.loads(trace.read_text())
    DAMAGE[name](data)
    (tmp_path / "damaged.json").write_text(json.dumps(data))
    ended = run("compare", tmp_path / "damaged.json", "--out", tmp_path / "out", status=2)
    assert ended.stderr.startswith(f"grader: {tmp_path / 'damaged.json'}: ")
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out" / "damaged").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"schema": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_no_trace(text: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(text)
    assert "not a trace" in run("compare", tmp_path / "bad.json", "--out", tmp_path / "out", status=2).stderr


def by_pytest(trace: Path, *options: str | Path, status: int = pytest.ExitCode.TESTS_FAILED) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--trace", str(trace), "-p", "no:randomly", *map(str, options)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert "INTERNALERROR" not in ended.stderr + ended.stdout
    return ended


@pytest.mark.slow
def test_plain_pytest_shows_each_criterion_of_a_trace(trace: Path) -> None:
    shown = by_pytest(trace).stdout
    assert "test_chain_rule[slices-an-iterator]" in shown
    assert "expected  an answer" in shown
    assert "got       TypeError: " in shown
    assert "(autodiff.py, line " in shown


def test_plain_pytest_says_why_a_trace_cannot_be_shown(trace: Path, kit: Path, tmp_path: Path) -> None:
    fault = json.loads(trace.read_text())
    fault["loading"] |= {"kind": "fault", "why": "collecting failed: no space"}
    (tmp_path / "fault.json").write_text(json.dumps({**fault, "answers": []}))
    refused = pytest.ExitCode.USAGE_ERROR
    assert "holds no answers: collecting failed: no space" in by_pytest(tmp_path / "fault.json", status=refused).stderr
    (kit / "rubrics" / "3-forward.yaml").write_text("steps: 7\n")
    assert "3-forward.yaml:1:" in by_pytest(trace, "--kit", kit, status=refused).stderr


@pytest.mark.slow
def test_plain_pytest_shows_what_a_call_changed(run: Run, tmp_path: Path) -> None:
    name = "order-rounds-values"
    run("grade", SUBMISSIONS / "wrong" / f"{name}.py", "--out", tmp_path)
    shown = by_pytest(tmp_path / ".traces" / f"{name}.json", "-k", "left_alone").stdout
    assert "got       nodes in which the call changed value\n" in shown


def test_a_case_is_shown_to_the_instructor_with_what_was_answered(trace: Path, run: Run) -> None:
    shown = run("case", "tutorial", "--trace", trace).stdout
    assert "asks forward, public, used by forward/sum_over_paths" in shown
    assert "log(x1) + x1*x2 - sin(x2) at x1=2, x2=5" in shown
    assert "output = sub(v3, v4): 11.652071455223084" in shown
    assert "after 1: 5.5" in shown
    assert "          raised " in shown
    data = json.loads(run("case", "tutorial", "--trace", trace, "--json").stdout)
    assert data["cases"]["forward/tutorial"]["roots"] == [0]
    assert {answer["kind"] for answer in data["answers"]} == {"answered", "raised"}


def test_an_unknown_case_names_others(run: Run) -> None:
    assert "there is no case 'ladder'; there are adjoint-ladder, " in run("case", "ladder", status=2).stderr
