"""The rows of a graph from a reply, once they were checked."""

from typing import Any


class Graph(list[list[Any]]):
    """The rows of a graph that were checked, and the JSON `text` from which they were read.

    Replies that hold the same text share them: nobody may change them. `users` counts the replies that are remembered.
    """

    __slots__ = ("text", "users")

    def __init__(self, rows: list[list[Any]], text: bytes) -> None:
        super().__init__(rows)
        self.text, self.users = text, 0

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        """Make each copy or pickle a plain list, so that a change to it cannot change the shared rows."""
        return list, (list(self),)
