"""The socket on which the worker sends commands to the template and reads its answers (see `inside/template.py`)."""

import socket
from collections.abc import Sequence

from grader.model import KitFault


class Gone(KitFault):
    """The template has ended, and its children with it."""

    def __init__(self) -> None:
        super().__init__("the process of the sandbox ended while it was at work, perhaps of too little memory")


class Control:
    """Gives the template orders, one at a time."""

    def __init__(self, to_template: socket.socket) -> None:
        self._to_template = to_template
        self.close = to_template.close

    def receive(self) -> bytes:
        """Return the next message. Raises Gone."""
        try:
            message = self._to_template.recv(32)
        except OSError:
            message = b""
        if not message:
            raise Gone
        return message

    def order(self, what: bytes) -> int:
        """Return the number that is the answer. Raises Gone."""
        self._send(what)
        return int(self.receive())

    def fork(self, descriptors: Sequence[int]) -> list[int]:
        """Have a child forked that gets these descriptors. Return a pidfd of it in a list, which is empty where there is none.

        Raises Gone.
        """
        self._send(b"fork", descriptors)
        try:
            message, pidfds, _, _ = socket.recv_fds(self._to_template, 32, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            raise Gone from None
        if not message:
            raise Gone
        return pidfds

    def _send(self, what: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._to_template, [what], descriptors)
        except OSError:
            raise Gone from None
