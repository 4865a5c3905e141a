"""Lock a process for good: Landlock for files, seccomp for system calls, rlimits for amounts. Standard library only.

    rules = Rules(readable)     in the template, once: opens what may be read, writes the filter; the null device can be written too
    rules.apply()               in each forked child, before it reads a submission; nothing undoes it
    self_test(canary)           right after: tries what must fail; returns what did not

No root and no namespaces are needed. The order in `apply` matters: rlimits first, then no_new_privs, which the next two
demand, then Landlock, whose own system calls seccomp forbids, then seccomp.

Sources: landlock(7), seccomp(2), <linux/landlock.h>, <linux/seccomp.h>, and the system call tables of Linux.
"""

import contextlib
import ctypes
import fcntl
import mmap
import os
import platform
import resource
import socket
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_PDEATHSIG, PR_SET_DUMPABLE, SECCOMP_MODE_FILTER = 38, 22, 1, 4, 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on all architectures
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}  # all that an ABI can restrict; later ones as 5
NET_RIGHTS = 0x3  # bind and connect, from ABI 4
SCOPES = 0x3  # abstract sockets and signals, from ABI 6

X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "pread64": 17,
    "readv": 19, "writev": 20, "access": 21, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32,
    "dup2": 33, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "fcntl": 72, "getcwd": 79, "gettimeofday": 96,
    "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110,
    "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "getdents64": 217,
    "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
    "openat": 257, "newfstatat": 262, "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "dup3": 292,
    "getrandom": 318, "statx": 332, "rseq": 334, "faccessat2": 439,
}  # fmt: skip
AARCH64 = {
    "getcwd": 17, "dup": 23, "dup3": 24, "fcntl": 25, "ioctl": 29, "faccessat": 48, "openat": 56, "close": 57, "getdents64": 61,
    "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pselect6": 72, "ppoll": 73, "newfstatat": 79,
    "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113,
    "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128,
    "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "uname": 160,
    "getrusage": 165, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176,
    "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226,
    "madvise": 233, "getrandom": 278, "statx": 291, "rseq": 293, "faccessat2": 439,
}  # fmt: skip
ARCHITECTURES = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, AARCH64)}  # audit name, what is allowed
CLONE3, X32 = 435, 0x40000000
REQUESTS = {  # calls of which only this is allowed: the argument with this number is one of these
    "ioctl": (1, (0x5401, 0x5450, 0x5451, 0x541B)),  # TCGETS (isatty), FIONCLEX, FIOCLEX, FIONREAD
    # others would let the kernel send a signal to any process of the same user
    "fcntl": (1, (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL)),
    # others would let root take the machine's memory out of use
    "madvise": (2, (mmap.MADV_DONTNEED, mmap.MADV_FREE, mmap.MADV_HUGEPAGE, mmap.MADV_NOHUGEPAGE)),
}

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: load a word, jump if equal, jump if at least, return
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; of an argument's 8 bytes the lower half comes first

MEMORY = 1 << 30
LIMITS = (
    (resource.RLIMIT_CPU, 600),  # more than the budgets of all questions together: those decide
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 32),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
)


class Unavailable(OSError):
    """This machine can't lock a process as promised; the message says what is missing."""


class Rules:
    """What a child may do: read below `readable`, use the null device and the allowed system calls, nothing else."""

    def __init__(self, readable):
        self.ruleset = _landlock(readable)
        self.owner = os.getpid()
        self._filter = _seccomp()
        program = struct.pack("HxxxxxxP", len(self._filter) // 8, ctypes.addressof(self._filter))
        self._program = ctypes.create_string_buffer(program)

    def apply(self):
        """Lock this process and all it could ever start. Raises OSError if any part can't be had."""
        for what, most in LIMITS:
            resource.setrlimit(what, (most, most))
        _call(LIBC.prctl, PR_SET_DUMPABLE, 0, 0, 0, 0)
        _call(LIBC.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(LIBC.syscall, LANDLOCK_RESTRICT, self.ruleset, 0)
        os.close(self.ruleset)
        _call(LIBC.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, self._program, 0, 0)


class LimitsOnly:
    """In place of Rules where no wall is wanted: limits amounts, so that a runaway of one's own ends, and forbids nothing."""

    ruleset = 200  # no descriptor of ours lies there

    def __init__(self):
        self.owner = os.getpid()

    def apply(self):
        for what, most in LIMITS:
            if what in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE):
                resource.setrlimit(what, (most, most))


def die_with(parent):
    """Let the kernel kill this process when its parent ends, and end it now if the parent is gone already."""
    _call(LIBC.prctl, PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def landlock_abi():
    """Return the version of Landlock that the kernel offers, asked of the kernel itself; 0 if none."""
    return max(0, LIBC.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def _landlock(readable):
    """Return a ruleset that denies every file right but reading below the given paths, and writing to the null device."""
    abi = landlock_abi()
    if abi < 1:
        raise Unavailable("this kernel has no Landlock (Linux 5.13 or newer, switched on): run the grader in a container on one that has")
    rights = struct.pack("QQQ", FILE_RIGHTS[min(abi, 5)], NET_RIGHTS if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(LIBC.syscall, LANDLOCK_CREATE, ctypes.c_char_p(rights), ctypes.c_size_t(size), 0)
    for path in readable:
        with contextlib.suppress(FileNotFoundError):
            _allow(ruleset, path, READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE)
    _allow(ruleset, os.devnull, READ_FILE | WRITE_FILE)
    high = fcntl.fcntl(ruleset, fcntl.F_DUPFD_CLOEXEC, 200)  # out of the way of the descriptors that a child arranges
    os.close(ruleset)
    return high


def _allow(ruleset, path, rights):
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", rights, descriptor)
    _call(LIBC.syscall, LANDLOCK_ADD, ruleset, 1, ctypes.c_char_p(rule), 0)
    os.close(descriptor)


def _seccomp():
    """Return the filter: kill what runs under another architecture's numbers, allow the table, refuse the rest with EPERM."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise Unavailable(f"there is no table of system calls for {machine}: run the grader on x86_64 or aarch64")
    audit, table = ARCHITECTURES[machine]
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        lines += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for number in sorted(number for name, number in table.items() if name not in REQUESTS):
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    lines += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS)]  # so that libc falls back to clone, which is refused
    for name, (argument, requests) in REQUESTS.items():
        lines += [(EQUAL, 0, 2 + 2 * len(requests), table[name]), (LOAD, 0, 0, ARGUMENTS + 8 * argument)]
        for request in requests:
            lines += [(EQUAL, 0, 1, request), (RETURN, 0, 0, ALLOW)]
        lines.append((RETURN, 0, 0, ERRNO | EPERM))
    lines.append((RETURN, 0, 0, ERRNO | EPERM))
    return ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines), 8 * len(lines))


def _call(function, *arguments):
    """Return the result of a libc call, or raise the OSError that errno tells."""
    result = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def self_test(canary):
    """Return the names of what should have been refused and was not: an empty list is the only good answer."""
    attempts = {
        "read a file": lambda: os.close(os.open(canary, os.O_RDONLY)),
        "write a file": lambda: os.close(os.open(canary, os.O_WRONLY)),
        "open a socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "start a process": _fork,
        "send a signal": lambda: os.kill(os.getpid(), 0),
        "have a signal sent": lambda: fcntl.fcntl(1, fcntl.F_SETOWN, os.getpid()),
    }
    return [name for name, attempt in attempts.items() if _succeeds(attempt)]


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _succeeds(attempt):
    try:
        attempt()
    except OSError:
        return False
    return True
