"""Carry report.json to where a course keeps its grades: one module a target, each with `write(book, given)`."""
