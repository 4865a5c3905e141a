"""Run the public tests as on a pull request: print how many of each step pass, and what failed first.

    python run_public.py        in the folder that holds autodiff.py; needs pytest and numpy

Each step's tests run in a process of their own, so that an endless or crashing step costs the others nothing. On GitHub
this also writes the run's page and its remarks in the file. The points in the comment are made from --results FILE.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from public_criteria import CRITERIA

SECONDS = 40
"""For all tests of one step."""
CRASHES = 3
"""Processes that one step may end before its other tests are left out."""
REMARKS = 10
"""GitHub shows no more of one kind and step."""
LONGEST = 1900
KEPT = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "SYSTEMROOT")
"""The environment that the tests are given. Windows needs SYSTEMROOT."""
TESTS = Path("test_public.py")
SWEEPS = {
    "forward": "forward",
    "backward": "backward",
    "expect_order": "topological_order",
    "expect_refused": "topological_order",
}
NODE = {"value", "operator", "operands", "partials", "children"}
"""What tests ask of nodes: all of it before the first sweep."""
MINE = Path("autodiff.py")
NOTE = (
    "Tests, not points, and not your grade: your course's official run also asks hidden cases, "
    "and scores each step apart."
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, help="write how each test ended to this file")
    chosen = parser.parse_args()
    tests = {part.name: part for part in functions_in(TESTS) if part.name.startswith("test_")}
    ended, load = {}, ""
    for names in steps_of(tests).values():
        if not load:
            results, load = run_step(names)
            ended |= results
    ended = {name: ended.get(name) or everywhere(name, how("not tried")) for name in tests}
    tell(tests, ended, load)
    if chosen.results:
        chosen.results.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(MINE.read_bytes() if MINE.is_file() else b"").hexdigest()
        parts = {part["key"]: part["ended"] for end in ended.values() for part in end["parts"] if part["graded"]}
        found = {"schema": "autodiff-kit/public-results/v1", "sha256": digest, "load": load, "tests": parts}
        chosen.results.write_text(json.dumps(found), "utf-8")


def criteria_of(test):
    """Return the criteria that a test serves."""
    return [entry for entry in CRITERIA if test in entry["tests"]]


def part_of(entry, test, end):
    """Return how a test ended for one of its criteria; `key` is the name under which the course knows that result."""
    key = f"test_{entry['name']}__{test.split('__')[-1]}"
    return {"key": key, "graded": entry["graded"], "says": entry["says"], "ended": end}


def everywhere(test, end):
    """Return the ending of a test that ended alike for all of its criteria."""
    return {**end, "parts": [part_of(entry, test, end) for entry in criteria_of(test)]}


def how(outcome, expected="", got=""):
    return {"outcome": outcome, "expected": short(expected), "got": short(got)}


def short(text):
    """Cut a text, and spell out halves of letters."""
    return text[:LONGEST].encode("utf-8", "backslashreplace").decode()[:LONGEST]


def functions_in(path):
    try:
        return [part for part in ast.parse(path.read_bytes()).body if isinstance(part, ast.FunctionDef)]
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def steps_of(names):
    """Return the tests by step, as their names begin; each extension is apart."""
    steps = {}
    for name in names:
        step = name[len("test_") :].split("__")[0]
        apart = criteria_of(name)[0]["name"].replace("__", ": ") if step == "extension" and criteria_of(name) else step
        steps.setdefault(apart, []).append(name)
    return steps


# ---- running ----


def run_step(names):
    """Return how the tests ended, and why the file can't be loaded, if it can't."""
    ended, todo, deadline = {}, list(names), time.monotonic() + SECONDS
    for _ in range(CRASHES + 1):
        if not todo or time.monotonic() > deadline:
            break
        said, timed_out = run_tests(todo, deadline - time.monotonic())
        found = {entry.pop("name"): entry for entry in said if "name" in entry}
        loads = [entry["load"] for entry in said if "load" in entry]
        begins = [entry["begin"] for entry in said if "begin" in entry]
        if not begins:
            silent = "loading it takes too long" if timed_out else "loading it ends the process"
            return ended, loads[0] if loads else silent
        crash, timeout = how("crash", "an answer", "the process ended"), how("timeout", "an answer", "none in time")
        late = timeout if timed_out else crash
        ended |= {name: found.get(name) or everywhere(name, late) for name in begins}
        todo = [name for name in todo if name not in ended]
    return ended, ""


def run_tests(names, seconds):
    """Return what the plugin below wrote about these tests, and whether time ran out. What tests print is dropped."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.jsonl")
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        own = {
            "PUBLIC_RESULTS": str(results),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": ".",
        }
        command = [sys.executable, "-m", "pytest", "-p", "run_public", "-p", "no:cacheprovider"]
        command += [f"{TESTS}::{name}" for name in names]
        nowhere = subprocess.DEVNULL
        child = subprocess.Popen(command, env=kept | own, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        try:
            status, timed_out = child.wait(max(1.0, seconds)), False
        except subprocess.TimeoutExpired:
            child.kill()
            status, timed_out = child.wait(), True
        lines = results.read_text("utf-8").splitlines() if results.exists() else []
        probe = [sys.executable, "-c", "import pytest"]
        if not lines and status == 1 and not timed_out and subprocess.run(probe, stderr=nowhere).returncode:
            sys.exit("pytest is not installed: pip install pytest numpy")
        return [json.loads(line) for line in lines], timed_out


# ---- the plugin: it writes how each test ended at once, so that a test that kills the process costs itself alone ----


def note(**facts):
    with open(os.environ["PUBLIC_RESULTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


def pytest_collectreport(report):
    if report.failed:
        lines = [line for line in str(report.longrepr).splitlines() if line.startswith("E ")]
        note(load=short(" ".join(line[1:].strip() for line in lines[-3:]) or "it can't be loaded"))


def pytest_runtest_logstart(nodeid, location):
    note(begin=nodeid.split("::")[-1])


def pytest_runtest_makereport(item, call):
    if call.when == "call" or call.excinfo:
        case = getattr(sys.modules.get("public_checks"), "case", None)
        if call.when != "call" or case is None or case.test is not item.obj:
            said = f"{call.excinfo.typename}: {call.excinfo.value}" if call.excinfo else ""
            note(name=item.name, **everywhere(item.name, how("error", "an answer", said) if said else how("pass")))
        else:
            parts = [part_of(entry, item.name, ending(case, entry["kinds"])) for entry in criteria_of(item.name)]
            note(name=item.name, **ending(case), parts=parts)


def ending(case, kinds=None):
    """Return how a test ended, or, with `kinds`, that part of it which asks for these kinds of things."""
    for failure in case.failures:
        if kinds is None or set(failure.kinds) & set(kinds):
            return how("fail", failure.expected, failure.got)
    if case.error is None or (kinds is not None and set(kinds) <= case.asked & NODE):
        return how("pass")
    if case.unwritten():
        return how("unwritten")
    if isinstance(case.error, TimeoutError) and "no answer within" in str(case.error):
        return how("timeout", "an answer", str(case.error))
    cause = f" ({' '.join(case.reason().split())})" if case.reason() else ""
    return how("error", "an answer", f"{type(case.error).__name__}: {case.error}{cause}")


# ---- telling: what a submission says is shown on one line, and never as a command of GitHub or as Markdown ----


def safe(text):
    """Return a text on one line, cut, without what a terminal or GitHub's log would obey."""
    letters = (letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:600])
    shown = "".join(letters)
    return shown.replace("##[", "# #[").replace("::", ": :").replace("##vso[", "# #vso[")


def code(text):
    """Return a text as a code span of Markdown, fenced by more backticks than it holds."""
    text = safe(text).replace("|", "\u00a6")
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}"


def message(text):
    return safe(text).replace("%", "%25")


def tell(tests, ended, load):
    """Print what passed and what failed first; on GitHub also write the run's page, and remarks at the functions."""
    passed = sum(end["outcome"] == "pass" for end in ended.values())
    lines, rows, details = [f"{passed} of {len(ended)} public tests pass"], [], []
    for step, names in steps_of(tests).items():
        good = sum(ended[name]["outcome"] == "pass" for name in names)
        first = next((name for name in names if ended[name]["outcome"] != "pass"), None)
        title = step.replace("_", " ")
        said = f"{about(tests[first], ended[first])} ({ended[first]['outcome']})" if first else ""
        lines.append(f"  {title:28} {good:3} / {len(names)}" + (f"   first: {safe(said)}" if first else ""))
        rows.append(f"| {title} | {good} / {len(names)} | {code(said) if first else 'nothing'} |")
        for side in ("expected", "got") if first and ended[first]["got"] else ():
            lines.append(f"      {side:9} {safe(ended[first][side])}")
            details.append(f"- {title}, {side} {code(ended[first][side])}")
    if load:
        lines.append(f"autodiff.py can't be loaded, so nothing in it could be tried: {safe(load)}")
        details.insert(0, f"- `autodiff.py` can't be loaded, so nothing in it could be tried: {code(load)}")
    print("\n".join(lines))
    if os.environ.get("GITHUB_ACTIONS"):
        print("\n".join(remarks(tests, ended)))
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        table = ["| step | tests that pass | what failed first |", "| --- | ---: | --- |", *rows]
        with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as page:
            page.write("\n".join([f"### {lines[0]}", "", NOTE, "", *table, "", *details]) + "\n")


def about(test, end):
    """Return the promise that a test did not find kept, and its case."""
    says = [part["says"] for part in end["parts"] if part["ended"]["outcome"] != "pass"]
    case = ast.get_docstring(test) or test.name.split("__")[-1].replace("_", " ")
    return " ".join(f"{says[0] if says else ''} Case: {case}.".split())


def remarks(tests, ended):
    """Return a remark of GitHub's at each function that a failing test is about."""
    lines, marks = {part.name: part.lineno for part in functions_in(MINE)}, {}
    for name, end in ended.items():
        for part in end["parts"]:
            how_it_ended = part["ended"]
            if how_it_ended["outcome"] not in ("pass", "unwritten", "not tried"):
                line = lines.get(function_of(tests[name], how_it_ended["expected"]), 1)
                said = f"Expected: {how_it_ended['expected']}. Got: {how_it_ended['got']}"
                words = f"{about(tests[name], {'parts': [part]})} {said}"
                title = message(part["key"][len("test_") :].replace("_", " ")).replace(",", "%2C")
                marks.setdefault(line, f"::error file=autodiff.py,line={line},title={title}::{message(words)}")
    return list(marks.values())[:REMARKS]


def function_of(test, expected):
    """Return the function that a test is about: its sweep or order, or the maker of the node in `expected`."""
    called = [part.func.id for part in ast.walk(test) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)]
    made = {
        part.targets[0].id: part.value.func.id
        for part in test.body
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call) and isinstance(part.targets[0], ast.Name)
        and isinstance(part.value.func, ast.Name) and part.value.func.id not in ("Node", "graph")
    }  # fmt: skip
    node, _, field = expected.partition(".")
    sweep = next((SWEEPS[name] for name in called if name in SWEEPS), None)
    if sweep and not (node in made and field.split(" ")[0].partition("[")[0] in ("value", "grad_wrt_parents")):
        return sweep
    return made.get(node.split(" ")[0]) or next(reversed(list(made.values())), "create_node")


if __name__ == "__main__":
    main()
