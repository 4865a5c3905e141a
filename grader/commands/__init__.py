"""Commands of the command line that fill a module of their own; `grader/cli.py` binds each by one line."""
