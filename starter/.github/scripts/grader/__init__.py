"""Grade the autodiff assignment: plan the questions, collect a submission's answers, compare them elsewhere."""

__version__ = "2026.1"
