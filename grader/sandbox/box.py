"""The trusted side of the sandbox: starts a template, and another if it ends, and lets children be forked from it."""

import importlib.util
import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from grader.model import KitFault
from grader.sandbox import tier
from grader.sandbox.child import Child
from grader.sandbox.control import Control, Gone


class Sandbox:
    """One template process; children are forked from it one at a time. It warms up while its owner goes on."""

    def __init__(self, wish: str = "auto") -> None:
        """Start the template behind the walls that `wish` names (see `tier`). Raises KitFault if they can't be had."""
        self.name = tier.choose(wish)
        self._begin()

    def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numpy = importlib.util.find_spec("numpy")
        if numpy is None or numpy.origin is None:
            raise KitFault("NumPy is not installed beside the grader: pip install numpy")
        program, packages = Path(__file__).with_name("template.py"), Path(numpy.origin).parent.parent
        descriptor, self._canary = tempfile.mkstemp(prefix="canary-")
        os.close(descriptor)
        seen: list[Path | str] = [program.parent, packages / "numpy", packages / "numpy.libs", self._canary]
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(tier.wrapped(seen) if self.name == "bwrap" else ()),
                    *(tier.interpreter(), "-I", "-S", "-B", program),
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
            self._ready = self._ready or self._control.told() == b"ready"
        except Gone:
            assert self._process.stderr is not None
            told = self._process.stderr.read().decode(errors="replace").strip().splitlines()
            raise KitFault(f"the sandbox did not start: {told[-1] if told else 'it said nothing'}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the template."""
        self._control.close()
        self._process.wait()
        Path(self._canary).unlink(missing_ok=True)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def start(self, source: bytes, pristine: str) -> Child:
        """Return a fresh child that has loaded `source`; `pristine` is the text of the given Node class.

        If the template has ended since the last child, another takes its place. Raises KitFault.
        """
        self.wait_until_ready()
        try:
            return Child(self._control, source, pristine)
        except Gone:
            self.close()
            self._begin()
            self.wait_until_ready()
            return Child(self._control, source, pristine)
