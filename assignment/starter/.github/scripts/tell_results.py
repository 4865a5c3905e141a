"""A pytest plugin: write down how each public test ended, as it ends, so that a test that kills the process takes nothing with it."""

import json
import os
import re

import pytest

LONGEST = 1900
SIDES = re.compile(r"\nexpected (?P<expected>.*)\n     got (?P<got>.*)", re.DOTALL)


def tell(**facts):
    with open(os.environ["PUBLIC_RESULTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


def short(text):
    """Cut a text, and spell out halves of letters."""
    return text[:LONGEST].encode("utf-8", "backslashreplace").decode()[:LONGEST]


def pytest_collectreport(report):
    if report.failed:
        lines = [line for line in str(report.longrepr).splitlines() if line.startswith("E ")]
        tell(load=short(" ".join(line[1:].strip() for line in lines[-3:]) or "it can't be loaded"))


def pytest_runtest_logstart(nodeid, location):
    tell(begin=nodeid.split("::")[-1])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" or call.excinfo:
        tell(name=item.name, **ending(call.excinfo))
    return report


def ending(raised):
    """Return outcome, expected and got of a test from what it raised."""
    if raised is None:
        return {"outcome": "pass", "expected": "", "got": ""}
    said = str(raised.value)
    if raised.errisinstance(NotImplementedError):
        return {"outcome": "unwritten", "expected": "", "got": ""}
    if raised.errisinstance(TimeoutError) and "no answer within" in said:
        return {"outcome": "timeout", "expected": "an answer", "got": short(said)}
    sides = SIDES.search(said) if raised.errisinstance(pytest.fail.Exception) else None
    if sides:
        return {"outcome": "fail", "expected": short(sides["expected"]), "got": short(sides["got"])}
    return {"outcome": "error", "expected": "an answer", "got": short(f"{raised.typename}: {said}")}
