"""`python -m grader`: the same as the console script `grader`."""

from grader.cli import main

if __name__ == "__main__":  # worker processes import this module, and must not start the command again
    main()
