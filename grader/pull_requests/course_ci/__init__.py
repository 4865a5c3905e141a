"""Scores on pull requests: plan what is graded, collect it without a token, post what was compared.

What holds a write token (`outbox`, `student` and all they import) is standard library only and runs no student code.
"""
