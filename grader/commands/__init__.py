"""Groups of commands, each in a file of its own; `grader.cli` adds them."""
