"""Compare traces with what is expected: an ordinary pytest run over criteria that never sees a submission's code.

results = compare(plan, {"alice": trace, "bob": trace})
results["alice"]        a list of CriterionResult, or a KitFault that concerns this submission alone
"""

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.model import CriterionResult, KitFault
from grader.plan import Plan

CHECKS = Path(__file__).parent.parent / "checks"
CHUNK = 100
"""At most so many submissions in one pytest session: its memory grows with the items."""


def compare(plan: Plan, traces: Mapping[str, dict[str, Any]]) -> dict[str, list[CriterionResult] | KitFault]:
    """Return each submission's results, judged in one pytest session of this process."""
    import pytest

    from grader.compare.plugin import Judgement

    judgement = Judgement(plan, traces)
    options = [
        str(CHECKS), f"--rootdir={CHECKS}", f"--confcutdir={CHECKS}", "-c", os.devnull, "-q", "--tb=short",
        "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:warnings", "-p", "no:junitxml", "-p", "no:unraisableexception",
        "-p", "no:threadexception", "--capture=no", "--import-mode=importlib",
    ]  # fmt: skip
    outer = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = pytest.main(options, plugins=[judgement])
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update({name: value for name, value in outer.items() if value is not None})
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not judgement.is_complete():
        raise KitFault(f"the checks did not run to their end: {said.getvalue().strip()[-2000:]}")
    return judgement.results
