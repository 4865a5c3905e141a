"""Why there is nothing to load in what was handed in. The message is a sentence for the student."""


class NoProgram(ValueError):
    """There is nothing to load."""


class Refused(NoProgram):
    """The program is there, but it is empty or no text: a graded zero."""


class Unusable(NoProgram):
    """No program was found: no points, and no zero until a person decides."""
