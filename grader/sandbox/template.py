"""A clean interpreter that is forked once per batch of questions, so that starting Python and NumPy is paid once.

Started as `python -I -S -B template.py CONTROL NUMPY_FOLDER` with an empty environment. It never holds a byte of a
submission or of the reference: the source goes down the child's own pipe after the fork. On the control socket it obeys

    fork (with three descriptors: requests, replies, output)   -> the child's process id
    cpu                                                        -> nanoseconds of CPU the child has used
    end                                                        -> the child's wait status, after a moment to end by itself
    kill                                                       -> the same, at once

and it ends when the socket closes.
"""

import contextlib
import fcntl
import gc
import importlib.util
import os
import resource
import signal
import socket
import sys
import time

MEMORY = 1 << 30
GRACE = 0.5  # seconds an exiting child has between closing its pipe and being reaped


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    probe = load_probe()
    sys.path.append(sys.argv[2])
    import numpy  # noqa: F401, PLC0415  paid here once, so that no submission pays for it

    sys.path.pop()
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    child = None
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if message == b"fork":
            child = os.fork()
            if child == 0:
                become_child(control, probe, *descriptors)
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


def load_probe():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.py")
    spec = importlib.util.spec_from_file_location("probe", path)
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    return probe


def become_child(control, probe, requests, replies, output):
    """Answer the questions of one batch and exit; never returns."""
    try:
        os.setsid()
        control.close()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in (output, output, requests, replies)]
        for target, descriptor in enumerate(high, start=1):
            os.dup2(descriptor, target)
        os.closerange(5, 256)
        limit()
        gc.set_threshold(20_000)  # a deep graph is no garbage: look for some less often than by default
        probe.serve(os.fdopen(3, "rb"), replies=4)
    finally:
        os._exit(0)


def limit():
    for what, most in (
        (resource.RLIMIT_CPU, 120),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


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
