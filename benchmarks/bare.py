"""What grading costs without any isolation: import one submission, ask it everything in this process, compare, print.

python bare.py SUBMISSION QUESTIONS ANSWERS             compare with the answers of an earlier run
python bare.py --record REFERENCE QUESTIONS ANSWERS     write those answers
"""

import gc
import json
import math
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "grader" / "sandbox" / "inside"))
import probe
from loading import Program
from notebook_cells import compiled


def prepared(source):
    """Return a program to be loaded anew for each question, and the given class of the questions' text, as in the template."""
    import numpy  # noqa: F401, PLC0415

    gc.freeze()  # otherwise each garbage collection would walk through NumPy
    gc.set_threshold(250_000)
    sys.modules.pop("gc", None)
    parts, _ = compiled(source, probe.FILE, definitions_only=False)
    program = Program(parts, types.SimpleNamespace(restore=lambda: None), ())
    program.first_load()
    return program


def given_class(questions):
    """Return the class whose text stands beside the questions."""
    names = {}
    exec(questions["pristine"], names)
    return names["Node"]


def same(got, expected):
    """Return whether two answers are alike, numbers to nine digits."""
    if isinstance(expected, float) and isinstance(got, float | int):
        return math.isclose(got, expected, rel_tol=1e-9)
    if isinstance(expected, list) and isinstance(got, list):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in expected)
    return got == expected


def main():
    path, questions, answers = (Path(argument) for argument in sys.argv[-3:])
    data = json.loads(questions.read_text())
    node, program = given_class(data), prepared(path.read_bytes())
    found = {str(question["id"]): probe.answer(question, vars(program.load()), node) for question in data["questions"]}
    if sys.argv[1] == "--record":
        answers.write_text(json.dumps(found))
        return
    expected = json.loads(answers.read_text())
    print(sum(same(found[number], expected[number]) for number in expected), "of", len(expected))


if __name__ == "__main__":
    main()
