"""Post provisional scores: read what the run without a token left, make the report, and keep one comment up to date.

`grader release --ci` copies these modules into the course's repository. What holds a write token (`post_provisional` here, `outbox` in
the folder above, and all that they import) uses the standard library only and runs no student code.
"""
