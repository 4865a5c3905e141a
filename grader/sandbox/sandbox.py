"""The trusted side of the sandbox: starts a template, and another if it ends, and lets children be forked from it."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from grader import interrupts
from grader.model import KitFault
from grader.sandbox import isolation
from grader.sandbox.child import WHOLE, Child, Manner
from grader.sandbox.template_control import Control, Gone


class Sandbox:
    """One template process; children are forked from it one at a time. It warms up while its owner goes on.

    `python` is the version of its Python, once it is ready: the template sends it before there is any submission.
    """

    def __init__(self, wish: str = "auto") -> None:
        """Start the template behind the walls that `wish` names (see `isolation`). Raises KitFault if they can't be had."""
        self.name = isolation.choose(wish)
        self._is_killed = False
        self.python = ""
        with interrupts.held():
            self._begin()
            interrupts.at_end(self._kill)

    def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numpy = importlib.util.find_spec("numpy")
        if numpy is None or numpy.origin is None:
            raise KitFault(f"NumPy is not installed beside the grader: pip install numpy{isolation.DOCTOR}")
        program, packages = Path(__file__).with_name("inside") / "template.py", Path(numpy.origin).parent.parent
        descriptor, self._canary = tempfile.mkstemp(prefix="canary-")
        os.close(descriptor)
        seen: list[Path | str] = [program.parent, packages / "numpy", packages / "numpy.libs", self._canary]
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(isolation.wrapped(seen) if self.name == "bwrap" else ()),
                    *(isolation.interpreter(), "-I", "-S", "-B", program),
                    *(str(theirs.fileno()), packages, self._canary, "open" if self.name == "none" else "locked"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = Control(ours)
        self._ready = False

    def wait_until_ready(self) -> None:
        """Return when children can be started. Raises KitFault, saying why, if the template did not come up."""
        try:
            if not self._ready:
                word, _, self.python = self._control.receive().decode().partition(" ")
                self._ready = word == "ready"
        except Gone:
            assert self._process.stderr is not None
            lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
            raise KitFault(f"the sandbox did not start: {lines[-1] if lines else 'it said nothing'}{isolation.DOCTOR}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the template."""
        self._end()
        interrupts.not_at_end(self._kill)

    def _end(self) -> None:
        self._control.close()
        self._process.wait()
        Path(self._canary).unlink(missing_ok=True)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _kill(self) -> None:
        """End the template for good and its child with it, when a signal ends the whole process: nothing is waited for.

        While bubblewrap sets up its namespaces, it is two processes in one group. If only the first is killed, the second waits for ever.
        """
        self._is_killed = True
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        Path(self._canary).unlink(missing_ok=True)

    def start(self, source: bytes, pristine: str, manner: Manner = WHOLE) -> Child:
        """Return a fresh child that has loaded `source` in this manner; `pristine` is the text of the given Node class.

        If the template has ended since the last child, another takes its place. Raises KitFault.
        """
        self.wait_until_ready()
        try:
            return Child(self._control, source, pristine, manner)
        except Gone:
            if self._is_killed:
                raise
            self._end()
            with interrupts.held():
                self._begin()
            self.wait_until_ready()
            return Child(self._control, source, pristine, manner)
