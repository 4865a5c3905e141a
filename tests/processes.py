"""The processes of this machine, as /proc tells of them."""

import os
import re
from pathlib import Path


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def arguments(pid: int) -> bytes:
    """Return a process's command line; of one that has ended nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def field(pid: int, name: str) -> int:
    """Return a number from a process's status; 0 for one that has ended."""
    try:
        found = re.search(rf"^{name}:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used; 0 for one that has ended."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def marked(mark: str) -> list[int]:
    """Return the processes that have a text in their command line or environment, such as a temporary folder of their own.

    Python's resource tracker is none of them: whoever starts the first worker process starts it, and it lives as long as we do.
    """
    found = [pid for pid in processes() if mark.encode() in arguments(pid) + environment(pid)]
    return [pid for pid in found if b"resource_tracker" not in arguments(pid)]


def environment(pid: int) -> bytes:
    """Return the environment with which a process was started; of one that has ended nothing."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def catches(pid: int, number: int) -> bool:
    """Return whether a process has a handler for a signal."""
    try:
        found = re.search(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return False
    return bool(found and int(found[1], 16) >> (number - 1) & 1)
