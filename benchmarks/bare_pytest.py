"""The same questions as plain pytest, one test each, in the process that holds the submission. Run by bench.py."""

import gc
import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import bare

QUESTIONS = json.loads(Path(os.environ["QUESTIONS"]).read_text())
ANSWERS = json.loads(Path(os.environ["ANSWERS"]).read_text())
CODE = compile(Path(os.environ["SUBMISSION"]).read_bytes(), bare.probe.FILE, "exec")
GIVEN: dict = {}
gc.freeze()
exec(QUESTIONS["pristine"], GIVEN)


@pytest.mark.parametrize("question", QUESTIONS["questions"], ids=lambda q: str(q["id"]))
def test_question(question):
    module, _ = bare.probe.load([CODE], (sys.stdout, sys.stderr))
    assert bare.same(bare.probe.answer(question, vars(module), GIVEN["Node"]), ANSWERS[str(question["id"])])
