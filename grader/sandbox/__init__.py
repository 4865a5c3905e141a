"""Ask a submission questions, and get its answers as plain data. No other folder starts processes in which student code runs.

    with Sandbox() as sandbox:
        with sandbox.start(source, pristine) as child:
            child.loaded                   # how loading went
            child.answers(frames)          # what came back for each question of a batch
            child.ask(question)            # one Answer, already read

What lies here is the trusted side: `isolation` says which walls there are, `time_limits` how long a submission may take. What lies in
`inside/` runs on the other side and imports nothing of `grader`.
"""

from grader.sandbox.checked_graph import Graph
from grader.sandbox.child import WHOLE, Answer, Child, Loading, Manner, Received, frame_of
from grader.sandbox.isolation import ABSENT, DOCTOR, WISHES, choose, why_no_bwrap
from grader.sandbox.reply_schema import check_answer, check_loading, check_reason, check_texts, parse_answer
from grader.sandbox.sandbox import Sandbox
from grader.sandbox.strict_json import PARTS, Malformed, dump, keys, parse
from grader.sandbox.time_limits import BUDGET, FREE_SHARE, LATER_SHARE, QUESTION_CPU

__all__ = [
    "ABSENT", "BUDGET", "DOCTOR", "FREE_SHARE", "LATER_SHARE", "PARTS", "QUESTION_CPU", "WHOLE", "WISHES", "Answer", "Child", "Graph",
    "Loading", "Malformed", "Manner", "Received", "Sandbox", "check_answer", "check_loading", "check_reason", "check_texts", "choose",
    "dump", "frame_of", "keys", "parse", "parse_answer", "why_no_bwrap",
]  # fmt: skip
