"""Who may import whom, what the wheel holds, and what the starter must not."""

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from grader.kit import CODE, COLLECTING

GRADER = ROOT / "grader"
FILES = sorted(GRADER.rglob("*.py"))

# room -> the rooms of the kit that it may import
ROOMS = {
    "__init__": set(),
    "model": set(),
    "wording": set(),
    "wire": set(),
    "escape": set(),
    "kit": {"model"},
    "program": {"model"},
    "draw": {"model", "wire"},
    "marked": set(),
    "sentences": {"marked", "wording"},
    "rubric": {"model", "program", "marked", "sentences"},
    "intake": set(),
    "sandbox": {"model", "sandbox"},
    "oracle": {"model", "sandbox", "wire"},
    "pick": {"model"},
    "settling": {"wire"},
    "plan": {"model", "draw", "kit", "oracle", "pick", "rubric", "settling", "wire"},
    "remembered": {"sandbox", "settling"},
    "collect": {"kit", "remembered", "sandbox", "traces"},
    "traces": {"kit", "remembered", "sandbox"},
    "checks": set(),
    "compare": {"model", "compare", "escape", "pick", "plan", "wire", "wording", "kit", "traces"},
    "score": {"model", "wording", "__init__"},
    "report": {"model", "escape", "pick", "plan", "wording"},
    "release": {"model", "kit", "plan", "public_facts", "public_tests", "notebook"},
    "notebook": {"model", "kit", "intake", "marked", "plan", "public_tests", "public_tools"},
    "reports": {"model"},
    "results": {"report", "reports", "export", "decided", "model"},
    "commands": {"model", "cli"},
    "nbgrader": {
        "model",
        "decided",
        "escape",
        "intake",
        "kit",
        "release",
        "notebook",
        "pick",
        "plan",
        "collect",
        "compare",
        "diagnose",
        "cohort",
        "results",
        "sandbox",
        "score",
        "traces",
    },  # runs in nbgrader's processes, and does there what `cli` does elsewhere
    "bundle": {"model", "kit"},
    "roster": {"model", "escape"},
    "gather": {"model", "escape", "intake", "roster", "gather"},
    "export": {"model", "escape", "reports", "roster"},
    "regrade": {"model", "escape", "export"},
    "public_tests": {"model", "plan", "public_tools", "wire"},
    "public_tools": set(),
    "decided": {"model", "escape", "roster"},
    "public_facts": {"__init__", "model", "plan", "public_tests"},
    "misconceptions": {"model", "marked"},
    "diagnose": {"model", "collect", "compare", "kit", "misconceptions", "pick", "plan", "sandbox", "wording"},
    "remote": {"model", "kit", "collect", "cohort", "intake", "remembered", "results", "sandbox", "traces"},
    "cohort": {"model", "collect", "diagnose", "compare", "intake", "pick", "plan", "remembered", "results", "sandbox", "score", "traces"},
    "audit": {
        "model",
        "kit",
        "pick",
        "plan",
        "collect",
        "compare",
        "cohort",
        "intake",
        "release",
        "misconceptions",
        "marked",
        "sandbox",
        "score",
    },
    # its two modules that meet the rest of the kit; what holds a token is held to less below
    "forge": {"model", "escape", "intake", "cohort", "plan", "public_facts", "results", "traces"},
    "__main__": {"cli"},
}
# library -> the rooms that may import it
LIBRARIES = {
    "yaml": {"rubric", "marked", "gather", "decided", "sentences"},
    "pytest": {"compare"},
    "numpy": {"sandbox"},
    "click": {"cli", "commands", "report"},
    "nbgrader": {"nbgrader"},
    "nbformat": {"nbgrader"},
    "nbconvert": {"nbgrader"},
    "sqlalchemy": {"nbgrader"},
    "traitlets": {"nbgrader"},
    "subprocess": {"sandbox"},
    "multiprocessing": {"cohort", "gather"},
    "pickle": set(),
    "dulwich": {"gather"},
    "fastjsonschema": {"reports"},
}


def room_of(path: Path) -> str:
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for part in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(part, ast.Import):
            found |= {name.name for name in part.names}
        elif isinstance(part, ast.ImportFrom) and part.module:
            found |= {f"grader.{name.name}" for name in part.names} if part.module == "grader" else {part.module}
    return {name for name in found if not name.startswith("grader.__")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_room_imports_only_the_rooms_it_may(path: Path) -> None:
    room = room_of(path)
    rooms = {name.split(".")[1] for name in imports_of(path) if name.startswith("grader.")}
    assert room in ("cli", "commands") or rooms <= ROOMS[room] | {room}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_library_is_imported_in_few_rooms(path: Path) -> None:
    for name in imports_of(path):
        assert room_of(path) in LIBRARIES.get(name.split(".")[0], {room_of(path)}), name


def test_what_holds_a_write_token_is_the_standard_library_and_its_own_room() -> None:
    privileged = [path for path in (GRADER / "forge").glob("*.py") if path.name not in ("planning.py", "verdicts.py")]
    assert len(privileged) > 10
    own = {f"grader.forge.{path.stem}" for path in privileged} | {"grader.escape"}
    for path in privileged:
        foreign = {name for name in imports_of(path) if name.split(".")[0] not in sys.stdlib_module_names}
        assert foreign <= own, path


@pytest.mark.parametrize("name", ["building.py", "cells.py", "lock.py", "numbering.py", "probe.py", "reading.py", "template.py"])
def test_what_runs_inside_the_sandbox_imports_nothing_of_the_grader(name: str) -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy", "building", "cells", "numbering", "reading"}
    assert {module.split(".")[0] for module in imports_of(GRADER / "sandbox" / name)} <= allowed


def test_nothing_outside_the_sandbox_imports_executes_or_compiles_a_submission() -> None:
    for path in FILES:
        assert "autodiff" not in imports_of(path)
        calls = {
            part.func.id
            for part in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
        }
        assert path.name in ("probe.py", "cells.py") or not calls & {"exec", "eval", "compile", "__import__"}, path


def test_heavy_libraries_are_not_imported_for_help() -> None:
    code = "import sys, grader.cli; print([n for n in ('pytest', 'yaml', 'numpy', 'multiprocessing', 'json.scanner2') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout == "[]\n"


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
    expected = {str(path.relative_to(ROOT)) for path in GRADER.rglob("*") if path.suffix in (".py", ".json")}
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
    assert used - hashed == {"kit", "model"}  # which say what is hashed, and hold words that all share
