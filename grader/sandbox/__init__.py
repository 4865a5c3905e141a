"""The only room that starts processes: ask a submission questions, get its answers as plain data.

    with Sandbox() as sandbox:
        with sandbox.start(source, pristine) as child:
            child.loaded                   # how loading went
            child.ask(question)            # one Answer

`box` is the trusted side; `template` and `probe` run on the other side of the wall and import nothing of `grader`.
"""

from grader.sandbox.box import Answer, Child, Loading, Sandbox, frame_of
from grader.sandbox.reply import Malformed, check_answer, parse

__all__ = ["Answer", "Child", "Loading", "Malformed", "Sandbox", "check_answer", "frame_of", "parse"]
