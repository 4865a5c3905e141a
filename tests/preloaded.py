"""The command line in processes whose imports are done: one process imports the grader, and forks for each command.

    with Preloaded(environment) as commands:
        ended = commands.run(["grade", "autodiff.py", "--out", "out"], cwd, environment)

Imports are up to half of what a short command costs. All else is as in a process of its own: arguments, environment, folder,
signals, exit status and the order in which an interpreter ends.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

IMPORTS = (
    "grader.cli",
    "grader.cohort.runner",
    "grader.collect.collector",
    "grader.commands.cohort_intake",
    "grader.commands.results_messages",
    "grader.commands.course",
    "grader.commands.export",
    "grader.compare",
    "grader.diagnosis.matching",
    "grader.diagnosis.misconceptions",
    "grader.plan.planner",
    "grader.report.markdown",
    "grader.sandbox",
    "numpy",
    "pytest",
    "fastjsonschema",
)


class Preloaded:
    """The process that forks. To be used by one thread at a time; others wait."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self._server = subprocess.Popen([sys.executable, __file__], env=dict(environment), **pipes)
        self._lock = threading.Lock()
        assert self._server.stdout
        self._server.stdout.readline()  # it is ready

    def __enter__(self) -> "Preloaded":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and return how it ended. Raises subprocess.TimeoutExpired after `timeout` seconds, as `subprocess.run` does."""
        assert self._server.stdin
        assert self._server.stdout
        with self._lock, tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            files = [out.name, err.name]
            print(json.dumps([list(arguments), str(cwd), dict(environment), files]), file=self._server.stdin)
            pid = int(self._server.stdout.readline())
            late = not select.select([self._server.stdout], [], [], timeout)[0]
            if late:
                os.kill(pid, 9)
            status = int(self._server.stdout.readline())
            if late:
                raise subprocess.TimeoutExpired(arguments, timeout or 0.0)
            return subprocess.CompletedProcess(arguments, status, out.read(), err.read())


def warm() -> None:
    """Have the public kit's plan in memory, and its hash: most commands need them."""
    from grader.kit import Kit, questions_sha256
    from grader.plan.planner import make_plan

    questions_sha256(make_plan(Kit.find(None)).questions)


def serve() -> None:
    """Fork for each line of standard input, and print the child's process id and its status. Returns in each child, and at the end."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            become(*json.loads(line))
            return
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    sys.exit()


def become(arguments: list[str], cwd: str, environment: dict[str, str], files: list[str]) -> None:
    """Make this process what `python -m grader ARGUMENTS` would be, with its output in two files."""
    sys.argv = ["grader", *arguments]
    for stream, file in enumerate([os.devnull, *files]):
        opened = os.open(file, os.O_RDWR)
        os.dup2(opened, stream)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)


if __name__ == "__main__":  # worker processes of a command import this module, too
    import gc
    import importlib

    for name in IMPORTS:
        importlib.import_module(name)
    warm()
    gc.freeze()
    print("ready", flush=True)
    serve()
    from grader.__main__ import run

    run()
