"""Collect the answers of one submission to all questions, inside the sandbox, as a trace."""
