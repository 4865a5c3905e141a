"""Score autodiff.py on the public tests: print the points, write report.json, and tell GitHub about it where it runs there.

Try it yourself, in the folder that holds autodiff.py:    python .github/scripts/score_public.py

Each step's tests run in a process of their own, so that an endless or crashing step costs the others nothing. These points
are provisional: the course grades on more than the public tests, on a machine of its own.
"""

import argparse
import ast
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
sys.dont_write_bytecode = True  # the folder is part of the repository
sys.path.insert(0, str(SCRIPTS))

from grader.escape import plain, plain_log, workflow, workflow_property
from grader.forge.page import PROVISIONAL, About, failed_first, headline, scored
from grader.forge.public import Ended, Facts, report_of

SECONDS = 40
"""For all tests of one step."""
CRASHES = 3
"""Processes that one step may end before its other tests are left out."""
ANNOTATIONS = 10
"""GitHub shows no more of one kind and step."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path, help="write report.json here")
    parser.add_argument("--summary", type=Path, help="add the page to this file")
    chosen = parser.parse_args()
    grading = json.loads((SCRIPTS / "grading.json").read_text("utf-8"))
    begun = time.monotonic()
    ended, load = {}, ""
    for step in grading["steps"]:
        names = [case["test"] for criterion in step["criteria"] for case in criterion["cases"]]
        if not load:
            results, load = run_step(names)
            ended |= results
        if load:
            ended |= {name: Ended("error", "a file that can be loaded", load) for name in names if name not in ended}
    report = report_of(grading, ended, facts(load, round(time.monotonic() - begun, 3)))
    tell(report, chosen, Path("autodiff.py"))


def run_step(names):
    """Return how the tests ended, and why the file can't be loaded, if it can't."""
    ended, todo, deadline = {}, list(names), time.monotonic() + SECONDS
    for _ in range(CRASHES + 1):
        if not todo or time.monotonic() > deadline:
            break
        said, timed_out = run_tests(todo, deadline - time.monotonic())
        found = {entry["name"]: Ended(entry["outcome"], entry["expected"], entry["got"]) for entry in said if "name" in entry}
        loads = [entry["load"] for entry in said if "load" in entry]
        begins = [entry["begin"] for entry in said if "begin" in entry]
        if not begins:
            return ended, loads[0] if loads else "loading it takes too long" if timed_out else "loading it ends the process"
        for name in begins:
            how = Ended("timeout", "an answer", "none in time") if timed_out else Ended("crash", "an answer", "the process ended")
            ended[name] = found.get(name, how)
        todo = [name for name in todo if name not in ended]
    return ended, ""


def run_tests(names, seconds):
    """Return what the plugin wrote about these tests, and whether time ran out."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.jsonl")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "SYSTEMROOT") if name in os.environ}
        command = [sys.executable, "-m", "pytest", "-p", "tell_results", "-p", "no:cacheprovider", *(f"test_public.py::{n}" for n in names)]
        child = subprocess.Popen(
            command, env={**kept, "PYTHONPATH": str(SCRIPTS), "PUBLIC_RESULTS": str(results), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            status, timed_out = child.wait(max(1.0, seconds)), False
        except subprocess.TimeoutExpired:
            child.kill()
            status, timed_out = child.wait(), True
        lines = results.read_text("utf-8").splitlines() if results.exists() else []
        if not lines and status == 1 and not timed_out and not has_pytest():
            sys.exit("pytest is not installed: pip install pytest numpy")
        return [json.loads(line) for line in lines], timed_out


def has_pytest():
    return subprocess.run([sys.executable, "-c", "import pytest"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def facts(load, seconds):
    source = Path("autodiff.py").read_bytes() if Path("autodiff.py").is_file() else b""
    notes = (f"autodiff.py can't be loaded, so nothing in it could be tried: {load}",) if load else ()
    return Facts(
        submission=os.environ.get("GITHUB_REPOSITORY") or Path.cwd().name or "autodiff",
        sha256=hashlib.sha256(source).hexdigest(),
        starter=starter_of(source),
        notes=notes,
        python=platform.python_version(),
        seconds=seconds,
    )


def parsed(source):
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def starter_of(source):
    for part in parsed(source):
        if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "STARTER" and isinstance(part.value, ast.Constant):
            return str(part.value.value)[:40]
    return None


def tell(report, chosen, file):
    """Print the points, and write what was asked for."""
    print(f"{headline(report)} on the public tests (provisional)")
    for step in report["steps"]:
        first = failed_first(step)
        print(plain_log(f"  {step['title']:28} {points_of(step)}" + (f"   first: {first['says']}" if first else "")))
        case = first and next((case for case in first["cases"] if case["outcome"] not in ("pass", "unwritten", "not tried")), None)
        for side in ("called", "expected", "got") if case else ():
            print(f"      {side:9} {plain(case[side])}")
    print("Here a step may lose points by a mistake in an earlier one; where the course grades it does not.")
    if os.environ.get("GITHUB_ACTIONS"):
        print("\n".join(annotations(report, file)))
    if chosen.report:
        chosen.report.parent.mkdir(parents=True, exist_ok=True)
        chosen.report.write_text(json.dumps(report), "utf-8")
    if chosen.summary:
        about = About(PROVISIONAL, os.environ.get("HEAD_SHA", ""))
        with chosen.summary.open("a", encoding="utf-8") as page:
            page.write(scored(report, about))


def points_of(step):
    """Return a step's points, and those of its bonus criteria apart."""
    bonus = [criterion for criterion in step["criteria"] if criterion["bonus"]]
    core = f"{step['score']:5g} / {step['max_score']:g}" if len(bonus) < len(step["criteria"]) else ""
    more = f"bonus {sum(c['score'] for c in bonus):g} / {sum(c['max_score'] for c in bonus):g}" if bonus else ""
    return f"{core}, {more}" if core and more else core or more


def annotations(report, file):
    """Return a remark at the function that each failing criterion is about."""
    grading = json.loads((SCRIPTS / "grading.json").read_text("utf-8"))
    about = {case["test"]: case["function"] for step in grading["steps"] for c in step["criteria"] for case in c["cases"]}
    lines = {part.name: part.lineno for part in parsed(file.read_bytes() if file.is_file() else b"") if isinstance(part, ast.FunctionDef)}
    marks = {}
    for step, known in zip(report["steps"], grading["steps"], strict=True):
        for criterion, facts in zip(step["criteria"], known["criteria"], strict=True):
            for case, its in zip(criterion["cases"], facts["cases"], strict=True):
                if case["outcome"] not in ("pass", "unwritten", "not tried"):
                    line = lines.get(about[its["test"]], 1)
                    words = f"{criterion['says']} Called: {case['called']}. Expected: {case['expected']}. Got: {case['got']}"
                    title = workflow_property(f"{step['title']}: {criterion['id']}")
                    marks.setdefault(line, f"::error file=autodiff.py,line={line},title={title}::{workflow(words)}")
    return list(marks.values())[:ANNOTATIONS]


if __name__ == "__main__":
    main()
