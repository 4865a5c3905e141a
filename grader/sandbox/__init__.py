"""The only room that starts processes: ask a submission questions, get its answers as plain data.

    with Sandbox() as sandbox:
        with sandbox.start(source, pristine) as child:
            child.loaded                   # how loading went
            child.ask(question)            # one Answer

`box`, `control` and `child` are the trusted side, `tier` says which walls there are; `template`, `lock`, `probe`, `building`,
`cells`, `numbering` and `reading` run on the other side and import nothing of `grader`.
"""

from grader.sandbox.box import Sandbox
from grader.sandbox.child import QUESTION_CPU, Answer, Child, Loading, frame_of
from grader.sandbox.reply import PARTS, Malformed, check_answer, check_loading, check_reason, check_texts, dump, parse, parse_answer
from grader.sandbox.tier import WISHES, choose

__all__ = [
    "PARTS", "QUESTION_CPU", "WISHES", "Answer", "Child", "Loading", "Malformed", "Sandbox", "check_answer", "check_loading",
    "check_reason", "check_texts", "choose", "dump", "frame_of", "parse", "parse_answer",
]  # fmt: skip
