"""Right programs as people hand them in keep their points, whatever else their files do while they are loaded.

Each program is one right file with a few lines put in: after its first import, at its end, or in place of others.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from typing import Any

import pytest
from conftest import FULL, SUBMISSIONS, Run, report, scores

Graded = Callable[..., dict[str, Any]]
Reports = Callable[[dict[str, str]], dict[str, dict[str, Any]]]
BASE = (SUBMISSIONS / "loading" / "base.py").read_text("utf-8")
BEGINNING = "import math\n"
CANNOT = "Python cannot import your file as it stands"
needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
TKINTER = find_spec("_tkinter") is not None  # Debian has it in a package of its own
TIERS = ["core", pytest.param("bwrap", marks=needs_bwrap)]


def top(lines: str) -> str:
    return BASE.replace(BEGINNING, f"{BEGINNING}{lines}\n", 1)


def end(lines: str) -> str:
    return f"{BASE}\n\n{lines}\n"


def before(definition: str, lines: str) -> str:
    return BASE.replace(definition, f"{lines}\n\n\n{definition}", 1)


def line_of(source: str, text: str) -> int:
    return source[: source.index(text)].count("\n") + 1


@pytest.fixture
def reports(run: Run, tmp_path: Path) -> Reports:
    """Grade several programs in one run."""

    def graded(programs: dict[str, str], *options: object) -> dict[str, dict[str, Any]]:
        for name, source in programs.items():
            (tmp_path / "in").mkdir(exist_ok=True)
            (tmp_path / "in" / f"{name}.py").write_text(source, "utf-8")
        run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--quiet", *options)
        return {name: report(tmp_path / "out", name) for name in programs}

    return graded


def all_full(reports: dict[str, dict[str, Any]]) -> None:
    assert {name: scores(got) for name, got in reports.items()} == dict.fromkeys(reports, FULL)


# ---- one statement does not cost the file -------------------------------------

NO_TKINTER = [] if TKINTER else ["import tkinter"]
# name -> the program, and the text of each line that the report names
STATEMENTS = {
    "matplotlib": (top("import matplotlib.pyplot as plt"), ["import matplotlib"]),
    "pytest": (top("import pytest"), ["import pytest"]),
    "colab": (top('from google.colab import drive\n\ndrive.mount("/content/drive")'), ["from google", "drive.mount"]),
    "log-file": (top('import logging\n\nlogging.basicConfig(filename="debug.log")'), ["logging.basic"]),
    "assert-in-the-middle": (before("def topological_order", "assert exp(Node(1)).value == 2.718281828"), ["assert exp"]),
    "turtle-auto-import": (top("from turtle import forward"), [] if TKINTER else ["from turtle"]),
    "locale": (top('import locale\n\nlocale.setlocale(locale.LC_ALL, "")'), []),
    # variants
    "ipython": (top('get_ipython().run_line_magic("matplotlib", "inline")'), ["get_ipython"]),
    "own-helper": (top("from helpers import check\nfrom . import more"), ["from helpers", "from . import"]),
    "data-file": (top('with open("points.csv") as file:\n    POINTS = file.read()'), ["with open"]),
    "question": (top('STEPS = int(input("How many steps? "))'), ["STEPS = int"]),
    "exit-in-the-middle": (before("def forward(", "import sys\n\nsys.exit(0)"), ["sys.exit"]),
    "example-too-early": (before("def topological_order", "forward(Node(2.0))\nprint('done')"), ["forward(Node(2.0))"]),
    "screen": (
        end("import tkinter\n\nwindow = tkinter.Tk()\nwindow.mainloop()"),
        [*NO_TKINTER, "window = ", "window.main"],
    ),
    "docstring-in-the-middle": (before("def forward(", '"""Step 3."""\n1 / 0'), ["1 / 0"]),
    "class-that-fails": (end("class Plot(plt.Figure):\n    pass"), ["class Plot"]),
    "error-inside": (end("def plot():\n    return plt.show()\n\n\nplot()"), ["plot()\n"]),
}


@pytest.mark.slow
def test_a_statement_that_raises_costs_only_itself_and_is_named(reports: Reports) -> None:
    got = reports({name: source for name, (source, _) in STATEMENTS.items()})
    all_full(got)
    for name, (source, named) in STATEMENTS.items():
        lines = [source.rindex(text) if text == "plot()\n" else source.index(text) for text in named]
        lines = [source[:place].count("\n") + 1 for place in lines]
        notes = got[name]["notes"]
        if not lines:
            assert notes == []
        elif len(lines) == 1:
            assert notes[0].startswith(f"{CANNOT}: line {lines[0]}: "), (name, notes)
            assert len(notes) == 1
        else:
            assert notes[0].startswith(f"{CANNOT}: lines {', '.join(map(str, lines))}. "), (name, notes)
            assert [note.partition(":")[0] for note in notes[1:]] == [f"Line {line}" for line in lines]
    assert "(in plot, line " in got["error-inside"]["notes"][0]


def test_many_failing_statements_are_counted_and_the_first_ones_named(graded: Graded) -> None:
    got = graded(end("\n".join(f"unknown_{i}" for i in range(30))))
    assert scores(got) == FULL
    assert "... 20 more" in got["notes"][0]
    assert len(got["notes"]) == 4


def test_future_imports_hold_for_every_statement(graded: Graded) -> None:
    annotated = BASE.replace('graph."""\n', 'graph."""\nfrom __future__ import annotations\n', 1)
    annotated = annotated.replace("def add(a, b)", "def add(a: Unknown, b: Unknown) -> Unknown")
    got = graded(end("assert __doc__ == 'Forward mode on a graph.'").replace(BASE, annotated))
    assert (scores(got), got["notes"]) == (FULL, [])


# name -> the program, and the lines that are left out
ENDLESS = {
    "loop-in-the-middle": (before("def forward(", "while True:\n    pass"), ["while True"]),
    "exit-at-once": (top("import os\n\nos._exit(0)"), ["os._exit"]),
    "endless-main": (end("def main():\n    while True:\n        pass\n\n\nmain()"), ["main()\n"]),
    "endless-call": (end("def search():\n    while True:\n        pass\n\n\nBEST = search()"), ["BEST = "]),
    "blocks-with-definitions": (
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\nif numpy or True:\n    square = lambda a: mul(a, a)\n    print(1)\n"
        + end("while True:\n    pass"),
        ["    print(1)", "while True"],
    ),
    "signal-to-itself": (end("import ctypes\n\nctypes.string_at(0)"), ["ctypes.string_at"]),
}


@pytest.mark.slow
def test_where_loading_never_ends_well_definitions_are_graded_alone(reports: Reports) -> None:
    got = reports({name: source for name, (source, _) in ENDLESS.items()})
    all_full(got)
    for name, (source, left_out) in ENDLESS.items():
        lines = ", ".join(str(source[: source.rindex(text)].count("\n") + 1) for text in left_out)
        [note] = got[name]["notes"]
        assert note.startswith(f"{CANNOT} ("), (name, note)
        assert note.endswith(f" Lines left out: {lines}."), (name, note)


# ---- examples are paid once ---------------------------------------------------

SLOW = "def wait():\n    import time\n\n    time.sleep(0.02)\n\n\n"
EXAMPLES = {
    "loop": end(
        "def loss(w):\n    return mul(w, w)\n\n\nw = 0.0\nfor step in range(8000):\n    x = Node(w)\n    y = loss(x)\n    "
        "forward(x)\n    w -= 0.01 * y.partial_derivative\nprint(w)"
    ),
    "count": end("s = 0\nfor i in range(4_000_000):\n    s += i"),
    "sleep": end("import time\n\ntime.sleep(1.5)"),
    # variants
    "main": end(f"{SLOW}def main():\n    wait()\n    print(forward(Node(1.0)))\n\n\nmain()"),
    "assert": end(f"{SLOW}assert wait() is None"),
    "result": end(f"{SLOW}def train():\n    wait()\n    return 1.0\n\n\nresult = train()\nprint(result)"),
    "in-the-middle": before("def forward(", f"{SLOW}for number in (1.0, 2.0):\n    wait()\n    print(log(Node(number)).value)"),
    "that-fails": end(f"{SLOW}for number in (1.0, 0.0):\n    wait()\n    log(Node(number))"),
}


@pytest.mark.slow
def test_slow_examples_cost_no_points(reports: Reports) -> None:
    got = reports(EXAMPLES)
    all_full(got)
    notes = {name: one["notes"] for name, one in got.items() if one["notes"]}
    assert list(notes) == ["that-fails"]


def printed(run: Run, tmp_path: Path, source: str) -> int:
    """Grade a program and return how many bytes it printed."""
    (tmp_path / "student.py").write_text(source, "utf-8")
    run("grade", tmp_path / "student.py", "--out", tmp_path / "out", "--quiet")
    assert scores(report(tmp_path / "out", "student")) == FULL
    return int(json.loads((tmp_path / "out" / ".traces" / "student.json").read_text("utf-8"))["printed"])


LOUD = "    print('x' * 20_000, flush=True)\n"


@pytest.mark.parametrize(
    "example", [f"for i in (1,):\n    wait()\n{LOUD}", f"def main():\n    wait()\n{LOUD}\n\nmain()\n"], ids=["loop", "call"]
)
def test_a_slow_example_runs_once_and_not_for_each_question(example: str, run: Run, tmp_path: Path) -> None:
    assert 20_000 <= printed(run, tmp_path, end(SLOW + example)) < 20 * 20_000  # the bonus questions that fail are asked again


# What takes long and is needed is loaded for every question.
NEEDED = {
    "a table": ("TABLE = built()", "TABLE[1]"),
    "a table that a loop fills": ("TABLE = [0.0, 0.0]\nfor i in range(2):\n    TABLE[i] = built()[i]", "TABLE[1]"),
    "a table that a call fills": ("TABLE = {}\nTABLE.update(enumerate(built()))", "TABLE[1]"),
    "a number in a block": ("if True:\n    ONE = built()[1]", "ONE"),
    "a number made of another": ("raw = built()\nONE = raw[1]", "ONE"),
    "a global of a function": ("def fill():\n    global ONE\n    ONE = built()[1]\n\n\nfill()", "ONE"),
    "an attribute": ("Node.one = built()[1]", "Node.one"),
    "a function": ("def outer():\n    one = built()[1]\n    return lambda: one\n\n\nget_one = outer()", "get_one()"),
}


@pytest.mark.slow
def test_what_takes_long_and_is_needed_is_loaded_again(reports: Reports) -> None:
    programs = {}
    for name, (lines, expression) in NEEDED.items():
        built = f"{SLOW}def built():\n    wait()\n    return [0.0, 1.0]\n\n\n{lines}"
        programs[name.replace(" ", "-")] = before("def add(", built).replace(
            '"mul", [b.value, a.value]', f'"mul", [b.value * {expression}, a.value]'
        )
    got = reports(programs, "--step", "node-creation")
    assert {name: scores(one) for name, one in got.items()} == {name: {"node-creation": 35} for name in got}


@pytest.mark.slow
def test_what_fails_because_a_statement_was_skipped_is_asked_again(graded: Graded) -> None:
    hidden_from_us = f"{SLOW}KNOWN = dict()\n\n\ndef learn():\n    wait()\n    KNOWN['one'] = 1.0\n\n\nlearn()"
    source = before("def add(", hidden_from_us).replace('"sub", [1.0, -1.0]', "\"sub\", [KNOWN['one'], -1.0]")
    assert scores(graded(source)) == FULL


@pytest.mark.slow
def test_where_loading_used_up_the_time_the_report_says_so(graded: Graded) -> None:
    slow = """
import time


def built():
    begun = time.process_time()
    while time.process_time() < begun + 1.2:
        pass
    return 1.0


ONE = built()"""
    got = graded(
        before("def add(", slow).replace('"mul", [b.value, a.value]', '"mul", [b.value * ONE, a.value]'), "--step", "node-creation"
    )
    untried = [c for step in got["steps"] for c in step["criteria"] if c["outcome"] == "not tried"]
    assert untried
    assert {c["hint"].partition(",")[0] for c in untried} == {"Loading your file is slow"}
    assert any("loading the file again for each question used up the step's time" in c["message"] for c in untried if c["public"])


# ---- the standard library -----------------------------------------------------


def importable() -> list[str]:
    """Return the modules of the standard library that Python can import on this machine."""
    names = sorted(sys.stdlib_module_names - {"antigravity", "genericpath", "idlelib", "this"})  # the first opens a browser
    tried = "import importlib, sys\nfor name in sys.argv[1:]:\n    try:\n        importlib.import_module(name)\n    except Exception:\n        continue\n    print('found', name)"  # noqa: E501
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", tried, *names]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    return [line.removeprefix("found ") for line in shown.splitlines() if line.startswith("found ")]


USES = {
    "sqlite3": "sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)",
    "bz2": "bz2.decompress(bz2.compress(b'x')) == b'x'",
    "lzma": "lzma.decompress(lzma.compress(b'x')) == b'x'",
    "ctypes": "ctypes.CDLL(None).abs(-3) == 3",
    "ssl": "ssl.create_default_context()",
    "curses": "curses.A_BOLD",
    "readline": "readline.parse_and_bind('tab: complete') is None",
    "tkinter": "tkinter.TkVersion",
    "uuid": "uuid.uuid4()",
    "decimal": "decimal.Decimal(1) / 3",
}


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_all_of_the_standard_library_imports_inside_the_walls(tier: str, graded: Graded) -> None:
    found = importable()
    assert len(found) > 200
    uses = [f"assert {use}" for module, use in USES.items() if module in found]
    more = ["import concurrent.futures, email.mime.text, importlib.metadata, multiprocessing.pool, unittest.mock, xml.etree.ElementTree"]
    more += ["import tkinter.ttk, tkinter.filedialog"] if "tkinter" in found else []
    got = graded("\n".join([*(f"import {name}" for name in found), *more, *uses, BASE]), "--sandbox", tier)
    assert (scores(got), got["notes"]) == (FULL, [])


# ---- standard streams ---------------------------------------------------------

QUIET = "    with {}:\n        order = topological_order(root)\n"
ORDER = "    order = topological_order(root)\n"
PRINTS = BASE.replace(ORDER, f"{ORDER}    print('order', '→', len(order), flush=True)\n")


def loud(lines: str, head: str = "import io, os, sys") -> str:
    """Return a program that prints in each sweep, after these lines at its beginning."""
    return PRINTS.replace(BEGINNING, f"{BEGINNING}{head}\n{lines}\n", 1)


STREAMS = {
    "fdopen": loud('sys.stdout = os.fdopen(1, "w", buffering=1)'),
    "hasattr": loud('if hasattr(sys.stdout, "reconfigure"):\n    sys.stdout.reconfigure(encoding="utf-8")'),
    "reconfigure": loud('sys.stdout.reconfigure(encoding="utf-8")'),
    "wrapper": loud('sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")'),
    "redirect-devnull": BASE.replace(
        ORDER, QUIET.format('open(__import__("os").devnull, "w") as f, __import__("contextlib").redirect_stdout(f)')
    ),
    # variants
    "devnull-for-good": loud('sys.stdout = open(os.devnull, "w")'),
    "detached": loud('sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", line_buffering=True)'),
    "old-codecs": loud('import codecs\nsys.stdout = codecs.getwriter("utf-8")(sys.stdout.detach())'),
    "unbuffered": loud('sys.stdout = io.TextIOWrapper(open(sys.stdout.fileno(), "wb", 0), write_through=True, encoding="utf-8")'),
    "all-three": loud('for stream in (sys.stdin, sys.stdout, sys.stderr):\n    stream.reconfigure(encoding="utf-8", errors="replace")'),
    "ascii-first": loud('print("→")\nsys.stdout.reconfigure(encoding="ascii", errors="replace")'),
    "closed-at-the-end": f"{BASE}\n\nimport sys\n\nsys.stdout.close()\nsys.stderr.close()\nsys.stdin.close()\n",
    "descriptors-closed": f"import os\nprint('begin', flush=True)\n{BASE}\n\nfor descriptor in (0, 1, 2):\n    os.close(descriptor)\n",
    "put-back": loud("saved = sys.stdout\nsys.stdout = io.StringIO()\nprint(1)\nsys.stdout = sys.__stdout__"),
    "both-in-one": loud("sys.stderr = sys.stdout"),
    "dup2": loud("os.dup2(os.open(os.devnull, os.O_WRONLY), 1)"),
    "with-open-1": BASE.replace(ORDER, '    with open(1, "w", closefd=False) as out:\n        print("sweep", file=out)\n' + ORDER),
    "tee": loud(
        "class Tee:\n    def __init__(self, *outs):\n        self.outs = outs\n\n    def write(self, text):\n        [out.write(text) "
        "for out in self.outs]\n\n    def flush(self):\n        [out.flush() for out in self.outs]\n\n\n"
        "sys.stdout = Tee(sys.stdout, io.StringIO())"
    ),
    "handler": loud("import logging\nlogging.basicConfig(stream=sys.stdout, level=logging.INFO)\nlogging.info('loaded')"),
    "locale-by-name": loud('import locale\nlocale.setlocale(locale.LC_ALL, "C.UTF-8")\nlocale.setlocale(locale.LC_NUMERIC, "")'),
    "faulthandler": loud("import faulthandler\nfaulthandler.enable()"),
}


@pytest.mark.slow
def test_standard_streams_behave_as_in_any_program(reports: Reports) -> None:
    got = reports(STREAMS)
    all_full(got)
    assert {name: one["notes"] for name, one in got.items() if one["notes"]} == {}


@pytest.mark.slow
@needs_bwrap
def test_standard_streams_behave_as_in_any_program_in_bubblewrap(reports: Reports) -> None:
    some = ("fdopen", "wrapper", "redirect-devnull", "dup2", "locale-by-name")
    all_full(reports({name: STREAMS[name] for name in some}, "--sandbox", "bwrap"))


# ---- the grader's Python ------------------------------------------------------

VERSION = python_version()
NEWER_SYNTAX = {
    "fstring": (12, end('def show(n):\n    return f"{n.value} {"nested"}"')),
    "type": (12, end("type Number = int | float\n\n\ndef first[T](items: list[T]) -> T:\n    return items[0]")),
    "class": (12, end("class Box[T]:\n    item: T")),
    "template": (14, end('show = t"{math.pi}"')),
    "except": (14, end("try:\n    1 / 0\nexcept ValueError, ZeroDivisionError:\n    pass")),
}
NEWER_MODULES = {
    "override": (12, top("from typing import Self, override")),
    "batched": (12, top("from itertools import batched")),
    "deprecated": (13, end("from warnings import deprecated\n\n\n@deprecated('old')\ndef old():\n    pass")),
    "zstd": (14, top("import compression.zstd")),
}


def test_a_syntax_error_names_the_python_that_read_the_file(reports: Reports) -> None:
    newer = {name: source for name, (minor, source) in NEWER_SYNTAX.items() if sys.version_info < (3, minor)}
    for got in reports({**newer, "wrong": BASE.replace("def forward(root):", "def forward(root:")}).values():
        assert got["score"] == 0
        assert got["notes"][0].startswith(f"Python {VERSION} can't read autodiff.py at line ")
        assert got["provenance"]["python"] == VERSION


@pytest.mark.slow
def test_what_only_a_newer_python_has_costs_itself_and_the_report_names_the_version(reports: Reports) -> None:
    got = reports({name: source for name, (_, source) in NEWER_MODULES.items()})
    all_full(got)
    for name, (minor, _) in NEWER_MODULES.items():
        assert bool(got[name]["notes"]) == (sys.version_info < (3, minor))
        assert all(note.endswith(f"graded, with Python {VERSION}.") for note in got[name]["notes"][:1])
        assert str(Path(sys.base_prefix)) not in "".join(got[name]["notes"])


@pytest.mark.slow
def test_every_report_names_the_python_and_no_submission_can_change_it(reports: Reports) -> None:
    forged = top("import platform, sys\nsys.version = '9.9.9 (full marks)'\nplatform.python_version = lambda: '9.9.9'")
    got = reports({"forged": forged, "right": BASE, "empty": "", "hangs": "class Endless:\n    while True:\n        pass\n"})
    assert {name: one["provenance"]["python"] for name, one in got.items()} == dict.fromkeys(got, VERSION)
