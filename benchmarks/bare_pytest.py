"""The same questions as plain pytest, one test each, in the process that holds the submission. Run by bench.py."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import bare

QUESTIONS = json.loads(Path(os.environ["QUESTIONS"]).read_text())
ANSWERS = json.loads(Path(os.environ["ANSWERS"]).read_text())
PROGRAM = bare.prepared(Path(os.environ["SUBMISSION"]).read_bytes())
NODE = bare.given_class(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS["questions"], ids=lambda q: str(q["id"]))
def test_question(question):
    assert bare.same(bare.probe.answer(question, vars(PROGRAM.load()), NODE), ANSWERS[str(question["id"])])
