"""Plan a run: from the rubric and a seed, write the questions and, by asking the reference, the expected answers."""
