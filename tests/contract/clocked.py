"""python3 for the steps of a workflow that post, on a clock that stands in a file: sleeping takes no time.

    python clocked.py CLOCK -S -m grader.pull_requests ...      anything but this module is run as it is

A token that ends after an hour can so be met in a moment.
"""

import os
import runpy
import sys
from pathlib import Path

CLOCK, ARGUMENTS = Path(sys.argv[1]), sys.argv[2:]


def now(_):
    return float(CLOCK.read_text("utf-8"))


def sleep(clock, seconds):
    CLOCK.write_text(str(now(clock) + seconds), "utf-8")


if ARGUMENTS[:3] != ["-S", "-m", "grader.pull_requests"]:
    os.execv(sys.executable, [sys.executable, *ARGUMENTS])
sys.path[0] = os.getcwd()
from grader.pull_requests.course_ci import rate_limit  # noqa: E402  from the step's own checkout

rate_limit.Clock.now, rate_limit.Clock.sleep = now, sleep
sys.argv = ["grader.pull_requests", *ARGUMENTS[3:]]
runpy.run_module("grader.pull_requests", run_name="__main__")
