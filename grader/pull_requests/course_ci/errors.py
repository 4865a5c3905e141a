"""What can go wrong with a forge, as sentences for whoever must act."""

from typing import Literal

Kind = Literal["identity", "permission", "missing", "invalid", "limit", "deadline", "unsure", "network"]


class ForgeFault(Exception):
    """A forge refused, or could not be reached. `kind` says how to go on; the message is a sentence.

    identity    the token is not accepted at all: nothing else will work either
    permission  it is, but it may not do this
    missing     there is no such thing, or the token may not see it
    invalid     the forge did not understand what was sent: a fault of ours
    limit       too many requests, and waiting would take too long: run again later
    deadline    the token is about to end: what is left waits for another one
    unsure      a write got no answer: it may have happened. Running again finds out, and posts nothing twice
    network     the forge can't be reached
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind

    @property
    def stops(self) -> bool:
        """Whether the same would happen to everything that comes after."""
        return self.kind in ("identity", "limit", "deadline", "network")


class Unreadable(ValueError):
    """A result that came from where student code ran and can't be used; the message is a sentence."""
