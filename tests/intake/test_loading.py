"""What is handed in is read rightly, or refused in a sentence; loading that goes wrong costs what it must and no more."""

import io
import json
import platform
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, REFERENCE, Run, outcomes, report, scores, slow_after

Graded = Callable[..., dict[str, Any]]
NOTHING = {"node-creation": 0, "topological-order": 0, "forward": 0}


@pytest.mark.parametrize("source", [b"\xef\xbb\xbf" + REFERENCE.encode(), REFERENCE.replace("\n", "\r\n").encode()], ids=["BOM", "CRLF"])
def test_a_byte_order_mark_and_crlf_are_read_rightly(source: bytes, graded: Graded) -> None:
    assert scores(graded(source)) == FULL


REFUSED = {
    "empty": (b"", "autodiff.py is empty."),
    "blank": (b" \n\n\t", "autodiff.py is empty."),
    "NUL bytes": (REFERENCE.encode() + b"\0", "autodiff.py holds NUL bytes, so it is not a text: save it as UTF-8."),
    "syntax error": (
        REFERENCE.replace("def forward(root):", "def forward(root:").encode(),
        f"Python {platform.python_version()} can't read autodiff.py at line",
    ),
    "not UTF-8": (b"x = '\xff'\n" + REFERENCE.encode(), f"Python {platform.python_version()} can't read autodiff.py"),
    "return at the top": (REFERENCE.encode() + b"\nreturn 1\n", f"Python {platform.python_version()} can't read autodiff.py at line"),
    "__future__ too late": (
        b"import math\nfrom __future__ import annotations\n" + REFERENCE.encode(),
        f"Python {platform.python_version()} can't read autodiff.py at line 2: from __future__ imports must occur at the beginning",
    ),
}


@pytest.mark.parametrize("name", slow_after(2, REFUSED))
def test_what_cannot_be_read_is_zero_with_a_sentence(name: str, graded: Graded) -> None:
    source, sentence = REFUSED[name]
    got = graded(source)
    assert got["status"] == "graded"
    assert scores(got) == NOTHING
    assert got["bonus"] == 0
    [note] = got["notes"]
    assert note.startswith(sentence)


def test_a_statement_that_raises_costs_only_what_it_would_have_bound(graded: Graded) -> None:
    cut = REFERENCE.index("def forward(root):")
    line = REFERENCE[:cut].count("\n") + 1
    got = graded(REFERENCE[:cut] + "@undefined\n" + REFERENCE[cut:])
    assert scores(got) == {**FULL, "forward": 0}
    [note] = got["notes"]
    assert note.startswith(f"Python cannot import your file as it stands: line {line}: NameError: name 'undefined' is not defined. ")
    [case] = [c for step in got["steps"] for k in step["criteria"] for c in k["cases"] if c["id"] == "tutorial"]
    assert (case["outcome"], case["got"]) == ("error", "NameError: autodiff.py has no forward")


def test_an_unfinished_example_at_the_end_costs_nothing(graded: Graded) -> None:
    got = graded(REFERENCE + "\nx = Node(2.0)\nprint(foward(x))\n")
    assert scores(got) == FULL
    assert "NameError" in got["notes"][0]


def test_sys_exit_at_the_end_costs_nothing(graded: Graded) -> None:
    assert scores(graded(REFERENCE + "\nimport sys\nsys.exit(1)\n")) == FULL


ENDLESS = {
    "the process ends": ("import os; os._exit(0)", "the process ended itself without an answer"),
    "a loop without end": ("while True: pass", "no answer within 2 s of CPU time"),
    "a long sleep": ("import time; time.sleep(60)", "no answer within"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_where_loading_never_ends_well_definitions_alone_are_graded(name: str, graded: Graded) -> None:
    statement, why = ENDLESS[name]
    got = graded(REFERENCE + f"\n{statement}\n")
    assert scores(got) == FULL
    [note] = got["notes"]
    assert note.startswith(f"Python cannot import your file as it stands ({why}")
    assert note.endswith(f" were graded. Lines left out: {REFERENCE.count(chr(10)) + 2}.")


@pytest.mark.slow
@pytest.mark.parametrize(("base", "outcome"), [("(__import__('os')._exit(0),)", "crash"), ("([0 for _ in iter(int, 1)],)", "timeout")])
def test_a_definition_that_never_ends_well_is_asked_nothing_more(base: str, outcome: str, graded: Graded) -> None:
    got = graded(REFERENCE + f"\nclass Never:\n    x = {base}\n")
    assert scores(got) == NOTHING
    assert {o for step in FULL for o in outcomes(got, step).values()} == {outcome}
    assert got["notes"][0].startswith("Loading autodiff.py failed twice: ")


def test_a_slow_example_at_load_costs_no_points(graded: Graded) -> None:
    example = "\nfor _ in range(400):\n    n = Node(2.0)\n    for _ in range(20):\n        n = sin(n)\n"
    assert scores(graded(REFERENCE + example)) == FULL


def test_output_is_counted_and_never_fails_an_answer(graded: Graded) -> None:
    got = graded(REFERENCE.replace("    tangents = {root: 1.0}", "    print('x' * 200_000)\n    tangents = {root: 1.0}"))
    assert scores(got) == FULL


# ---- folders, archives, notebooks ---------------------------------------------


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def notebook(*cells: str) -> bytes:
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Hello"}, *code], "nbformat": 4, "nbformat_minor": 5}).encode()


HALVES = REFERENCE.split("def topological_order", maxsplit=1)
SHAPES: dict[str, tuple[str, bytes, str]] = {
    "a file of another name": ("alice.py", REFERENCE.encode(), "alice"),
    "a zip": ("alice.v2.zip", zipped({"hw3/autodiff.py": REFERENCE.encode(), "__MACOSX/hw3/autodiff.py": b"junk"}), "alice.v2"),
    "a tar.gz": ("alice.tar.gz", tarred({"./autodiff.py": REFERENCE.encode()}), "alice"),
    "a notebook": ("alice.ipynb", notebook("%matplotlib inline\n" + HALVES[0], "!ls", "def topological_order" + HALVES[1]), "alice"),
    "a notebook in a zip": ("bob.zip", zipped({"autodiff.ipynb": notebook(REFERENCE)}), "bob"),
}


@pytest.mark.parametrize("name", slow_after(2, SHAPES))
def test_a_submission_comes_in_many_shapes(name: str, run: Run, tmp_path: Path) -> None:
    filename, content, identity = SHAPES[name]
    (tmp_path / filename).write_bytes(content)
    run("grade", tmp_path / filename, "--out", tmp_path / "out", "--quiet")
    assert scores(report(tmp_path / "out", identity)) == FULL


def test_a_folder_is_searched_for_autodiff(run: Run, tmp_path: Path) -> None:
    (tmp_path / "carol" / "src").mkdir(parents=True)
    (tmp_path / "carol" / "src" / "autodiff.py").write_text(REFERENCE)
    run("grade", tmp_path / "carol", "--out", tmp_path / "out", "--quiet")
    assert scores(report(tmp_path / "out", "carol")) == FULL


EMPTY_HANDED: dict[str, tuple[str, bytes, str]] = {
    "a text file": (
        "essay.docx",
        b"hello",
        "essay.docx is neither a Python file nor a notebook, folder or archive with an autodiff.py in it.",
    ),
    "an archive without it": ("x.zip", zipped({"main.txt": b"1"}), "There is no autodiff.py in what was handed in."),
    "a broken zip": ("x.zip", b"PK\x03\x04 not really", "The archive can't be read"),
    "a broken tar": ("x.tar", b"not a tar", "The archive can't be read"),
    "a broken notebook": ("x.ipynb", b"{", "The notebook can't be read: it is not in Jupyter's format."),
    "two of them": (
        "x.zip",
        zipped({"a/autodiff.py": b"1", "b/autodiff.py": b"2"}),
        "There are several files called autodiff.py (a/autodiff.py and b/autodiff.py): hand in one.",
    ),
    "too large": ("x.py", b"#" * 1_000_001, "autodiff.py is larger than 1 MB: hand in the program alone, without data."),
    "a bomb": ("x.zip", zipped({"autodiff.py": b" " * 30_000_000}), "autodiff.py is larger than 1 MB"),
}


@pytest.mark.parametrize("name", slow_after(3, EMPTY_HANDED))
def test_what_holds_no_autodiff_is_unusable_with_a_sentence_and_stops_nobody(name: str, run: Run, tmp_path: Path) -> None:
    filename, content, sentence = EMPTY_HANDED[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / filename).write_bytes(content)
    (tmp_path / "in" / "right.py").write_text(REFERENCE)
    run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--quiet")
    got = report(tmp_path / "out", filename if filename.endswith("docx") else "x")
    assert (got["score"], got["status"]) == (None, "unusable")
    assert got["notes"][0].startswith(sentence)
    assert scores(report(tmp_path / "out", "right")) == FULL
