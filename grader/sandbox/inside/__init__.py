"""Code that runs inside the sandbox, beside the submission. It imports nothing of the grader."""
