"""The pytest plugin: one item per criterion and submission, judged from the trace.

An instructor's own `pytest --trace trace.json` comes through here as well (see the end of this file).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from grader.compare.answers import Answers
from grader.compare.verdict import ExpectedCase, ExpectedCases, judge
from grader.escape import plain, plain_log
from grader.formats import Trace
from grader.kit import CHECKS
from grader.model import UNFAILED, CaseResult, Criterion, CriterionResult, KitFault, Step
from grader.plan.plan import Plan, functions_of
from grader.plan.variant_choice import Pick

Judged = dict[tuple[object, ...], CaseResult]
"""How cases ended, by criterion, case and the identities of the answers."""
MAX_KEPT_CASES = 10_000
"""Cases that are kept from one session to the next; if there are more, all are forgotten."""
VIEWS = {"nodes": "graph", "order": "order", "forward": "sweep", "backward": "sweep"}


class Unmet(Exception):
    """A criterion that was not met, in words."""


class Judgement:
    """Runs each check over each submission's answers and keeps the results, in rubric order."""

    def __init__(
        self, plan: Plan, cases: Mapping[str, ExpectedCase], traces: Mapping[str, Trace], pick: Pick, judged: Judged | None = None
    ) -> None:
        """`judged` holds what earlier sessions with this plan have found; cases that pass are added to it."""
        self._plan, self._pick = plan, pick
        self._answers = {name: Answers(trace) for name, trace in traces.items()}
        self._cases = cases
        self._criteria = {c.id: (step, c) for step in plan.rubric.steps for c in step.criteria if not c.manual}
        self._judged_by: dict[str, list[Criterion]] = {}
        for _, criterion in self._criteria.values():
            self._judged_by.setdefault(criterion.check, []).append(criterion)
        self._functions = {step.id: functions_of(step, plan) for step in plan.rubric.steps}
        self._found: dict[str, dict[str, CriterionResult | KitFault]] = {name: {} for name in traces}
        self._judged: Judged = {} if judged is None else judged
        self.was_interrupted = False
        self._take_what_is_known()

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

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note a Ctrl-C, which pytest does not raise again. It calls this for interruptions of its own, too."""
        self.was_interrupted = excinfo.type is KeyboardInterrupt

    def pytest_sessionfinish(self) -> None:
        """Keep the cases that passed: they are small, and most often met again."""
        for same in [same for same, case in self._judged.items() if case.outcome != "pass"]:
            del self._judged[same]
        if len(self._judged) > MAX_KEPT_CASES:
            self._judged.clear()
        self._answers.clear()  # what pytest leaves behind in circles must not hold the traces

    def pytest_pycollect_makeitem(self, name: str) -> list[pytest.Item] | None:
        """Leave out the checks of criteria that are not asked, as in practice the hidden ones, and of those that are judged."""
        return [] if name.startswith("test_") and not self._open_pairs(name.removeprefix("test_")) else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        check = metafunc.function.__name__.removeprefix("test_")
        criteria = self._judged_by[check]
        for criterion in criteria:
            wanted = VIEWS[criterion.asks]
            if wanted not in metafunc.fixturenames:
                problem = f"{metafunc.function.__name__} must take {wanted!r}: criterion {criterion.id} asks for {criterion.asks}"
                raise pytest.UsageError(problem)
        pairs = self._open_pairs(check)
        ids = [plain_log(plain(name if len(criteria) == 1 else f"{criterion}-{name}")) for criterion, name in pairs]
        metafunc.parametrize(wanted, pairs, ids=ids)

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        pair = cast("tuple[str, str]", next(iter(pyfuncitem.callspec.params.values())))
        submission, (step, criterion) = pair[1], self._criteria[pair[0]]
        try:
            result = self.judge(step, criterion, pyfuncitem.obj, submission)
        except Exception as error:  # a check that stumbles is a fault of ours, and this submission's alone
            fault = KitFault(f"the check {pyfuncitem.originalname} failed on its own account: {type(error).__name__}: {error}")
            self._found[submission][criterion.id] = fault
            raise
        self._found[submission][criterion.id] = result
        for case in result.cases:
            if case.outcome not in UNFAILED:
                raise Unmet(message(criterion, case))
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
        """Report an unmet criterion by its message alone; pytest would look for lines of code to show."""
        if call.excinfo is None or not isinstance(call.excinfo.value, Unmet):
            return None
        text = str(call.excinfo.value)
        return pytest.TestReport(item.nodeid, item.location, {}, "failed", text, call.when, (), call.duration, call.start, call.stop)  # type: ignore[arg-type]

    # ---- judging --------------------------------------------------------------

    def _take_what_is_known(self) -> None:
        """Take the results of criteria in which a submission's answers are all known to pass: no check need look at them again."""
        for name, found in self._found.items():
            for step, criterion in self._criteria.values():
                cases = [self._judged.get(same) for _, same in self._cases_of(step, criterion, name)]
                if None not in cases:
                    found[criterion.id] = CriterionResult(step.id, criterion.id, tuple(filter(None, cases)))

    def _open_pairs(self, check: str) -> list[tuple[str, str]]:
        """Return criterion and submission of each result that this check is to find."""
        return [(c.id, name) for c in self._judged_by.get(check, ()) for name, found in self._found.items() if c.id not in found]

    def _cases_of(self, step: Step, criterion: Criterion, submission: str) -> Iterator[tuple[ExpectedCase, tuple[object, ...]]]:
        """Yield a criterion's cases, each with a key that is equal where others gave the very same answers."""
        answers = self._answers[submission]
        for key in self._plan.cases_of(f"{step.id}/{criterion.id}", self._pick, submission):
            case = self._cases[key]
            yield case, (criterion.id, key, *answers.identity(case.questions))

    def judge(self, step: Step, criterion: Criterion, check: Any, submission: str) -> CriterionResult:
        """Return how each case of a criterion ended for one submission."""
        answers, functions = self._answers[submission], self._functions[step.id]
        cases = []
        for case, same in self._cases_of(step, criterion, submission):
            if same not in self._judged:
                ended = judge(case, functions, check, answers, by_operator=criterion.by_operator)
                self._judged[same] = case.passed.setdefault(ended, ended) if ended.outcome == "pass" else ended
            cases.append(self._judged[same])
        return CriterionResult(step.id, criterion.id, tuple(cases))


class NoFixtures:
    """Runs items without setup and teardown: a check has none, and for a thousand submissions they would take longest of all.

    Only a check that stumbles is reported: what was judged is in `Judgement`.
    """

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        call = pytest.CallInfo.from_call(item.runtest, when="call", reraise=(pytest.exit.Exception, KeyboardInterrupt))
        if call.excinfo and not isinstance(call.excinfo.value, Unmet):
            item.ihook.pytest_runtest_logreport(report=item.ihook.pytest_runtest_makereport(item=item, call=call))
        return True


def message(criterion: Criterion, case: CaseResult) -> str:
    """Return what an instructor reads of a case that was not passed."""
    parts = (("called", case.called), ("expected", case.expected), ("got", case.got))
    lines = [f"  {label:9} {plain(text)}" for label, text in parts]
    return plain_log("\n".join([f"{criterion.says} [{case.id}: {case.outcome}]", *lines]))


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
            own = [Path(args[place + 1]) / "checks" for place, name in enumerate(args[:-1]) if name == "--kit"]
            folders = [str(folder) for folder in (CHECKS, *own) if folder.is_dir()]
            args[i : i + 2] = [
                f"--graded-trace={value}",
                *folders,
                f"--rootdir={CHECKS}",
                "--import-mode=importlib",
                "-p",
                "no:cacheprovider",
            ]
            return


def pytest_configure(config: pytest.Config) -> None:
    if not (path := config.getoption("--graded-trace", None)):
        return
    from grader.collect.trace_file import read_trace
    from grader.course.course_file import find_course
    from grader.kit import Kit
    from grader.plan.planner import plan_for

    kit = config.getoption("--kit")
    try:
        course = find_course()
        pick = Pick.of(otherwise=course.secret if course else None)
        plan = plan_for(Kit.find(Path(kit) if kit else None), config.getoption("--seed") or "", pick)
        plan = plan.without(course.left_out) if course else plan
        needed = plan.question_ids_for_criteria(plan.expected["criteria"], [pick], Path(path).stem)
        trace = read_trace(Path(path), plan.questions, needed)
        if trace["loading"]["kind"] in ("fault", "unusable"):
            raise KitFault(f"{path} holds no answers: {trace['loading']['why']}")
    except (KitFault, ValueError, OSError) as error:  # ValueError: a trace or a rubric that can't be used
        raise pytest.UsageError(plain_log(plain(str(error)))) from None
    config.pluginmanager.register(Judgement(plan, ExpectedCases(plan), {Path(path).stem: trace}, pick))
