"""The isolation tiers of a template, and which of them this machine supports.

bwrap    the core and around it bubblewrap: a file system, process table and network of its own. The strongest.
core     Landlock, seccomp and rlimits, by `inside/lockdown.py`. What grading needs at least.
none     no wall at all: for one's own work, on public cases (`grader grade --practice`)
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from grader.model import KitFault

WISHES = ("auto", "bwrap", "core")
TMP = 1 << 20  # bytes; the file systems in memory are sized and read-only
# What the dynamic linker needs on the usual systems. Landlock, inside, lets the submission read nothing of it.
SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
DOCTOR = "; `grader doctor` says what is missing on this machine"
ABSENT = "there is no bwrap here"
INSTALL = "install bubblewrap 0.8 or newer (`apt install bubblewrap`), or choose --sandbox core"


def choose(wish: str, tell: Callable[[str], object] = lambda _: None) -> str:
    """Return the strongest tier that works here, or the one that is wished for. Raises KitFault if that does not work.

    Whether the core works is found out when the template starts. `tell` gets a sentence where bubblewrap is there in vain.
    """
    if wish in ("core", "none"):
        return wish
    problem = why_no_bwrap()
    if not problem:
        return "bwrap"
    if wish == "bwrap":
        raise KitFault(f"--sandbox bwrap: {problem}: {INSTALL}{DOCTOR}")
    if problem != ABSENT:
        tell(f"bubblewrap {problem.removeprefix('it ')}: grading in the core sandbox")
    return "core"


def why_no_bwrap() -> str:
    """Return why bubblewrap can't be used here, or nothing."""
    if shutil.which("bwrap") is None:
        return ABSENT
    tried = subprocess.run(
        [*wrapped([]), interpreter(), "-I", "-S", "-c", ""], stdin=subprocess.DEVNULL, capture_output=True, text=True, env={}, check=False
    )
    return f"it does not work here ({tried.stderr.strip()[-200:]})" if tried.returncode else ""


def interpreter() -> str:
    """Return the path of the Python behind a virtual environment: with -S the environment itself is not looked at."""
    return str(Path(sys.executable).resolve())


def wrapped(readable: Iterable[Path | str]) -> list[str]:
    """Return the command that puts what follows it into bubblewrap, where nothing else but Python can be seen.

    --disable-userns and --new-session are there against known ways out (CVE-2017-5226 and nested namespaces).
    """
    binds = [*SYSTEM, sys.base_prefix, sys.base_exec_prefix, *readable]
    return [
        str(shutil.which("bwrap")), "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session", "--uid", "65534", "--gid", "65534",
        "--cap-drop", "ALL", "--hostname", "sandbox",
        "--size", str(TMP), "--tmpfs", "/tmp",
        *(word for path in dict.fromkeys(map(str, binds)) for word in ("--ro-bind-try", path, path)),
        "--dev-bind", os.devnull, os.devnull, "--remount-ro", "/tmp", "--remount-ro", "/", "--chdir", "/", "--",
    ]  # fmt: skip
