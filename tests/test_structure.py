"""Who may import whom, what the wheel holds, and what the starter must not."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

from grader.kit import CODE, COLLECTING

GRADER = ROOT / "grader"
FILES = sorted(GRADER.rglob("*.py"))

# room -> the rooms of the kit that it may import
ROOMS = {
    "__init__": set(),
    "model": {"report_format"},  # for the type checker alone
    "escape": set(),
    "messages": set(),
    "atomic_write": set(),
    "cache": {"atomic_write"},
    "digests": set(),
    "garbage": set(),
    "interrupts": set(),
    "csv_reader": {"model"},
    "kit": {"digests", "model"},
    "formats": {"model"},
    "report_format": set(),
    "topology": {"digests", "model"},
    "source_lines": set(),
    "processes": {"garbage", "interrupts", "model"},
    "rubric": {"messages", "model"},
    "sandbox": {"interrupts", "model"},
    "plan": {"cache", "digests", "escape", "formats", "garbage", "kit", "model", "rubric", "sandbox", "topology"},
    "collect": {"atomic_write", "digests", "formats", "kit", "model", "sandbox", "topology"},
    "checks": {"compare"},
    "course": {"__init__", "atomic_write", "csv_reader", "digests", "escape", "model", "plan", "report_format", "rubric"},
    "compare": {"collect", "course", "digests", "escape", "formats", "kit", "messages", "model", "plan", "report_format", "topology"},
    "diagnosis": {
        "cache", "collect", "compare", "digests", "formats", "kit", "messages", "model", "plan", "report_format", "rubric",
        "sandbox",
    },
    "languages": {"diagnosis", "digests", "kit", "model", "plan", "rubric"},
    "report": {"__init__", "escape", "formats", "messages", "model", "report_format", "source_lines"},
    "pages": {"cache", "escape", "messages", "model", "report", "report_format"},
    "results": {
        "atomic_write", "course", "csv_reader", "digests", "escape", "messages", "model", "pages", "report", "report_format",
        "rubric",
    },
    "intake": {"atomic_write", "course", "digests", "escape", "model", "processes"},
    "cohort": {
        "collect", "compare", "diagnosis", "formats", "garbage", "intake", "interrupts", "kit", "model", "plan", "processes", "report",
        "report_format", "results", "sandbox",
    },
    "export": {"atomic_write", "course", "csv_reader", "escape", "messages", "model", "report", "report_format", "results"},
    "class_report": {"atomic_write", "course", "escape", "model", "report_format", "results"},
    "study": {"__init__", "atomic_write", "course", "csv_reader", "escape", "model", "report_format", "results"},
    "release": {"__init__", "atomic_write", "formats", "intake", "kit", "model", "plan", "rubric", "topology"},
    "teaching": {"kit", "model", "pages", "plan", "release", "report_format"},
    # what holds a token is held to less below
    "pull_requests": {
        "atomic_write", "cohort", "collect", "csv_reader", "digests", "escape", "intake", "kit", "messages", "model", "plan",
        "release", "report_format", "results",
    },
    "quiz": {"diagnosis", "escape", "formats", "kit", "model", "plan", "rubric", "sandbox", "topology"},
    "viva": {
        "collect", "course", "escape", "formats", "intake", "model", "plan", "quiz", "report_format", "results", "rubric",
        "source_lines",
    },
    "audit": {
        "cohort", "collect", "compare", "diagnosis", "intake", "kit", "model", "plan", "processes", "release", "report", "rubric",
        "sandbox",
    },
    # runs in nbgrader's processes, and does there what `commands` do elsewhere
    "nbgrader": {
        "cohort", "collect", "compare", "course", "diagnosis", "escape", "intake", "kit", "languages", "messages", "model", "plan",
        "release", "report", "report_format", "results", "sandbox",
    },
    "__main__": {"cli", "interrupts"},
}  # fmt: skip
# library -> the rooms that may import it
LIBRARIES = {
    "yaml": {"course", "intake", "rubric"},
    "pytest": {"compare"},
    "numpy": {"sandbox", "study"},
    "scipy": {"study"},
    "click": {"cli", "commands", "report"},
    "nbgrader": {"nbgrader"},
    "nbformat": {"nbgrader"},
    "nbconvert": {"nbgrader"},
    "sqlalchemy": {"nbgrader"},
    "traitlets": {"nbgrader"},
    "subprocess": {"pull_requests", "sandbox"},
    "multiprocessing": {"processes"},
    "pickle": set(),
    "dulwich": {"intake"},
    "fastjsonschema": {"results"},
    "jinja2": {"pages"},
    "markupsafe": {"pages"},
}


def room_of(path: Path) -> str:
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


@cache
def imports_of(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for part in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(part, ast.Import):
            found |= {name.name for name in part.names}
        elif isinstance(part, ast.ImportFrom) and part.module:
            found |= {f"grader.{name.name}" for name in part.names} if part.module == "grader" else {part.module}
    return frozenset(name for name in found if not name.startswith("grader.__"))


def test_each_room_imports_only_the_rooms_it_may() -> None:
    wrong = {}
    for path in FILES:
        room, rooms = room_of(path), {name.split(".")[1] for name in imports_of(path) if name.startswith("grader.")}
        if room not in ("cli", "commands") and (more := rooms - ROOMS[room] - {room}):
            wrong[str(path.relative_to(ROOT))] = more
    assert wrong == {}


def test_tests_lie_in_the_folders_of_what_they_test() -> None:
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").glob("*/test_*.py")}
    assert len(folders) > 20
    assert {folder for folder in folders if not (GRADER / folder).is_dir()} == {"nbgrader_course", "oracle"}


def test_each_library_is_imported_in_few_rooms() -> None:
    found = {(str(path.relative_to(ROOT)), room_of(path), name.split(".")[0]) for path in FILES for name in imports_of(path)}
    assert len(found) > 300
    assert {(path, library) for path, room, library in found if room not in LIBRARIES.get(library, {room})} == set()


def test_what_holds_a_write_token_is_the_standard_library_and_its_own_room() -> None:
    folder = GRADER / "pull_requests"
    privileged = [*(folder / "course_ci").glob("*.py"), *(folder / f"{name}.py" for name in ("__init__", "__main__", "outbox", "post"))]
    assert len(privileged) > 10
    own = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in privileged} | {"grader.escape"}
    for path in privileged:
        foreign = {name for name in imports_of(path) if name.split(".")[0] not in sys.stdlib_module_names}
        assert foreign <= own, path


def test_what_runs_inside_the_sandbox_imports_nothing_of_the_grader() -> None:
    inside = {path.stem: path for path in (GRADER / "sandbox" / "inside").glob("*.py")}
    assert len(inside) > 8
    allowed = set(sys.stdlib_module_names) | {"numpy"} | inside.keys() - {"lockdown", "probe", "template"}
    for name, path in inside.items():
        assert {module.split(".")[0] for module in imports_of(path)} <= allowed, name


def test_nothing_outside_the_sandbox_imports_executes_or_compiles_a_submission() -> None:
    for path in FILES:
        assert "autodiff" not in imports_of(path)
        calls = {
            part.func.id
            for part in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
        }
        assert path.name in ("probe.py", "notebook_cells.py", "loading.py") or not calls & {"exec", "eval", "compile", "__import__"}, path


def test_heavy_libraries_are_not_imported_for_help() -> None:
    code = "import sys, grader.cli; print([n for n in ('pytest', 'yaml', 'numpy', 'multiprocessing', 'json.scanner2') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout == "[]\n"


def test_what_collects_loads_no_form_of_a_report() -> None:
    code = "import sys, grader.collect.collector; print('grader.model' in sys.modules, 'grader.report_format' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout == "True False\n"


@pytest.mark.slow
def test_the_wheel_holds_neither_reference_nor_rubrics(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for part in ("grader", "reference", "rubrics", "starter"):
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, source / part)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, source], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packaged = (".py", ".json", ".html", ".css", ".typ", ".j2")
    expected = {str(path.relative_to(ROOT)) for path in GRADER.rglob("*") if path.suffix in packaged}
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_no_line_of_a_solution_stands_in_the_starter() -> None:
    regions, inside = [], False
    for line in (ROOT / "reference" / "autodiff.py").read_text("utf-8").splitlines():
        if line.strip() in ("### BEGIN SOLUTION", "### END SOLUTION"):
            inside = line.strip() == "### BEGIN SOLUTION"
        elif inside:
            regions.append(line.strip())
    solution = {line for line in regions if len(line) > 12}
    assert len(solution) > 30
    for path in (ROOT / "starter").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text("utf-8")
            assert [line for line in solution if line in text] == [], path
            assert "SOLUTION" not in text


def test_whatever_shapes_a_trace_is_in_the_hash_that_a_trace_carries() -> None:
    sources = [GRADER / path.relative_to(CODE) for path in COLLECTING]  # where the kit is installed, CODE is not the checkout's
    hashed = {room_of(path) for path in sources}
    used = {name.split(".")[1] for path in sources for name in imports_of(path) if name.startswith("grader.")}
    # types, an end of the process, what is hashed, and words that all share
    assert used - hashed == {"formats", "interrupts", "kit", "model"}


def test_every_link_between_the_documents_leads_somewhere() -> None:
    places = [ROOT, ROOT / "docs", ROOT / "grader", ROOT / "rubrics", ROOT / "assignment", ROOT / "starter", ROOT / "examples"]
    places.append(ROOT / "study")
    documents = [path for place in places for path in place.glob("*.md")]
    links = [
        (path.relative_to(ROOT).as_posix(), link)
        for path in documents
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)", path.read_text("utf-8"))
    ]
    assert len(links) > 50
    assert [(path, link) for path, link in links if not (ROOT / path).parent.joinpath(link).exists()] == []


def test_the_map_of_the_grader_names_every_folder_and_the_right_files() -> None:
    text = (GRADER / "README.md").read_text("utf-8")
    folders = {path.parent.name for path in GRADER.glob("*/*.py")}
    assert {folder for folder in folders if f"]({folder})" not in text} == set()
    named = re.findall(r"^\| .* \| `([\w/.]+)` \|$", text[text.index("## Change it") :], re.MULTILINE)
    assert len(named) == 14
    assert [name for name in named if not (GRADER / name).exists() and not (ROOT / name).exists()] == []
