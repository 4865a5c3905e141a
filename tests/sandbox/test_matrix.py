"""More than fifty ways out of the sandbox, tried in every tier, as root and as an ordinary user: all are refused.

They are one submission, which tries them while it is loaded and then tells in an exception how each ended: Y for a way
that is open, a dot for one that was refused, a question mark where the attempt itself was broken.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, report

# Only `stat` of paths outside may be open, and only in the core: Landlock does not cover it.
OPEN = {"core": {"stat_secret"}, "bwrap": set()}
NOBODY = ["unshare", "--user", "--map-user=1500", "--map-group=1500"]

ATTEMPTS = r"""
import ctypes, fcntl, mmap, os, platform, resource, signal, socket, struct, sys, time

SECRET, RESULT, UNIX, ABSTRACT, PORT = {secret!r}, {result!r}, {unix!r}, {abstract!r}, {port}
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {{
    "x86_64": dict(add_key=248, io_uring_setup=425, bpf=321, perf_event_open=298, mount=165, chroot=161, unshare=272,
                   memfd_create=319, pidfd_open=434, userfaultfd=323, inotify_init1=294, setns=308, kcmp=312, shmget=29),
    "aarch64": dict(add_key=217, io_uring_setup=425, bpf=280, perf_event_open=241, mount=40, chroot=51, unshare=97,
                    memfd_create=279, pidfd_open=434, userfaultfd=282, inotify_init1=26, setns=268, kcmp=272, shmget=194),
}}[platform.machine()]
PARENT = os.getppid()


def call(name, *arguments):
    done(LIBC.syscall(NUMBERS[name], *arguments))


def done(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def send(kind, family, address):
    with socket.socket(family, kind) as s:
        s.settimeout(1)
        s.connect(address)
        s.send(b"x")


def write(path):
    with open(path, "a") as f:
        f.write("x")


def fork():
    if os.fork() == 0:
        os._exit(0)


def leave(condition):
    if not condition:
        raise OSError("nothing there")


def other_descriptors():
    found = []
    for descriptor in range(3, 512):
        try:
            os.fstat(descriptor)
            found.append(descriptor)
        except OSError:
            pass
    leave(set(found) - {{3, 4}})


def vm_readv():
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    done(LIBC.process_vm_readv(PARENT, vector, ctypes.c_ulong(1), vector, ctypes.c_ulong(1), ctypes.c_ulong(0)))


ATTEMPTS = dict(
    read_secret=lambda: open(SECRET).read(),
    list_folder=lambda: os.listdir(os.path.dirname(SECRET)),
    stat_secret=lambda: os.stat(SECRET),
    read_reference=lambda: open({reference!r}).read(),
    list_packages=lambda: os.listdir({packages!r}),
    read_passwd=lambda: open("/etc/passwd").read(),
    proc_environ=lambda: open(f"/proc/{{PARENT}}/environ").read(),
    proc_memory=lambda: open(f"/proc/{{PARENT}}/mem", "rb"),
    proc_cmdline=lambda: open(f"/proc/{{PARENT}}/cmdline").read(),
    proc_own=lambda: open("/proc/self/maps").read(),
    environment=lambda: leave("AUTODIFF_KIT_SECRET" in os.environ),
    other_descriptors=other_descriptors,
    tcp=lambda: send(socket.SOCK_STREAM, socket.AF_INET, ("127.0.0.1", PORT)),
    udp=lambda: send(socket.SOCK_DGRAM, socket.AF_INET, ("127.0.0.1", PORT)),
    unix_socket=lambda: send(socket.SOCK_STREAM, socket.AF_UNIX, UNIX),
    abstract_socket=lambda: send(socket.SOCK_STREAM, socket.AF_UNIX, "\0" + ABSTRACT),
    raw_socket=lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    signal_parent=lambda: os.kill(PARENT, 0),
    signal_all=lambda: os.kill(-1, signal.SIGCONT),
    signal_by_pipe=lambda: fcntl.fcntl(1, fcntl.F_SETOWN, PARENT),
    pidfd=lambda: call("pidfd_open", PARENT, 0),
    ptrace=lambda: done(LIBC.ptrace(16, PARENT, 0, 0)),
    vm_readv=vm_readv,
    write_result=lambda: write(RESULT),
    write_here=lambda: write("made-here"),
    write_tmp=lambda: write("/tmp/autodiff-kit-escaped"),
    write_library=lambda: write(os.path.join(os.path.dirname(os.__file__), "autodiff_kit_escaped.py")),
    chmod=lambda: os.chmod(RESULT, 0o777),
    utime=lambda: os.utime(RESULT),
    truncate=lambda: os.truncate(RESULT, 0),
    rename=lambda: os.rename(RESULT, RESULT + "-moved"),
    unlink=lambda: os.unlink(RESULT),
    symlink=lambda: os.symlink(SECRET, RESULT + "-link"),
    hard_link=lambda: os.link(SECRET, RESULT + "-hard"),
    mkdir=lambda: os.mkdir(RESULT + "-folder"),
    mkfifo=lambda: os.mkfifo(RESULT + "-pipe"),
    fork=fork,
    daemon=lambda: (fork(), os.setsid()),
    thread=lambda: __import__("_thread").start_new_thread(time.sleep, (0,)),
    exec_shell=lambda: os.execv("/bin/sh", ["sh", "-c", "exit 7"]),
    spawn=lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "exit 7"], {{}}),
    memory_3_gib=lambda: mmap.mmap(-1, 3 << 30),
    merged_memory=lambda: mmap.mmap(-1, 4096).madvise(mmap.MADV_MERGEABLE),
    memfd=lambda: call("memfd_create", b"x", 0),
    shared_memory=lambda: call("shmget", 0, 4096, 0o1600),
    namespace=lambda: call("unshare", 0x10000000),
    mount=lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, 0),
    chroot=lambda: call("chroot", b"/"),
    chdir=lambda: os.chdir("/"),
    keyring=lambda: call("add_key", b"user", b"x", b"y", 1, -3),
    io_uring=lambda: call("io_uring_setup", 1, ctypes.create_string_buffer(256)),
    bpf=lambda: call("bpf", 0, ctypes.create_string_buffer(128), 128),
    perf=lambda: call("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0),
    userfaultfd=lambda: call("userfaultfd", 0),
    inotify=lambda: call("inotify_init1", 0),
    host_name=lambda: done(LIBC.sethostname(b"x", 1)),
    user_id=lambda: os.setuid(1),
    priority=lambda: os.nice(-1),
    limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    terminal=lambda: fcntl.ioctl(1, 0x5412, b"x"),
)


def attempt(way):
    try:
        way()
    except (OSError, MemoryError, ValueError) as error:
        return "." if not isinstance(error, ValueError) or "limit" in str(error) else "?"
    except BaseException as error:
        return "." if "can't start new thread" in str(error) else "?"
    return "Y"


raise RuntimeError("".join(map(attempt, ATTEMPTS.values())) + "|")
"""


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[dict[str, object]]:
    """A secret, a result, and listeners on three kinds of sockets, all out of bounds."""
    (tmp_path / "secret").write_text("hunter2")
    (tmp_path / "result").write_text("full marks")
    abstract = f"autodiff-kit-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(family)) for family in (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX)]
        for listener, address in zip(sockets, (("127.0.0.1", 0), str(tmp_path / "s"), "\0" + abstract), strict=True):
            listener.bind(address)
            listener.listen()
        yield {
            "secret": str(tmp_path / "secret"), "result": str(tmp_path / "result"), "unix": str(tmp_path / "s"), "abstract": abstract,
            "port": sockets[0].getsockname()[1], "reference": str(ROOT / "reference" / "autodiff.py"),
            "packages": str(Path(pytest.__file__).parent.parent),
        }  # fmt: skip


def names() -> list[str]:
    """Return the names of the attempts, in their order."""
    scope: dict[str, object] = {}
    for line in ATTEMPTS.partition("ATTEMPTS = dict(\n")[2].partition("\n)\n")[0].splitlines():
        scope[line.strip().partition("=")[0]] = None
    return list(scope)


@pytest.mark.slow
@pytest.mark.parametrize("user", ["root", "ordinary"])
@pytest.mark.parametrize("tier", ["core", "bwrap"])
def test_every_way_out_is_refused(tier: str, user: str, outside: dict[str, object], tmp_path: Path) -> None:
    if user == "root" and os.geteuid() != 0:
        pytest.skip("this test run is not root's")
    if tier == "bwrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    work = tmp_path / "work.py"
    work.write_text(ATTEMPTS.format(**outside))
    prefix = NOBODY if user == "ordinary" and os.geteuid() == 0 else []
    command = [
        *prefix,
        sys.executable,
        "-m",
        "grader",
        "grade",
        work,
        "--out",
        tmp_path / "out",
        "--quiet",
        "-k",
        "arrays",
        "--sandbox",
        tier,
    ]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "AUTODIFF_KIT_SECRET": "hunter2-and-more-letters"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    got = report(tmp_path / "out", "work")
    assert got["provenance"]["sandbox"] == tier
    [note] = got["notes"]
    said = note.partition("RuntimeError: ")[2].partition("|")[0]
    ends = dict(zip(names(), said, strict=True))
    assert len(ends) >= 40
    assert {name for name, end in ends.items() if end == "?"} == set(), "these attempts are broken"
    assert {name for name, end in ends.items() if end == "Y"} <= OPEN[tier]
    assert (tmp_path / "result").read_text() == "full marks"
    assert not Path("/tmp/autodiff-kit-escaped").exists()
