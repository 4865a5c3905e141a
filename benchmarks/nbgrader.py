"""Measure `nbgrader autograde` through the kit's sandbox and through nbgrader's own kernel, side by side. Needs the extra [nbgrader].

    kernel     nbgrader's Execute: a Jupyter kernel per submission runs all cells, one of public tests for each criterion among them
    public     the kit asks only what the public tests ask
    all        the kit asks everything, as in a course: public and hidden cases

Each way grades one submission, then some more, in turns; the difference is what a submission costs, the rest is the start. CPU is
counted with the `core` walls, for bubblewrap does not hand on the time of what it ran.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
KERNEL = """
for _name in ("exporter_class", "sanitize_preprocessors", "autograde_preprocessors"):
    c.Autograde.pop(_name)
"""
PUBLIC = """
from grader.nbgrader import grading as _room
from grader.collect.collector import Questionnaire as _Questionnaire
_made = _room.Grading.__init__
def _public(self, *arguments):
    _made(self, *arguments)
    steps = self.plan.rubric.steps
    names = [f"{step.id}/{criterion.id}" for step in steps for criterion in step.criteria if criterion.public]
    self._asked = _Questionnaire(self.plan.questions, self.plan.question_ids_for_criteria(names, [self._pick]))
_room.Grading.__init__ = _public
"""
WAYS = {"kernel": KERNEL, "public": PUBLIC, "all": ""}


def nbgrader(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run a command of nbgrader in the course and return its seconds by the clock, and of CPU in all of its processes."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    begun, before = time.perf_counter(), cpu()
    done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return time.perf_counter() - begun, cpu() - before


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def course(folder: Path, config: str, more: int) -> None:
    """Make a course with one right submission and some more, each with a line of its own."""
    shutil.copytree(ROOT / "assignment", folder)
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write(f'c.Sandboxed.diagnosis = False\nc.Sandboxed.sandbox = "core"\n{config}')
    nbgrader(folder, "generate_assignment", "autodiff")
    notebook = json.loads((folder / "release" / "autodiff" / "autodiff.ipynb").read_text())
    source = json.loads((folder / "source" / "autodiff" / "autodiff.ipynb").read_text())
    solutions = {cell["id"]: "".join(cell["source"]) for cell in source["cells"]}
    for cell in notebook["cells"]:
        if cell["id"].startswith("solution-"):
            cell["source"] = "\n".join(line for line in solutions[cell["id"]].splitlines() if not line.strip().startswith("### "))
    for i in range(more + 1):
        handed_in = folder / "submitted" / f"s{i}" / "autodiff"
        handed_in.mkdir(parents=True)
        notebook["cells"][0]["source"] = f"Submission {i}"
        (handed_in / "autodiff.ipynb").write_text(json.dumps(notebook))


def main() -> None:
    """Print a table in Markdown: seconds to start, seconds a submission, with the spread over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--more", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        courses = {way: Path(folder, way) for way in WAYS}
        for way, path in courses.items():
            course(path, WAYS[way], options.more)
            nbgrader(path, "autograde", "autodiff", "--force", "--student=s0")  # the kit's plan is made once
        found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way, path in courses.items():
                one = nbgrader(path, "autograde", "autodiff", "--force", "--student=s0")
                many = nbgrader(path, "autograde", "autodiff", "--force")
                each = [(whole - first) / options.more for whole, first in zip(many, one, strict=True)]
                found[way].append((one[0] - each[0], each[0], one[1] - each[1], each[1]))
    print(f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores, median of {options.rounds} rounds (least and most)\n")
    print("| way | start, s | a submission, s | start, CPU s | a submission, CPU s |\n| --- | ---: | ---: | ---: | ---: |")
    for way, times in found.items():
        columns = [sorted(column) for column in zip(*times, strict=True)]
        print(f"| {way} | {' | '.join(f'{statistics.median(c):.2f} ({c[0]:.2f} to {c[-1]:.2f})' for c in columns)} |")
    each = {way: statistics.median(column[3] for column in times) for way, times in found.items()}
    print(f"\nCPU of the kernel against the kit, a submission: {each['kernel'] / each['public']:.1f} on the same public checks", end=", ")
    print(f"{each['kernel'] / each['all']:.1f} where the kit asks everything")


main()
