"""How pytest runs and reports the public tests: functions that are not written yet take one line for each step."""

import collections
import os

import pytest

import public_checks
from public_criteria import BONUS, STEPS

endings = collections.defaultdict(list)  # by step: how each test ended, and the function that is not written yet


def pytest_configure(config):
    """End pytest, with a sentence, if a test can't be ended: a bare `except:` in an endless loop catches everything."""

    def give_up(test):
        config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
        words = "does not end, and nothing ends it. Is there a bare `except:` in an endless loop?"
        print(f"\n{test.__name__} {words}", flush=True)
        os._exit(1)

    public_checks.give_up = give_up


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test, and fail with a text instead of a traceback."""
    if not pyfuncitem.nodeid.startswith("test_public.py::"):
        return None  # your own tests
    case = public_checks.run_case(pyfuncitem.obj)
    if case.failures or case.error is not None:
        pytest.fail(case.text(), pytrace=False)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    case = public_checks.case
    if call.when != "call" or case.test is not item.obj:
        return
    step = item.name[len("test_") :].split("__")[0]
    name = case.unwritten() if not case.failures else ""
    endings[step].append(("not written", name) if name else (report.outcome, ""))
    if name:
        report.unwritten = name
        if name in BONUS:  # an extension that is not written fails nobody's run
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"not written yet: {name}")


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report):
    if getattr(report, "unwritten", ""):
        return "not written yet", "n", "NOT WRITTEN"
    return None


def pytest_terminal_summary(terminalreporter):
    """Print one line for each step."""
    if endings:
        terminalreporter.write_line("")
    for step, (title, functions) in STEPS.items():
        ended = endings[step]
        if ended:
            names = list(dict.fromkeys(name for how, name in ended if how == "not written"))
            passed, failed = (sum(how == word for how, _ in ended) for word in ("passed", "failed"))
            said = [f"{passed:3} of {len(ended)} tests passed"] + ([f"{failed} failed"] if failed else [])
            own = sorted(name for name in names if name in functions)
            if own:
                said.append(f"not written yet: {', '.join(own)}")
            elif names:
                said.append(f"{len(ended) - passed - failed} wait for {', '.join(names)}, not written yet")
            terminalreporter.write_line(f"{title:24}{', '.join(said)}")
