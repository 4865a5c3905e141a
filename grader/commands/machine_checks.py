"""Check whether this machine has what grading needs, and name the command that adds what is missing.

for check in examine(None):
    check.state, check.name, check.found, check.mend
"""

import ctypes
import errno
import importlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.kit import CODE, Kit
from grader.model import KitFault
from grader.sandbox import ABSENT, DOCTOR, Sandbox, why_no_bwrap

OK, MISSING, OPTIONAL = "ok", "missing", "optional"
CONTAINER = "docker build -t autodiff-kit -f Containerfile . && docker run --rm --network none autodiff-kit doctor"
PACKAGES = {"numpy": "NumPy", "yaml": "PyYAML", "pytest": "pytest", "fastjsonschema": "fastjsonschema"}
"""The modules without which nothing is graded, and their distributions."""
EXTRAS = {
    "dask": ("distributed", "grading on a cluster"),
    "docs": ("markdown_it", "pages and PDFs of handout and slides"),
    "git": ("dulwich", "submissions in git repositories"),
    "nbgrader": ("nbgrader", "courses in Jupyter"),
    "study": ("scipy", "the statistics of a study"),
}
"""Each extra, its module, and what it is for."""
NAMESPACES = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "15000"),
}
"""Settings of the kernel with which it refuses namespaces to bubblewrap, and with which it allows them."""
MEMORY, DISK = 512 << 20, 1 << 30
"""Bytes that one process and its sandbox may need, and that a thousand submissions with their answers need."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line: `state` is ok, missing (grading needs it) or optional (grading works without it); `mend` is the command that helps."""

    name: str
    state: str
    found: str
    mend: str = ""


def examine(kit: Path | None) -> list[Check]:
    """Return what was found about this machine, and about the kit in a folder, by default in the checkout that the grader runs from."""
    return [found for check in CHECKS for found in _careful(check)] + [_kit(kit)]


def _careful(check: Callable[[], Iterator[Check]]) -> list[Check]:
    """Return what a check found. A check that stumbles over this machine is a finding, not a traceback."""
    try:
        return list(check())
    except Exception as error:
        return [Check(check.__name__.strip("_"), MISSING, f"{type(error).__name__}: {error}", "report this as a fault of the kit")]


# ---- the sandbox --------------------------------------------------------------


def _sandbox() -> Iterator[Check]:
    """Look at what the sandbox is made of, and then start one."""
    system, release, machine = platform.system(), platform.release(), platform.machine()
    found, numbers = f"{system} {release}, {machine}", tuple(map(int, re.findall(r"\d+", release)[:2]))
    if system != "Linux":
        yield Check("kernel", MISSING, f"{found}: the sandbox needs Linux", CONTAINER)
        return
    if numbers < (5, 13):
        yield Check("kernel", MISSING, f"{found}: the sandbox needs Linux 5.13 or newer", "sudo apt full-upgrade && sudo reboot")
    elif machine not in ("x86_64", "aarch64"):
        yield Check("kernel", MISSING, f"{found}: the sandbox runs on x86_64 and aarch64", "run the same command on such a machine")
    else:
        yield Check("kernel", OK, found)
    lock: Any = importlib.import_module("grader.sandbox.inside.lockdown")
    yield _landlock(lock)
    yield _seccomp(lock)
    yield _bubblewrap()
    yield _walls()


def _landlock(lock: Any) -> Check:
    abi = lock.landlock_abi()
    if abi:
        return Check("Landlock", OK, f"version {abi}")
    number = ctypes.get_errno()
    if number == errno.EOPNOTSUPP:
        others = Path("/sys/kernel/security/lsm").read_text().strip()
        line = f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX lsm=landlock,{others}"'
        mend = f"echo '{line}' | sudo tee -a /etc/default/grub && sudo update-grub && sudo reboot"
        return Check("Landlock", MISSING, "the kernel has it, but it is not switched on", mend)
    if number == errno.EPERM:
        return Check("Landlock", MISSING, "this container forbids it", "sudo apt upgrade docker.io  # or Podman: new versions allow it")
    mend = "sudo apt full-upgrade && sudo reboot  # Debian 12, Ubuntu 22.04 and newer have it"
    return Check("Landlock", MISSING, "this kernel was built without it", mend)


def _seccomp(lock: Any) -> Check:
    lock.LIBC.prctl(lock.PR_SET_SECCOMP, lock.SECCOMP_MODE_FILTER, None, 0, 0)
    if ctypes.get_errno() == errno.EFAULT:  # the kernel looked for the filter: see prctl(2)
        return Check("seccomp", OK, "filters system calls")
    mend = "sudo apt full-upgrade && sudo reboot  # the kernels of all usual systems have it"
    return Check("seccomp", MISSING, "this kernel filters no system calls", mend)


def _bubblewrap() -> Check:
    problem = why_no_bwrap()
    if not problem:
        return Check("bubblewrap", OK, "puts the sandbox into namespaces of its own")
    found = f"{problem.removeprefix('it ')}; grading works without it"
    if problem == ABSENT:
        return Check("bubblewrap", OPTIONAL, found, "sudo apt install bubblewrap")
    for name, (closed, opened) in NAMESPACES.items():
        file = Path("/proc/sys", *name.split("."))
        if file.exists() and file.read_text().strip() == closed:
            return Check("bubblewrap", OPTIONAL, found, f"sudo sysctl {name}={opened}")
    return Check("bubblewrap", OPTIONAL, found, "sudo apt install bubblewrap  # 0.8 or newer; many containers allow no namespaces")


def _walls() -> Check:
    """Start a process in the sandbox. It locks itself and tries in vain what is forbidden."""
    try:
        with Sandbox() as sandbox, sandbox.start(b"", "class Node: pass"):
            return Check("sandbox", OK, f"{sandbox.name}: a process locked itself, and the walls hold")
    except (KitFault, OSError) as error:
        mend = "mend what else is missing; if nothing is, report this as SECURITY.md says"
        return Check("sandbox", MISSING, str(error).removesuffix(DOCTOR), mend)


# ---- Python -------------------------------------------------------------------


def _python() -> Iterator[Check]:
    state = OK if sys.version_info >= (3, 11) else MISSING
    yield Check("Python", state, f"{platform.python_version()}, {sys.executable}", "" if state == OK else "sudo apt install python3.11")


def _packages() -> Iterator[Check]:
    for module, name in PACKAGES.items():
        if find_spec(module):
            yield Check(name, OK, _version(name))
        else:
            yield Check(name, MISSING, "not installed for this Python", f"{sys.executable} -m pip install {name}")


def _extras() -> Iterator[Check]:
    for extra, (module, purpose) in EXTRAS.items():
        if find_spec(module):
            yield Check(f"extra {extra}", OK, f"{module} {_version(module)}, for {purpose}")
        else:
            mend = f"{sys.executable} -m pip install {_source()}[{extra}]'"
            yield Check(f"extra {extra}", OPTIONAL, f"not installed; only for {purpose}", mend)


def _source() -> str:
    """Return, with a quotation mark that is open, what pip installs the kit from: the checkout if this is one."""
    return f"-e '{CODE.parent}" if (CODE.parent / "pyproject.toml").is_file() else "'autodiff-kit"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"


# ---- folders and amounts ------------------------------------------------------


def _kit(folder: Path | None) -> Check:
    try:
        return Check("kit", OK, str(Kit.find(folder).root))
    except KitFault as error:
        return Check("kit", MISSING, str(error), "grader doctor --kit FOLDER, and the same --kit with each command")


def _folders() -> Iterator[Check]:
    from grader.cache import cache_folder

    cache = cache_folder()
    if problem := _unwritable(cache):
        found = f"{problem}: each command plans again"
        yield Check("cache folder", OPTIONAL, found, 'export XDG_CACHE_HOME="$(mktemp -d)"  # or another folder that is yours')
    else:
        yield Check("cache folder", OK, str(cache))
    try:
        yield Check("temporary folder", OK, tempfile.gettempdir())
    except OSError as error:
        yield Check("temporary folder", MISSING, error.strerror or str(error), "export TMPDIR=FOLDER  # one that you can write to")


def _unwritable(folder: Path) -> str:
    """Return why no file can be written in a folder, which is made if need be, or nothing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror}"


def _amounts() -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Check("cores", OK, f"{cores}: so many submissions are graded side by side")
    memory = _memory()
    if memory is not None:
        jobs = max(1, memory // MEMORY)
        if memory >= MEMORY and jobs >= cores:
            yield Check("memory", OK, f"{_size(memory)} free")
        else:
            found = f"{_size(memory)} free, for {_size(MEMORY)} a process"
            yield Check("memory", OPTIONAL, found, f"grader cohort SUBMISSIONS --out OUT --jobs {jobs}")
    free = shutil.disk_usage(Path.cwd()).free
    if free >= DISK:
        yield Check("disk", OK, f"{_size(free)} free here")
    else:
        found = f"{_size(free)} free here; a thousand submissions need {_size(DISK)}"
        yield Check("disk", OPTIONAL, found, "grader cohort SUBMISSIONS --out OUT  # with OUT on another disk")


def _memory() -> int | None:
    """Return the bytes of memory that are free here, within the limit of a container; None where Linux does not report it."""
    try:
        available = re.search(r"^MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        free = int(available[1]) << 10 if available else None
        most = Path("/sys/fs/cgroup/memory.max")
        if free is not None and most.exists() and (limit := most.read_text().strip()) != "max":
            free = min(free, int(limit))
    except (OSError, ValueError):
        return None
    return free


def _size(number: int) -> str:
    return f"{number / (1 << 30):.1f} GiB" if number >= 1 << 30 else f"{number >> 20} MiB"


CHECKS = (_sandbox, _python, _packages, _extras, _folders, _amounts)
