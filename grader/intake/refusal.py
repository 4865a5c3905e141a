"""Why there is nothing to load in what was handed in. The message is a sentence for the student."""


class NoProgram(ValueError):
    """There is nothing to load."""


class Refused(NoProgram):
    """The program is there, but it is empty or no text: a graded zero."""

    def __init__(self, why: str, content: bytes) -> None:
        """`content` are the bytes that were looked at."""
        super().__init__(why)
        self.content = content


class Unusable(NoProgram):
    """No program was found: no points, and no zero until a person decides."""
