"""`grader doctor`: does this machine have what grading needs, and which command adds what is missing?"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from grader.commands.options import json_option, kit_option, say
from grader.escape import plain


@click.command()
@kit_option
@json_option
def doctor(kit: Path | None, as_json: bool) -> None:
    """Check that this machine can grade, and name the command that mends what is missing.

    Exit status: 0 grading works; 2 it does not.
    """
    from grader.commands.machine_checks import MISSING, examine

    checks = examine(kit)
    works = all(check.state != MISSING for check in checks)
    if as_json:
        say(json.dumps({"works": works, "checks": [asdict(check) for check in checks]}, indent=1))
    else:
        for check in checks:
            say(plain(f"{check.state:9} {check.name:17} {check.found}"))
            if check.mend:
                say(plain(f"{'':9} {'':17} -> {check.mend}"))
        say("\nGrading works here." if works else "\nGrading does not work here: mend what is missing.")
    sys.exit(0 if works else 2)
