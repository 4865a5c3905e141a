"""Compare traces with what is expected: an ordinary pytest run over criteria that never sees a submission's code.

A comparer reuses what it has found earlier for identical answers.

comparer = Comparer(plan)
results = comparer.compare({"alice": trace, "bob": trace})
results["alice"]        a list of CriterionResult, or a KitFault that concerns this submission alone
"""

import contextlib
import gc
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader.compare.verdict import ExpectedCases
from grader.formats import Trace
from grader.model import CriterionResult, KitFault
from grader.plan.plan import Plan
from grader.plan.variant_choice import EVERYBODY, Pick

if TYPE_CHECKING:
    from grader.compare.plugin import Judged, Judgement

UNUSED = (
    "cacheprovider", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "monkeypatch", "pastebin", "recwarn", "setuponly",
    "setupplan", "skipping", "stepwise", "subtests", "threadexception", "tmpdir", "unittest", "unraisableexception", "warnings",
)  # fmt: skip
"""Parts of pytest that no check needs; each would cost time at each item."""
BATCH = 20
"""So many submissions in one pytest session where all of their traces are large: its memory grows with them."""


def prepare() -> None:
    """Import what comparing needs and takes a tenth of a second to import."""
    import grader.compare.plugin  # noqa: F401


class Comparer:
    """Compares batches of traces, each in one pytest session of this process.

    Expected graphs are decoded once for all, and a case that passed is not judged again for the very same answers.
    """

    def __init__(self, plan: Plan, pick: Pick = EVERYBODY) -> None:
        self._plan, self._pick = plan, pick
        self._cases = ExpectedCases(plan)
        self._judged: Judged = {}

    def compare(self, traces: Mapping[str, Trace], pick: Pick | None = None) -> dict[str, list[CriterionResult] | KitFault]:
        """Return each submission's results; `pick` takes other random cases than the comparer's own."""
        from grader.compare.plugin import Judgement

        gc.set_threshold(50_000)  # the graphs are no garbage: look for some less often
        judgement = Judgement(self._plan, self._cases, traces, pick or self._pick, self._judged)
        if not judgement.is_complete():
            _run_checks(judgement, self._plan.check_folders)
        broken = {name: trace["loading"]["why"] for name, trace in traces.items() if trace["loading"]["kind"] == "fault"}
        return judgement.results | {name: KitFault(why) for name, why in broken.items()}


def _run_checks(judgement: "Judgement", folders: tuple[Path, ...]) -> None:
    """Run pytest over the checks in these folders, untouched by the user's settings of pytest."""
    import pytest

    from grader.compare.plugin import NoFixtures

    options = [
        *map(str, folders), f"--rootdir={folders[0]}", f"--confcutdir={folders[0]}", "-c", os.devnull, "-q", "--tb=short", "--capture=no",
        "--import-mode=importlib", *(f"-pno:{name}" for name in UNUSED),
    ]  # fmt: skip
    outer = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = pytest.main(options, plugins=[judgement, NoFixtures()])
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update({name: value for name, value in outer.items() if value is not None})
    if judgement.was_interrupted:
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not judgement.is_complete():
        raise KitFault(f"the checks did not run to their end: {said.getvalue().strip()[-2000:]}")
