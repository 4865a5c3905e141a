"""The channel on which the template is told what to do, and answers (see `template.py`)."""

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

    def told(self) -> bytes:
        """Return the next message. Raises Gone."""
        try:
            message = self._to_template.recv(32)
        except OSError:
            message = b""
        if not message:
            raise Gone
        return message

    def order(self, what: bytes, descriptors: Sequence[int] = ()) -> int:
        """Return the number that is the answer. Raises Gone."""
        try:
            socket.send_fds(self._to_template, [what], descriptors)
        except OSError:
            raise Gone from None
        return int(self.told())
