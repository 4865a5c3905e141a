"""Read how long a process has run, and how long it has waited for a busy CPU.

Linux counts both in /proc/PID/schedstat, in nanoseconds (proc(5); Documentation/scheduler/sched-stats.rst). A process in
another PID namespace is found by a pidfd: /proc/self/fdinfo says which number it has here.
"""

import os
from contextlib import suppress
from pathlib import Path


def open_schedstat(pidfd: int) -> int | None:
    """Return a descriptor of the process's schedstat, or None where /proc does not show it or the kernel does not count."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text("ascii").splitlines()
        pid = int(next(line for line in lines if line.startswith("Pid:"))[4:])
        descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        if read_schedstat(descriptor)[0] > 0:  # a kernel that does not count says 0
            return descriptor
        os.close(descriptor)
    return None


def read_schedstat(descriptor: int) -> tuple[float, float]:
    """Return the seconds that the process has run, and those that it has waited for a CPU. Raises OSError when it is gone."""
    running, waiting, _ = os.pread(descriptor, 96, 0).split()
    return int(running) / 1e9, int(waiting) / 1e9
