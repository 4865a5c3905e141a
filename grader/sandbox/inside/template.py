"""A clean interpreter from which each child is forked, so that starting Python and NumPy is paid once.

Started as `python -I -S -B template.py CONTROL PACKAGES CANARY locked` with an empty environment. It never holds a byte of a
submission or of the reference: the source goes down the child's own pipe after the fork, when the child has locked itself
and has tried in vain to read the canary. It greets with `ready` and the version of its Python. On the control socket it obeys

    fork (with three descriptors: requests, replies, output)   -> the child's process id, and a pidfd of it if it can be had
    cpu                                                        -> nanoseconds of CPU the child has used
    end                                                        -> the child's wait status, after a moment to end by itself
    kill                                                       -> the same, at once

and it ends when the socket closes.
"""

import contextlib
import ctypes
import fcntl
import gc
import importlib
import importlib.machinery
import os
import platform
import signal
import socket
import sys
import time

# Imported once, so that no submission pays for it.
PREPARED = ("numpy", "collections", "dataclasses", "decimal", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq",
            "itertools", "math", "random", "re", "statistics", "traceback", "typing", "zlib")  # fmt: skip
SYSTEM = ("/usr/lib/locale", "/etc/ld.so.cache")  # for locale.setlocale, and for the dynamic linker
GRACE = 0.5  # seconds an exiting child has between closing its pipe and being reaped


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    locked = sys.argv[4] == "locked"
    lister = start_lister() if locked else None
    lock, probe = inner("lockdown"), inner("probe")
    sys.path.append(sys.argv[2])
    for name in PREPARED:
        importlib.import_module(name)
    sys.path.pop()
    rules = lock.Rules([*readable(sys.argv[2]), *shared_libraries(lister)]) if locked else lock.LimitsOnly()
    probe.FOLDERS += [os.path.dirname(os.__file__) + "/", sys.argv[2] + "/"]
    gc.collect()
    gc.freeze()
    probe.FROZEN = gc.get_freeze_count()
    control.send(b"ready " + platform.python_version().encode())
    child = None
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if message == b"fork":
            child = os.fork()
            if child == 0:
                become_child(control, lock, rules, probe, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            send_with_pidfd(control, child)
        elif message == b"cpu":
            control.send(b"%d" % cpu(child))
        elif message in (b"end", b"kill"):
            control.send(b"%d" % end(child, grace=GRACE if message == b"end" else 0))
            child = None
        else:
            if child is not None:
                end(child, grace=0)
            return


def inner(name):
    """Return a module that lies beside this file. Afterwards it can't be imported by its name."""
    folder = os.path.dirname(os.path.abspath(__file__))
    before = set(sys.modules)
    sys.path.append(folder)
    module = importlib.import_module(name)
    sys.path.pop()
    for imported in set(sys.modules) - before:
        if os.path.dirname(getattr(sys.modules[imported], "__file__", None) or "") == folder:
            del sys.modules[imported]
    return module


def readable(packages):
    """Return what a submission may read: the standard library without what is installed into it, NumPy, and the system's locales."""
    library = os.path.dirname(os.__file__)
    own = [os.path.join(library, name) for name in os.listdir(library) if name not in ("site-packages", "dist-packages")]
    return [*own, os.path.join(packages, "numpy"), os.path.join(packages, "numpy.libs"), *SYSTEM]


def start_lister():
    """Start a process that loads every extension module of the standard library and lists the shared libraries that this takes.

    The dynamic linker itself finds them, in a process of its own, so that the template stays small. Return its id and a pipe.
    """
    listing, end = os.pipe()
    lister = os.fork()
    if lister == 0:
        try:
            for module in extension_modules():
                with contextlib.suppress(OSError):  # this machine lacks a library, and so the module
                    ctypes.CDLL(module)
            os.write(end, b"\0".join(loaded_libraries()))
        finally:
            os._exit(0)
    os.close(end)
    return lister, listing


def shared_libraries(lister):
    """Return the paths that the lister found."""
    process, listing = lister
    with os.fdopen(listing, "rb") as pipe:
        found = pipe.read()
    os.waitpid(process, 0)
    return [path for path in found.split(b"\0") if path.startswith(b"/")]


def extension_modules():
    """Yield the paths of the standard library's extension modules."""
    for folder in filter(os.path.isdir, sys.path):
        for name in os.listdir(folder):
            if name.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
                yield os.path.join(folder, name)


def loaded_libraries():
    """Return the paths of the shared objects in this process, as its dynamic linker knows them."""

    class Object(ctypes.Structure):  # the beginning of struct dl_phdr_info
        _fields_ = (("address", ctypes.c_void_p), ("name", ctypes.c_char_p))

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Object), ctypes.c_size_t, ctypes.c_void_p)
    def note(found, size, data):
        paths.append(found.contents.name or b"")
        return 0

    paths = []
    ctypes.CDLL(None).dl_iterate_phdr(note, None)
    return paths


def become_child(control, lock, rules, probe, requests, replies, output):
    """Answer questions until the request pipe ends, and exit; never returns."""
    try:
        os.setsid()
        lock.die_with(rules.owner)
        control.close()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in (output, output, requests, replies)]
        for target, descriptor in enumerate(high, start=1):
            os.dup2(descriptor, target)
        os.closerange(5, rules.ruleset)  # which the lock needs once more, and closes
        os.closerange(rules.ruleset + 1, 256)
        gc.set_threshold(250_000)  # a large graph is no garbage: look for some less often than by default
        del sys.modules["gc"]  # so that one can see whether the submission imports it
        rules.apply()
        still_able = lock.self_test(sys.argv[3]) if sys.argv[4] == "locked" else []
        probe.write_frame(4, {"unlocked": still_able})
        if not still_able:
            probe.serve(os.fdopen(3, "rb"), replies=4)
    except BaseException as error:  # before the submission is loaded the error is ours: it goes to what becomes standard error
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def send_with_pidfd(control, child):
    """Send the child's process id with a pidfd, by which the other side finds the process also from another PID namespace."""
    try:
        pidfds = [os.pidfd_open(child)]
    except (AttributeError, OSError):  # an old Python or container runtime has no such call
        pidfds = []
    socket.send_fds(control, [b"%d" % child], pidfds)
    for pidfd in pidfds:
        os.close(pidfd)


def cpu(child):
    """Return the CPU time of the child in nanoseconds, by the clock that Linux keeps for each process."""
    return time.clock_gettime_ns((~child << 3) | 2)


def end(child, grace):
    """Reap the child, after killing it and its group if it does not end by itself; return its wait status."""
    deadline = time.monotonic() + grace
    pid = 0
    while not pid and time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if not pid:
            time.sleep(0.001)
    for target in (child, -child):
        with contextlib.suppress(OSError):  # nothing may be left of it
            os.kill(target, signal.SIGKILL)
    if not pid:
        _, status = os.waitpid(child, 0)
    return status


main()
