"""Intake: correct work gets all points in every accepted form. If no program is found, a sentence lists what was found.

One cohort holds every input. Each is what a student handed in: a file, an archive or a folder of files.
"""

import gzip
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, report, selected, slow_but
from handed_in import LFS, OTHER, PROGRAM, RAR, SEVEN_ZIP, STARTER, Files, code, encrypted, many, notebook, put, tarred, zipped

TEXT = PROGRAM.decode()
INDENTED = textwrap.indent(TEXT, "    ")
VENV = {"env/pyvenv.cfg": b"home = /usr", "env/Lib/os.py": PROGRAM, **many("env/Lib"), "env/Scripts/activate_this.py": OTHER}
CONDA = {"py/conda-meta/history": b"", **many("py/lib/python3.12"), "py/bin/tool.py": OTHER}
TEST_CELL = {"grade": True, "solution": False, "grade_id": "cell-1", "locked": True, "points": 2, "schema_version": 3}
OLD_NOTEBOOK = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": TEXT}]}]}

# name of the file or folder -> its bytes or files, and what the report's notes say about it
RIGHT: dict[str, tuple[bytes | Files, str]] = {
    # hidden and dependency folders
    "zip-with-venv.zip": (zipped({"work/autodiff.py": PROGRAM, **many("work/.venv/lib/python3.12/site-packages/pip")}), ""),
    "zip-with-git.zip": (zipped({"work/autodiff.py": PROGRAM, **many("work/.git/objects/00")}), ""),
    "tar-with-node-modules.tar.gz": (tarred({**many("w/node_modules/left-pad"), "w/autodiff.py": PROGRAM}), ""),
    "zip-with-env-of-windows.zip": (zipped({**VENV, "autodiff.py": PROGRAM}), ""),
    "tar-with-env.tar.xz": (tarred({**VENV, "autodiff.py": PROGRAM}, "env/lib64", mode="w:xz"), ""),
    "zip-with-conda.zip": (zipped({**CONDA, "solution.py": PROGRAM}), "solution.py"),
    "program-in-an-environment.zip": (zipped({**VENV, "env/autodiff.py": PROGRAM}), ""),
    "zip-of-a-mac.zip": (zipped({"w/autodiff.py": PROGRAM, "__MACOSX/w/._autodiff.py": b"\0\5\x16\7", "w/.DS_Store": b"\0"}), ""),
    "folder-with-venv": ({"autodiff.py": PROGRAM, ".venv/autodiff.py": OTHER, "site-packages/autodiff.py": OTHER}, ""),
    "checkpoints": ({"work.ipynb": notebook(TEXT), ".ipynb_checkpoints/work-checkpoint.ipynb": notebook("x = 1")}, "work.ipynb"),
    "link-beside.tar.gz": (tarred({"autodiff.py": PROGRAM}, "data", ".venv/lib64"), ""),
    "icon.tar": (tarred({"bob/Icon\r": b"\0", "bob/autodiff.py": PROGRAM}, mode="w"), ""),
    # names written elsewhere
    "backslashes.zip": (zipped({"work\\autodiff.py": PROGRAM, "work\\readme.txt": b"hello"}), ""),
    "backslashes-and-folders.zip": (zipped({"work\\": b"", "work\\src\\autodiff.py": PROGRAM, "work\\.venv\\autodiff.py": OTHER}), ""),
    "backslashes-in-a-tar.tar.gz": (tarred({".\\work\\autodiff.py": PROGRAM}), ""),
    "drive.zip": (zipped({"C:\\Users\\jane\\autodiff.py": PROGRAM}), ""),
    "backslashes-in-a-folder": ({"work\\autodiff.py": PROGRAM}, ""),
    "absolute.tar": (tarred({"/home/jane/autodiff.py": PROGRAM}, mode="w"), ""),
    # archives under the wrong suffix
    "zip-called-targz.tar.gz": (zipped({"autodiff.py": PROGRAM}), ""),
    "targz-called-zip.zip": (tarred({"autodiff.py": PROGRAM}), ""),
    "xz-called-targz.tar.gz": (tarred({"autodiff.py": PROGRAM}, mode="w:xz"), ""),
    "tar-called-tgz.tgz": (tarred({"autodiff.py": PROGRAM}, mode="w"), ""),
    "zip-called-rar.rar": (zipped({"autodiff.py": PROGRAM}), ""),
    "SHOUTED.ZIP": (zipped({"autodiff.py": PROGRAM}), ""),
    "zip-without-suffix": (zipped({"autodiff.py": PROGRAM}), ""),
    "zip-called-py": ({"autodiff.py": zipped({"w/autodiff.py": PROGRAM})}, "autodiff.py is an archive"),
    "inner-under-the-wrong-suffix": ({"work.zip": tarred({"autodiff.py": PROGRAM}), "notes.md": b"hello"}, ""),
    # other names
    "name-case.zip": (zipped({"Autodiff.py": PROGRAM}), "Autodiff.py"),
    "name-copy-1.zip": (zipped({"autodiff (1).py": PROGRAM}), "autodiff (1).py"),
    "name-txt.zip": (zipped({"autodiff.py.txt": PROGRAM}), "autodiff.py.txt"),
    "name-final.zip": (zipped({"work/autodiff_final.py": PROGRAM, "work/test_public.py": OTHER}), "Not graded: work/test_public.py"),
    "one-other-name": ({"solution.py": PROGRAM}, "There is no autodiff.py: solution.py, the only program that was found, was graded."),
    "two-identical": ({"src/autodiff.py": PROGRAM, "backup/autodiff.py": PROGRAM}, "2 copies of autodiff.py are the same"),
    "two-identical-of-other-names.zip": (zipped({"a/mine.py": PROGRAM, "b/mine (1).py": PROGRAM}), "a/mine.py"),
    "several-and-one-holds-them": ({"main.py": OTHER, "plots.py": OTHER * 2, "ad.py": PROGRAM}, "ad.py, the only one that"),
    "two-called-so-and-one-holds-them": ({"a/autodiff.py": OTHER, "b/autodiff.py": PROGRAM}, "b/autodiff.py was graded"),
    "notebook-of-another-name": ({"Homework 3.ipynb": notebook(TEXT), "README.md": b"hello"}, "Homework 3.ipynb"),
    "beside-an-archive": ({"tool.py": OTHER, "work.tar.gz": tarred({"autodiff.py": PROGRAM})}, ""),
    "beside-the-starter": ({"autodiff.py": STARTER, "solution/my.py": PROGRAM, "test_public.py": OTHER}, "so solution/my.py beside it was"),
    # notebooks
    "writefile": ({"autodiff.ipynb": notebook("%%writefile autodiff.py\n" + TEXT, "from autodiff import *\nx = Node(2.0)")}, ""),
    "writefile-only": ({"autodiff.ipynb": notebook("%%writefile -a autodiff.py\n" + TEXT)}, ""),
    "writefile-with-a-path": ({"autodiff.ipynb": notebook("\n%%file '/content/src/autodiff.py'  \n" + TEXT)}, ""),
    "writefile-in-parts": ({"autodiff.ipynb": notebook(*("%%writefile -a autodiff.py\n" + part for part in TEXT.split("\n\n\n")))}, ""),
    "writefile-of-another-name": ({"autodiff.ipynb": notebook("%%writefile ad.py\n" + TEXT, "from ad import *")}, "those that write ad.py"),
    "indented": ({"autodiff.ipynb": notebook(INDENTED)}, ""),
    "indented-below-blank-lines": ({"autodiff.ipynb": notebook("\n  \n" + textwrap.indent(TEXT, "\t"))}, ""),
    "prompts": ({"autodiff.ipynb": notebook(*(textwrap.indent(p, "... ", bool).replace("... ", ">>> ", 1) for p in [TEXT]))}, ""),
    "json-as-py": ({"autodiff.py": notebook(TEXT)}, "autodiff.py is a notebook (JSON)"),
    "json-with-a-mark-as-py": ({"autodiff.py": b"\xef\xbb\xbf\n" + notebook(TEXT)}, "autodiff.py is a notebook (JSON)"),
    "json-as-txt": ({"autodiff.ipynb.txt": notebook(TEXT)}, "autodiff.ipynb.txt is a notebook (JSON)"),
    "notebook-beside-starter": ({"autodiff.py": STARTER, "autodiff.ipynb": notebook(TEXT)}, "autodiff.py is the untouched starter"),
    "notebook-beside-starter-of-windows": (
        {"autodiff.py": STARTER.replace(b"\n", b"\r\n"), "work.ipynb": notebook(TEXT)}, "so work.ipynb beside it was graded",
    ),
    "answers-also-in-a-test-cell": (
        {"autodiff.ipynb": notebook(code("def forward(root): pass", **TEST_CELL), TEXT)}, "Code cell 1 belongs to the course's tests",
    ),
}  # fmt: skip
# where no program is found, what the sentence says
UNUSABLE: dict[str, tuple[bytes | Files, str]] = {
    "rar-in-a-folder": ({"autodiff.rar": RAR}, "autodiff.rar is a RAR archive"),
    "rar.rar": (RAR, "rar.rar is a RAR archive"),
    "rar-called-zip.zip": (RAR, "rar-called-zip.zip is a RAR archive"),
    "seven.7z": (SEVEN_ZIP, "seven.7z is a 7-Zip archive"),
    "seven-called-zip": ({"work.zip": SEVEN_ZIP, "notes.txt": b"hello"}, "work.zip is a 7-Zip archive"),
    "encrypted.zip": (encrypted({"autodiff.py": PROGRAM}), "autodiff.py is encrypted: hand it in without a password"),
    "encrypted-other-name.zip": (encrypted({"w/solution.py": PROGRAM}), "w/solution.py (encrypted)"),
    "encrypted-inside": ({"work.zip": encrypted({"autodiff.py": PROGRAM})}, "autodiff.py is encrypted"),
    "gzip-of-one-file.gz": (gzip.compress(PROGRAM), "is compressed (gzip), but no tar archive"),
    "lfs": ({"autodiff.py": LFS}, "autodiff.py is a Git LFS pointer"),
    "lfs-archive.zip": (LFS, "lfs-archive.zip is a Git LFS pointer"),
    "lfs-in-a-zip.zip": (zipped({"w/autodiff.ipynb": LFS}), "autodiff.ipynb is a Git LFS pointer"),
    "link.zip": (zipped({}, "autodiff.py"), "autodiff.py is a link"),
    "link-in-a-tar.tar.gz": (tarred({"notes.md": b"hello"}, "autodiff.py"), "autodiff.py is a link"),
    "damaged.zip": (zipped({"autodiff.py": PROGRAM})[:-40], "can't be read"),
    "too-many-files.zip": (zipped(many("src")), "holds too many files (at most 2000 count)"),
    "several-could-be-it": ({"a.py": PROGRAM, "b.py": PROGRAM + b"# 2\n"}, "several files could be it (a.py, b.py)"),
    "several-and-none-holds-them": ({"a.py": OTHER, "b.py": OTHER + b"y = 2\n"}, "several files could be it (a.py, b.py)"),
    "two-called-so.zip": (zipped({"a/autodiff.py": PROGRAM, "b/autodiff.py": PROGRAM + b"# 2\n"}), "several files called autodiff.py"),
    "the-public-tests-alone": ({"test_public.py": OTHER, "README.md": b"hello"}, "What is there: README.md, test_public.py."),
    "a-picture-and-a-text": ({"work.pdf": b"%PDF-1.7", "essay.docx": b"PK"}, "work.pdf (a PDF document)"),
    "nothing": ({".gitkeep": b""}, "No file is there."),
    "old-notebook": ({"autodiff.ipynb": json.dumps(OLD_NOTEBOOK).encode()}, "old format 3"),
    "old-notebook-as-py.py": (json.dumps(OLD_NOTEBOOK).encode(), "old format 3"),
    "no-json": ({"autodiff.ipynb": PROGRAM}, "it is not in Jupyter's format"),
    "answers-in-a-test-cell": ({"autodiff.ipynb": notebook(code(TEXT, **TEST_CELL))}, "Code cell 1 belongs to the course's tests"),
    "too-large": ({"autodiff.py": b"#" * 1_000_001}, "autodiff.py is larger than 1 MB"),
}
# what is there, but is no program at all
ZERO: dict[str, tuple[bytes | Files, str]] = {
    "empty": ({"autodiff.py": b"\n"}, "autodiff.py is empty."),
    "utf-16": ({"autodiff.py": TEXT.encode("utf-16")}, "autodiff.py holds NUL bytes"),
    "starter": ({"autodiff.py": STARTER, "test_public.py": OTHER}, ""),
}


@pytest.fixture(scope="module")
def graded(request: pytest.FixtureRequest, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Grade the inputs that the selected tests look at as one cohort; return the report on one of them."""
    folder = tmp_path_factory.mktemp("handed-in")
    inputs = {name: content for name, (content, _) in (RIGHT | UNUSABLE | ZERO).items()}
    for name in sorted(selected(request, "name")):
        content = inputs[name]
        put(folder / "in" / name, content) if isinstance(content, dict) else put(folder / "in", {name: content})
    (folder / "in" / "linked").mkdir()
    (folder / "in" / "linked" / "autodiff.py").symlink_to("/etc/passwd")
    run("cohort", folder / "in", "--out", folder / "out", "--quiet")
    ids = {path.name: path for path in (folder / "in").iterdir()}
    return lambda name: report(folder / "out", submission(ids[name]))


def submission(path: Path) -> str:
    """Return the id under which something was graded: its name without a suffix, if it is a file."""
    suffixes = (".tar.gz", ".tar.xz", ".tgz", ".tar", ".zip", ".rar", ".7z", ".gz", ".py")
    suffix = next((suffix for suffix in suffixes if path.is_file() and path.name.lower().endswith(suffix)), "")
    return path.name[: len(path.name) - len(suffix)]


@pytest.mark.parametrize("name", slow_but(list(RIGHT)[::3], RIGHT))
def test_right_work_gets_all_points(name: str, graded: Callable[[str], dict[str, Any]]) -> None:
    found = graded(name)
    assert (found["status"], found["score"]) == ("graded", 100), found["notes"]
    says = RIGHT[name][1]
    assert says in " ".join(found["notes"])


@pytest.mark.parametrize("name", UNUSABLE)
def test_where_no_program_is_found_nobody_gets_a_zero(name: str, graded: Callable[[str], dict[str, Any]]) -> None:
    found = graded(name)
    assert (found["status"], found["score"]) == ("unusable", None)
    [note] = found["notes"]
    assert UNUSABLE[name][1] in note


def test_a_link_is_called_a_link(graded: Callable[[str], dict[str, Any]]) -> None:
    assert graded("linked")["notes"] == ["autodiff.py is a link: hand in the file itself."]


@pytest.mark.parametrize("name", ZERO)
def test_what_is_there_and_no_program_is_zero(name: str, graded: Callable[[str], dict[str, Any]]) -> None:
    found = graded(name)
    assert (found["status"], found["score"]) == ("graded", 0)
    assert ZERO[name][1] in " ".join(found["notes"])
