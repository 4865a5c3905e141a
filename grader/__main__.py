"""`python -m grader` and the console script `grader`."""

from grader import interrupts


def run() -> None:
    """Run the command line. From here on a signal ends it in order (see `interrupts`), also while the rest is imported."""
    interrupts.listen()
    from grader.cli import main

    try:
        main()
    finally:
        interrupts.ignore()


if __name__ == "__main__":  # worker processes import this module, and must not start the command again
    run()
