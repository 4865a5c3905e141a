"""The pytest plugin: one item per criterion and submission, judged from the trace.

An instructor's own `pytest --trace trace.json` comes through here as well (see the end of this file).
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from grader.compare.judge import Answers, ExpectedCase, ExpectedCases, judge
from grader.escape import plain, plain_log
from grader.model import CaseResult, Criterion, CriterionResult, KitFault, Step
from grader.pick import Pick
from grader.plan import Plan, functions_of

VIEWS = {"nodes": "graph", "order": "order", "forward": "sweep", "backward": "sweep"}


class Unmet(Exception):
    """A criterion that was not met, in words."""


class Judgement:
    """Runs each check over each submission's answers and keeps the results, in rubric order."""

    def __init__(self, plan: Plan, cases: Mapping[str, ExpectedCase], traces: Mapping[str, dict[str, Any]], pick: Pick) -> None:
        self._plan, self._pick = plan, pick
        self._answers = {name: Answers(trace) for name, trace in traces.items()}
        self._cases = cases
        self._criteria = {c.id: (step, c) for step in plan.rubric.steps for c in step.criteria if not c.manual}
        self._functions = {step.id: functions_of(step, plan) for step in plan.rubric.steps}
        self._found: dict[str, dict[str, CriterionResult | KitFault]] = {name: {} for name in traces}
        self._judged: dict[tuple[object, ...], CaseResult] = {}

    def is_complete(self) -> bool:
        """Return whether every criterion was judged for every submission."""
        return all(len(found) == len(self._criteria) for found in self._found.values())

    @property
    def results(self) -> dict[str, list[CriterionResult] | KitFault]:
        results: dict[str, list[CriterionResult] | KitFault] = {}
        for name, found in self._found.items():
            faults = [result for result in found.values() if isinstance(result, KitFault)]
            results[name] = faults[0] if faults else [r for c in self._criteria if isinstance(r := found[c], CriterionResult)]
        return results

    # ---- hooks ----------------------------------------------------------------

    def pytest_sessionfinish(self) -> None:
        self._judged.clear()  # its keys are identities of answers
        self._answers.clear()  # what pytest leaves behind in circles must not hold the traces

    def pytest_pycollect_makeitem(self, name: str) -> list[pytest.Item] | None:
        """Leave out the checks of criteria that are not asked, as in practice the hidden ones."""
        return [] if name.startswith("test_") and name.removeprefix("test_") not in self._criteria else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        criterion = self._criterion(metafunc.function.__name__)[1]
        wanted = VIEWS[criterion.asks]
        if wanted not in metafunc.fixturenames:
            raise pytest.UsageError(f"{metafunc.function.__name__} must take {wanted!r}: its criterion asks for {criterion.asks}")
        metafunc.parametrize(wanted, list(self._answers), ids=[plain_log(plain(name)) for name in self._answers])

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        step, criterion = self._criterion(pyfuncitem.originalname)
        submission = str(pyfuncitem.callspec.params[VIEWS[criterion.asks]])
        try:
            result = self.judge(step, criterion, pyfuncitem.obj, submission)
        except Exception as error:  # a check that stumbles is a fault of ours, and this submission's alone
            fault = KitFault(f"the check {pyfuncitem.originalname} failed on its own account: {type(error).__name__}: {error}")
            self._found[submission][criterion.id] = fault
            raise
        self._found[submission][criterion.id] = result
        for case in result.cases:
            if case.outcome != "pass":
                raise Unmet(message(criterion, case))
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
        """Report an unmet criterion by its message alone; pytest would look for lines of code to show."""
        if call.excinfo is None or not isinstance(call.excinfo.value, Unmet):
            return None
        told = str(call.excinfo.value)
        return pytest.TestReport(item.nodeid, item.location, {}, "failed", told, call.when, (), call.duration, call.start, call.stop)  # type: ignore[arg-type]

    # ---- judging --------------------------------------------------------------

    def _criterion(self, function: str) -> tuple[Step, Criterion]:
        return self._criteria[function.removeprefix("test_")]

    def judge(self, step: Step, criterion: Criterion, check: Any, submission: str) -> CriterionResult:
        """Return how each case of a criterion ended for one submission."""
        answers, functions = self._answers[submission], self._functions[step.id]
        keys = self._plan.cases_of(f"{step.id}/{criterion.id}", self._pick, submission)
        cases = []
        for key in keys:
            case = self._cases[key]
            same = (criterion.id, key, *answers.identity(case.questions))
            if same not in self._judged:  # or others in this session gave the very same answers
                self._judged[same] = judge(case, functions, check, answers)
            cases.append(self._judged[same])
        return CriterionResult(step.id, criterion.id, tuple(cases))


class NoFixtures:
    """Runs items without setup and teardown: a check has none, and for a thousand submissions they would take longest of all."""

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        call = pytest.CallInfo.from_call(item.runtest, when="call", reraise=(pytest.exit.Exception, KeyboardInterrupt))
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)
        return True


def message(criterion: Criterion, case: CaseResult) -> str:
    """Return what an instructor reads of a case that was not passed."""
    parts = (("called", case.called), ("expected", case.expected), ("got", case.got))
    told = [f"  {label:9} {plain(text)}" for label, text in parts]
    return plain_log("\n".join([f"{criterion.says} [{case.id}: {case.outcome}]", *told]))


# ---- pytest --trace trace.json ------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autodiff kit")
    group.addoption("--graded-trace", metavar="FILE", help="show each criterion as a test on this trace (also --trace FILE.json)")
    group.addoption("--kit", metavar="DIR", help="where rubrics/ and reference/ lie")
    group.addoption("--seed", metavar="TEXT", help="the seed with which the trace's questions were made")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    """Read `--trace FILE.json` as ours. pytest's own --trace, which starts the debugger, takes no file."""
    for i, (option, value) in enumerate(pairwise(args)):
        if option == "--trace" and value.endswith(".json"):
            checks = Path(__file__).parent.parent / "checks"
            args[i : i + 2] = [f"--graded-trace={value}", str(checks), f"--rootdir={checks}", "-p", "no:cacheprovider"]
            return


def pytest_configure(config: pytest.Config) -> None:
    if not (path := config.getoption("--graded-trace", None)):
        return
    from grader.kit import Kit
    from grader.plan import DEFAULT_SEED, make_plan
    from grader.traces import read_trace

    kit = config.getoption("--kit")
    try:
        plan = make_plan(Kit.find(Path(kit) if kit else None), config.getoption("--seed") or DEFAULT_SEED)
        pick = Pick.of()
        needed = plan.questions_for(plan.expected["criteria"], [pick], Path(path).stem)
        trace = read_trace(Path(path), plan.questions, needed)
        if trace["loading"]["kind"] == "fault":
            raise KitFault(f"{path} holds no answers: {trace['loading']['why']}")
    except (KitFault, ValueError, OSError) as error:  # ValueError: a trace or a rubric that can't be used
        raise pytest.UsageError(plain_log(plain(str(error)))) from None
    config.pluginmanager.register(Judgement(plan, ExpectedCases(plan), {Path(path).stem: trace}, pick))
