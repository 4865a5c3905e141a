"""A clean interpreter that is forked once per batch of questions, so that starting Python and NumPy is paid once.

Started as `python -I -S -B template.py CONTROL PACKAGES CANARY locked` with an empty environment. It never holds a byte of a
submission or of the reference: the source goes down the child's own pipe after the fork, when the child has locked itself
and has tried in vain to read the canary. On the control socket it obeys

    fork (with three descriptors: requests, replies, output)   -> the child's process id
    cpu                                                        -> nanoseconds of CPU the child has used
    end                                                        -> the child's wait status, after a moment to end by itself
    kill                                                       -> the same, at once

and it ends when the socket closes.
"""

import contextlib
import fcntl
import gc
import importlib
import os
import signal
import socket
import sys
import time

# Imported once, so that no submission pays for it, and for some also because their shared libraries can't be read later.
PREPARED = ("numpy", "collections", "dataclasses", "decimal", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq",
            "itertools", "math", "random", "re", "statistics", "traceback", "typing", "zlib")  # fmt: skip
GRACE = 0.5  # seconds an exiting child has between closing its pipe and being reaped


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    lock, probe = inner("lock"), inner("probe")
    sys.path.append(sys.argv[2])
    for name in PREPARED:
        importlib.import_module(name)
    sys.path.pop()
    rules = lock.Rules(readable(sys.argv[2])) if sys.argv[4] == "locked" else lock.LimitsOnly()
    gc.collect()
    gc.freeze()
    probe.FROZEN = gc.get_freeze_count()
    control.send(b"ready")
    child = None
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if message == b"fork":
            child = os.fork()
            if child == 0:
                become_child(control, lock, rules, probe, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            control.send(b"%d" % child)
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
    """Return what a submission may read: the standard library without what is installed into it, and NumPy."""
    library = os.path.dirname(os.__file__)
    own = [os.path.join(library, name) for name in os.listdir(library) if name not in ("site-packages", "dist-packages")]
    return [*own, os.path.join(packages, "numpy"), os.path.join(packages, "numpy.libs")]


def become_child(control, lock, rules, probe, requests, replies, output):
    """Answer the questions of one batch and exit; never returns."""
    try:
        os.setsid()
        lock.die_with(rules.owner)
        control.close()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in (output, output, requests, replies)]
        for target, descriptor in enumerate(high, start=1):
            os.dup2(descriptor, target)
        os.closerange(5, rules.ruleset)  # which the lock needs once more, and closes
        os.closerange(rules.ruleset + 1, 256)
        gc.set_threshold(250_000)  # a deep graph is no garbage: look for some less often than by default
        del sys.modules["gc"]  # so that one can see whether the submission imports it
        rules.apply()
        still_able = lock.self_test(sys.argv[3]) if sys.argv[4] == "locked" else []
        probe.write_frame(4, {"unlocked": still_able})
        if not still_able:
            probe.serve(os.fdopen(3, "rb"), replies=4)
    except BaseException as error:  # before the submission is loaded it is ours: told on what becomes its standard error
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


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
