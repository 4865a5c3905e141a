"""The oral check: questions from the student's own file and graph, answers for the examiner, and nothing of a hidden case."""

import json
import math
import re
import shutil
from collections.abc import Callable
from functools import cache
from html import unescape
from pathlib import Path

import pytest
import yaml
from conftest import REFERENCE, ROOT, Run
from html_structure import Structure
from small_kit import RUBRICS, write_rubric

pytestmark = pytest.mark.slow

Pages = Callable[..., str]
PUBLIC = {"nested": "sin(exp(x*0.3)) at x=1.9", "example": "log(x1) + x1*x2 - sin(x2) at x1=2, x2=5"}
HIDDEN = {"kept-secret": "exp(x)*x - 0.4321 at x=1.2345"}
DEGREES = REFERENCE.replace("create_node(np.sin(a.value)", "create_node(np.sin(np.radians(a.value))")
OTHER_SHAPE = REFERENCE.replace(
    'return create_node(np.sin(a.value), [a], "sin"', 'return create_node(np.sin(a.value), [a], "sine"'
).replace('return create_node(np.exp(a.value), [a], "exp"', 'return create_node(np.exp(a.value), [a], "exponential"')
NASTY = "</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7777 * 7777 }}\u202egnp"
HOSTILE = REFERENCE.replace("    tangents = {root: 1.0}", f"    tangents = {{root: 1.0}}  # {NASTY}\n    # {NASTY}\x1b[2J")
LIAR = REFERENCE + "\n\nforward.__code__ = forward.__code__.replace(co_firstlineno=1)\n"
SPREAD = """
def decorated(function):
    return function


@decorated
@decorated
def forward(
    root,
):
    # not indented as one would expect

# a comment at the margin
    for node in topological_order(root):
        node.partial_derivative = 1.0 if node is root else sum(
            q * p.partial_derivative for p, q in zip(node.parent_nodes, node.grad_wrt_parents))
after_forward = 1
"""
WORKS = {
    "right": REFERENCE, "degrees": DEGREES, "other-shape": OTHER_SHAPE, "hostile": HOSTILE, "liar": LIAR, "empty": "x = 1\n",
    "spread": REFERENCE[: REFERENCE.index("def forward")] + SPREAD, "syntax": "def add(a, b:\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with kit/, in/ and out/: every work graded by a small rubric with public and hidden forward cases."""
    base = tmp_path_factory.mktemp("viva")
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, base / "kit" / part, ignore=shutil.ignore_patterns("misconceptions"))
    write_rubric(base / "kit", RUBRICS["first"])
    step = yaml.safe_load((base / "kit/rubrics/3.yaml").read_text())
    step["cases"] = {"all": PUBLIC | {"free": "A->B, B->C"}, "secret": HIDDEN | {"free-secret": "A->B, A->C, B->C"}}
    [first] = step["criteria"]
    step["criteria"] = [first, {**first, "id": "hidden_one", "check": "chain_rule", "public": False, "points": 5, "cases": ["secret"]}]
    step["points"] += 5
    (base / "kit/rubrics/3.yaml").write_text(yaml.safe_dump(step, sort_keys=False))
    for name, text in WORKS.items():
        (base / "in" / name).mkdir(parents=True)
        (base / "in" / name / "autodiff.py").write_text(text, "utf-8", newline="")
    (base / "in" / "nothing").mkdir()
    (base / "in" / "nothing" / "notes.pdf").write_bytes(b"%PDF-1.7")
    run("cohort", base / "in", "--out", base / "out", "--kit", base / "kit", "--quiet", "--no-pages")
    return base


@pytest.fixture(scope="module")
def pages(run: Run, graded: Path) -> Pages:
    """Return the sheets of a work, by its draw; each is made once."""

    @cache
    def page(name: str, draw: int = 0) -> str:
        into = graded / f"{name}-{draw}.html"
        run("viva", graded / "out", name, "--into", into, "--kit", graded / "kit", "--draw", draw)
        return into.read_text("utf-8")

    return page


def sheets(page: str) -> tuple[str, str]:
    """Return the student's sheet and the examiner's."""
    _, student, examiner = page.split('<section class="sheet"')
    return student, examiner


def asked(page: str) -> str:
    [line] = re.findall(r'<span class="line asked"><span class="no">[\d:]+</span>▶ ([^<]*)</span>', page)
    return unescape(line)


def test_the_two_sheets_hold_a_line_a_trace_with_blanks_and_a_changed_link_and_their_answers(pages: Pages) -> None:
    page = pages("right")
    Structure(page)
    student, examiner = sheets(page)
    assert asked(student) in REFERENCE.splitlines()
    assert "Oral check for right" in student
    assert (student.count('class="blank"'), student.count('class="filled"')) == (7, 0)
    assert (examiner.count('class="blank"'), examiner.count('class="filled"')) == (0, 7)
    assert re.search(r"operand \d of \w+", student)
    assert "A good answer says:" in examiner
    assert "A good answer says:" not in student
    changes = re.findall(r'<tr><th scope="row">(\w+)</th><td class="n">([^<]+)</td><td class="n">([^<]+)</td></tr>', examiner)
    assert changes[-1][0] == "output"
    assert all(before != after for _, before, after in changes)


def test_the_derivatives_of_the_trace_are_those_of_the_example(pages: Pages) -> None:
    """Of both cases; which one is drawn depends on the draw."""
    outputs = set()
    for draw in range(4):
        _, examiner = sheets(pages("right", draw))
        [row] = re.findall(r'<tr><th scope="row">output</th><td class="made">(.*?)</tr>', examiner)
        outputs.add(re.sub("<.*?>", " ", row).split()[-1])
    assert outputs == {"5.5", "−0.104075"}


def test_the_same_draw_gives_the_same_sheet_and_another_draw_another_one(run: Run, graded: Path, pages: Pages) -> None:
    run("viva", graded / "out", "right", "--into", graded / "again.html", "--kit", graded / "kit", "--draw", "1")
    assert pages("right", 1) == (graded / "again.html").read_text("utf-8")
    assert len({re.sub("Draw: .", "", pages("right", draw)) for draw in range(4)}) > 2


def test_nothing_of_a_hidden_case_is_on_the_sheets(pages: Pages) -> None:
    for draw in range(4):
        page = pages("right", draw)
        assert not re.search(r"kept-secret|hidden_one|0\.4321|1\.2345", page)
        assert any(f"<code>{name}</code>" in page for name in PUBLIC)


def test_wrong_values_are_the_students_own_and_are_never_asked(pages: Pages) -> None:
    """Each of the two public cases takes a sine, which this student takes in degrees."""
    student, examiner = sheets(pages("degrees"))
    sines = (f"{math.sin(math.radians(angle)):.6g}" for angle in (math.exp(1.9 * 0.3), 5))
    [wrong] = [value for value in sines if value in student]
    assert f'<td class="n">{wrong}</td>' in student
    assert f'<td class="n">{wrong}</td>' in examiner
    assert "the student's own" in unescape(examiner)


def test_where_the_student_made_no_such_graph_the_sheet_says_so(pages: Pages) -> None:
    student, examiner = sheets(pages("empty"))
    assert "Your own program made no graph" in student
    assert "Values and partials are the reference" in examiner
    assert "Describe your forward function" in student
    assert "No line of the file could be chosen" in examiner
    assert "Your own program made no graph" in pages("other-shape")


def test_a_file_that_python_cannot_read_is_asked_about_as_text(pages: Pages) -> None:
    assert "Describe your forward function" in pages("syntax")


def test_a_function_is_cut_by_text_with_decorators_comments_and_a_long_signature(pages: Pages) -> None:
    student, _ = sheets(pages("spread"))
    lines = [unescape(line) for line in re.findall(r'<span class="no">\d+</span>..([^<]*)</span>', student)]
    assert lines[0] == "@decorated"
    assert lines[-1].strip().startswith("q * p.partial_derivative")
    assert "after_forward = 1" not in lines
    assert "# a comment at the margin" in lines


def test_a_lie_about_the_first_line_is_not_believed(pages: Pages) -> None:
    student, _ = sheets(pages("liar"))
    assert "def forward(root):" in student


def test_hostile_text_is_text(pages: Pages) -> None:
    found = [pages("hostile", draw) for draw in range(3)]
    for page in found:
        Structure(page)
        assert not re.search(r"<script|<img|\x1b|\u202e|60481729| style=| on\w+=\"", page)
        assert "default-src 'none'" in page
    assert any("&lt;script&gt;alert(1)" in page for page in found)


def test_markdown_holds_both_sheets_and_no_live_markup(run: Run, graded: Path) -> None:
    text = {}
    for name in ("right", "hostile"):
        run("viva", graded / "out", name, "--into", graded / f"{name}.md", "--kit", graded / "kit", "--format", "md")
        text[name] = (graded / f"{name}.md").read_text("utf-8")
        student, examiner = text[name].split("\n---\n")
        assert (student.count("`______`"), examiner.count("`______`")) == (7, 0)
        assert "A good answer says" not in student
    outside_code = re.sub(r"(`+) ?.*?\1", "", text["hostile"])
    assert "<script" not in outside_code
    assert "\u202e" not in text["hostile"]


def test_a_notebook_is_cited_by_cell_and_line(run: Run, graded: Path, tmp_path: Path) -> None:
    head, _, tail = REFERENCE.partition("def forward")
    cells = [
        {"cell_type": "code", "metadata": {}, "source": text, "outputs": []}
        for text in ("import numpy as np\n", head, f"\ndef forward{tail}")
    ]
    (tmp_path / "nb").mkdir()
    (tmp_path / "nb" / "autodiff.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    run("grade", tmp_path / "nb", "--out", tmp_path / "out", "--kit", graded / "kit", "--quiet")
    run("viva", tmp_path / "out", "nb", "--submission", tmp_path / "nb", "--into", tmp_path / "nb.html", "--kit", graded / "kit")
    student, _ = sheets((tmp_path / "nb.html").read_text("utf-8"))
    assert '<span class="no">3:2</span>  def forward(root):' in student
    assert re.search(r"Line 3:\d+ is marked", student)


def test_only_the_very_file_that_was_graded_is_asked_about(run: Run, graded: Path, tmp_path: Path) -> None:
    changed = tmp_path / "autodiff.py"
    changed.write_text(REFERENCE + "# changed\n", "utf-8")
    for options, says in {
        ("right", "--submission", changed): "is not the file that was graded",
        ("nobody",): "holds no report of 'nobody'",
        ("nothing",): "nothing is unusable",
    }.items():
        ended = run("viva", graded / "out", *options, "--into", tmp_path / "x.html", "--kit", graded / "kit", status=2)
        assert says in ended.stderr
    assert not (tmp_path / "x.html").exists()
    run("viva", graded / "out", "right", "--submission", graded / "in" / "right", "--into", tmp_path / "x.html", "--kit", graded / "kit")


def test_a_file_that_is_gone_must_be_named(run: Run, graded: Path, tmp_path: Path) -> None:
    shutil.copytree(graded / "in" / "degrees", tmp_path / "degrees")
    shutil.copytree(graded / "out", tmp_path / "out")
    original = (graded / "in" / "degrees" / "autodiff.py").read_text("utf-8")
    (graded / "in" / "degrees" / "autodiff.py").write_text("# replaced\n")
    try:
        words = ("viva", tmp_path / "out", "degrees", "--into", tmp_path / "x.html", "--kit", graded / "kit")
        assert "name it with --submission" in run(*words, status=2).stderr
        run(*words, "--submission", tmp_path / "degrees")
        assert "Oral check for degrees" in (tmp_path / "x.html").read_text("utf-8")
    finally:
        (graded / "in" / "degrees" / "autodiff.py").write_text(original, "utf-8", newline="")


def test_a_sheet_is_not_written_into_a_folder_of_a_submission(run: Run, graded: Path) -> None:
    into = graded / "out" / "right" / "viva.html"
    assert "the grader's own" in run("viva", graded / "out", "right", "--into", into, "--kit", graded / "kit", status=2).stderr
    assert not into.exists()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    {
        "an unknown part": ("{program}. Fill", "{program} {seed}. Fill", "there is no part {seed} here"),
        "a pattern that is none": ("pattern: 'grad_wrt_parents'", "pattern: '(grad'", "no regular expression"),
        "a kind without an answer": ("    good: The loop", "    fine: The loop", "no key 'fine'"),
    }.values(),
)
def test_a_fault_in_the_texts_is_reported_with_its_place(before: str, after: str, says: str, run: Run, graded: Path) -> None:
    file = graded / "kit" / "assignment" / "viva.yaml"
    file.parent.mkdir(exist_ok=True)
    text = (ROOT / "assignment" / "viva.yaml").read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    try:
        ended = run("viva", graded / "out", "right", "--into", graded / "x.html", "--kit", graded / "kit", status=2)
        assert re.search(r"viva\.yaml:\d+:\d+: ", ended.stderr)
        assert says in ended.stderr
    finally:
        file.unlink()
