"""The processes of this machine, as /proc tells of them."""

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
