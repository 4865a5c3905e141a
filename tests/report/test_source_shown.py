"""What reports show of the graded file itself: the line that raised an exception and, where the course allows it, the function."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, Run, report
from html_structure import Structure

from grader.pages.report import LARGEST, report_page
from grader.rubric.words import english

ORDER = re.compile(r"(def topological_order\(root\):\n).*?### END SOLUTION", re.DOTALL)
LONG = "".join(f"    x{i} = '<b>{'&' * 300}</b>'\n" for i in range(90))
WORKS = {
    "misspelt": REFERENCE.replace("np.sin(a.value)", "nq.sin(a.value)"),
    "swapped": REFERENCE.replace("[b.value, a.value]", "[a.value, b.value]"),
    "inner": ORDER.sub(r"\1    def visit(node):\n        return missing\n    return visit(root)\n", REFERENCE),
    "long": ORDER.sub(lambda match: match[1] + LONG + "    return []\n", REFERENCE),
    "markup": REFERENCE.replace("np.sin(a.value)", "np.sin(a.value, '</code><script>\u202e|`', nq)"),
    "own": REFERENCE.replace("np.sin(a.value)", "sin(a.value)"),
    "missing": REFERENCE.replace("def forward(", "def forwards("),
    "not-written": ORDER.sub(r"\1    raise NotImplementedError\n", REFERENCE),
}


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run over all works, with the functions shown."""
    folder = tmp_path_factory.mktemp("shown")
    for name, text in WORKS.items():
        assert text != REFERENCE, name
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(text, "utf-8")
    notebook = [{"cell_type": "code", "source": "import os\n"}, {"cell_type": "code", "source": WORKS["misspelt"]}]
    (folder / "in" / "book.ipynb").write_text(json.dumps({"cells": notebook, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    run("cohort", folder / "in", "--out", folder / "out", "--quiet", "--show-code")
    return folder / "out"


def criterion(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c for step in found["steps"] for c in step["criteria"] if c["id"] == name)


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if part in line)


def page(out: Path, name: str) -> str:
    return (out / name / "report.html").read_text("utf-8")


def test_an_exception_comes_with_the_line_of_the_file_in_page_markdown_and_terminal(run: Run, out: Path) -> None:
    number, said = line_of(WORKS["misspelt"], "nq.sin"), "nq.sin(a.value)"
    line = criterion(report(out, "misspelt"), "values")["source"]["line"]
    assert line["place"] == str(number)
    assert said in line["text"]
    assert f"- line: `{number}: {line['text']}`" in (out / "misspelt" / "report.md").read_text("utf-8")
    assert f'<span class="place">→ {number}</span>' in page(out, "misspelt")
    terminal = run("grade", out.parent / "in" / "misspelt", "--out", out.parent / "alone").stdout
    assert re.search(rf"^ +line +{number}: .*nq\.sin", terminal, re.MULTILINE)


def test_in_a_notebook_the_place_is_a_cell_and_a_line_in_it(out: Path) -> None:
    line = criterion(report(out, "book"), "values")["source"]["line"]
    assert line["place"] == f"2:{line_of(WORKS['misspelt'], 'nq.sin')}"
    assert "nq.sin" in line["text"]


def test_the_function_beside_the_first_drawing_of_a_step_is_the_one_that_the_failure_is_about(out: Path) -> None:
    found = report(out, "swapped")
    shown = criterion(found, "local_partials")["source"]["function"]
    first = line_of(WORKS["swapped"], "def mul(")
    assert (shown["name"], shown["lines"][0]["place"], shown["cut"]) == ("mul", str(first), False)
    assert [line["text"] for line in shown["lines"]] == WORKS["swapped"].splitlines()[first - 1 : first - 1 + len(shown["lines"])]
    assert page(out, "swapped").count("from the file that was graded") == 1
    inner = next(c for c in report(out, "inner")["steps"][1]["criteria"] if "function" in c.get("source", {}))
    assert inner["source"]["function"]["name"] == "topological_order"  # and not `visit` inside of it, which raised
    [*others] = [c for c in report(out, "inner")["steps"][1]["criteria"] if "function" in c.get("source", {})]
    assert len(others) == 1


def test_of_hidden_criteria_and_of_what_is_not_written_nothing_is_shown(out: Path) -> None:
    for name in [*WORKS, "book"]:
        criteria = [c for step in report(out, name)["steps"] for c in step["criteria"]]
        assert not [c for c in criteria if "source" in c and (not c["public"] or c["outcome"] in ("pass", "unwritten", "not tried"))]
    assert "source" not in criterion(report(out, "not-written"), "simple_graphs")


def test_a_long_function_of_hostile_text_is_cut_and_escaped_and_the_page_stays_small(out: Path) -> None:
    shown = next(c["source"]["function"] for c in report(out, "long")["steps"][1]["criteria"] if "source" in c)
    assert (len(shown["lines"]), shown["cut"], max(len(line["text"]) for line in shown["lines"]) <= 164) == (60, True, True)
    assert "The first 60 lines of it." in page(out, "long")
    for name in ("long", "markup"):
        assert len(page(out, name).encode()) <= LARGEST
        assert {"script", "b"} & {tag for tag, _ in Structure(page(out, name)).tags} == set()
        assert "\u202e" not in page(out, name) + (out / name / "report.md").read_text("utf-8")
    assert page(out, "markup") == report_page(report(out, "markup"), english())


def test_the_page_shows_each_answer_once_and_code_in_sentences_as_code(out: Path) -> None:
    shown = page(out, "misspelt")
    assert 'Case <code>sin</code> ended in the same way <a href="#node-creation-values">above</a>.' in shown
    told = re.findall(r'<pre tabindex="0" aria-label="The program.*?</dl>', shown, re.DOTALL)
    assert len(told) == len(set(told)) >= 2
    assert "<code>np.sin</code>" not in shown  # which is the hint for another exception
    assert "`" not in re.sub(r"<pre.*?</pre>|<dd>.*?</dd>", "", page(out, "own"), flags=re.DOTALL)
    assert "<code>np.sin</code>" in page(out, "own")


def test_where_no_answer_came_the_graph_stands_without_a_table_of_blanks(out: Path) -> None:
    part = page(out, "missing").partition('id="forward-chain_rule"')[2].partition('<li class="task"')[0]
    assert ("<svg" in part, "<table" in part, "no forward" in part) == (True, False, True)


@pytest.mark.slow
def test_a_decision_and_a_regrade_keep_the_lines(run: Run, out: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    run("grade", out.parent / "in" / "swapped", "--out", folder, "--quiet", "--show-code")
    before = criterion(report(folder, "swapped"), "local_partials")["source"]
    (tmp_path / "points.csv").write_text("id,criterion,points,reason\nswapped,node-creation/values,5,agreed\n")
    run("points", folder, tmp_path / "points.csv", "--by", "ann")
    run("regrade", folder, "--quiet")
    assert criterion(report(folder, "swapped"), "local_partials")["source"] == before
    assert "from the file that was graded" in page(folder, "swapped")


@pytest.mark.slow
def test_without_leave_of_the_course_no_function_is_shown_and_course_yaml_gives_it(run: Run, out: Path, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "swapped.py").write_text(WORKS["swapped"])
    run("init", "--name", "c", "--submissions", "files", cwd=folder, HOME=str(tmp_path))
    written = folder / "course.yaml"
    assert "# show_code: true" in written.read_text("utf-8")
    run("cohort", "--quiet", cwd=folder, HOME=str(tmp_path))
    assert "source" not in criterion(report(folder / "out", "swapped"), "local_partials")
    written.write_text(written.read_text("utf-8").replace("# show_code: true", "show_code: true"))
    run("cohort", "--quiet", cwd=folder, HOME=str(tmp_path))
    assert criterion(report(folder / "out", "swapped"), "local_partials")["source"]["function"]["name"] == "mul"
    run("cohort", "--quiet", "--hide-code", cwd=folder, HOME=str(tmp_path))
    assert "source" not in criterion(report(folder / "out", "swapped"), "local_partials")
    written.write_text(written.read_text("utf-8").replace("show_code: true", "show_code: perhaps"))
    assert "this must be true or false" in run("cohort", "--quiet", cwd=folder, status=2, HOME=str(tmp_path)).stderr
