"""With a course secret each submission meets random cases of its own, and nobody learns the secret from what is written."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SUBMISSIONS, Run, report

RIGHT = SUBMISSIONS / "right" / "push-forward.py"
SECRET = {"AUTODIFF_KIT_SECRET": "a-secret-of-this-course-alone"}
OTHER = {"AUTODIFF_KIT_SECRET": "another-secret-of-this-course"}


@pytest.fixture(scope="module")
def class_of_four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four students who hand in the same program."""
    folder = tmp_path_factory.mktemp("class")
    for name in ("ann", "bob", "cid", "dot"):
        shutil.copy(RIGHT, folder / f"{name}.py")
    return folder


def met(run: Run, out: Path, name: str, **environment: str) -> list[str]:
    """Return the random cases of forward that a submission answered."""
    told = json.loads(run("case", "random-sweep", "--trace", out / ".traces" / f"{name}.json", "--json", **environment).stdout)
    answered = {answer["question"] for answer in told["answers"]}
    assert all(case["own"]["question"] in answered for case in told["cases"].values())
    return [case["id"] for case in told["cases"].values()]


@pytest.mark.slow
def test_each_submission_meets_its_own_and_always_the_same(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    run("cohort", class_of_four, "--out", tmp_path / "all", **SECRET)
    cases = {name: met(run, tmp_path / "all", name, **SECRET) for name in ("ann", "bob", "cid", "dot")}
    assert len(set(map(tuple, cases.values()))) == 4
    assert all([case.rstrip("bcd") for case in own] == [f"random-sweep-{i}" for i in range(1, 5)] for own in cases.values())
    run("grade", class_of_four / "cid.py", "--out", tmp_path / "alone", **SECRET)
    assert met(run, tmp_path / "alone", "cid", **SECRET) == cases["cid"]
    assert {report(tmp_path / "all", name)["score"] for name in cases} == {100}


@pytest.mark.slow
def test_without_a_secret_everybody_meets_the_same_and_the_report_says_so(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    run("cohort", class_of_four, "--out", tmp_path)
    assert met(run, tmp_path, "ann") == met(run, tmp_path, "bob") == [f"random-sweep-{i}" for i in range(1, 5)]
    assert report(tmp_path, "ann")["provenance"]["cases"] == "fixed"
    assert "Random cases: the same for everybody." in (tmp_path / "ann" / "report.md").read_text("utf-8")


@pytest.mark.slow
def test_the_report_names_the_secret_by_a_fingerprint_and_nothing_tells_it(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET["AUTODIFF_KIT_SECRET"] + "\n", "utf-8")
    run("grade", class_of_four / "ann.py", "--out", tmp_path / "file", "--secret", tmp_path / "secret")
    run("grade", class_of_four / "ann.py", "--out", tmp_path / "same", **SECRET)
    run("grade", class_of_four / "ann.py", "--out", tmp_path / "other", **OTHER)
    labels = [report(tmp_path / out, "ann")["provenance"]["cases"] for out in ("file", "same", "other")]
    assert labels[0] == labels[1] != labels[2]
    written = [path for out in ("file", "same") for path in (tmp_path / out).rglob("*") if path.is_file()]
    assert len(written) == 16
    assert not any(SECRET["AUTODIFF_KIT_SECRET"].encode() in path.read_bytes() for path in written)


@pytest.mark.slow
def test_a_trace_of_other_cases_is_refused_and_never_a_zero(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    run("grade", class_of_four / "ann.py", "--out", tmp_path / "out", **SECRET)
    again = run("compare", tmp_path / "out", "--out", tmp_path / "again", **SECRET)
    assert "100 of 100" in again.stdout
    (tmp_path / "out" / ".traces" / "bob.json").write_bytes((tmp_path / "out" / ".traces" / "ann.json").read_bytes())
    others, variants = "it answers other questions", "not asked all that is looked at"
    for trace, environment, says in (("ann", OTHER, others), ("ann", {}, others), ("bob", SECRET, variants)):
        path = tmp_path / "out" / ".traces" / f"{trace}.json"
        refused = run("compare", path, "--out", tmp_path / "refused", status=2, **environment)
        assert says in refused.stderr
        assert not (tmp_path / "refused").exists() or not list((tmp_path / "refused").iterdir())


@pytest.mark.slow
def test_collect_needs_no_secret_because_it_asks_every_variant(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    """What is collected with the questions that one secret made is enough for that secret, whoever's work it is."""
    run("plan", "--out", tmp_path / "plan", **SECRET)
    works = sorted(class_of_four.iterdir())
    run("collect", *works, "--questions", tmp_path / "plan" / "questions.json", "--out", tmp_path / "traces")
    run("compare", *sorted((tmp_path / "traces").glob("[!.]*.json")), "--out", tmp_path / "out", **SECRET)
    assert [report(tmp_path / "out", work.stem)["score"] for work in works] == [100] * 4


@pytest.mark.slow
def test_an_instructor_asks_a_submission_again_what_it_met(run: Run, class_of_four: Path, tmp_path: Path) -> None:
    run("grade", class_of_four / "ann.py", "--out", tmp_path, **SECRET)
    before = json.loads(run("case", "random-sweep-3", "--trace", tmp_path / ".traces" / "ann.json", "--json", **SECRET).stdout)
    again = json.loads(run("case", "random-sweep-3", "--submission", class_of_four / "ann.py", "--json", **SECRET).stdout)
    assert before["answers"]
    assert before == again
    shown = run("case", "random-sweep-3", "--submission", class_of_four / "ann.py", **SECRET).stdout
    assert shown.startswith(next(iter(again["cases"].values()))["id"])
    assert re.search(r"own graph\n          (after 1|raised|order 1)", shown)


@pytest.mark.parametrize(
    ("place", "secret", "says"),
    [
        ("elsewhere", b"too short", "shorter than 16 bytes"),
        ("elsewhere", b" \n", "is empty"),
        ("kit", b"long enough to be a secret", "keep the course secret elsewhere"),
    ],
)
def test_a_secret_that_would_not_stay_one_is_refused(
    run: Run, kit: Path, class_of_four: Path, tmp_path: Path, place: str, secret: bytes, says: str
) -> None:
    file = (kit if place == "kit" else tmp_path) / "secret.txt"
    file.write_bytes(secret)
    refused = run("grade", class_of_four / "ann.py", "--out", tmp_path / "out", "--kit", kit, "--secret", file, status=2)
    assert says in refused.stderr


@pytest.mark.slow
def test_what_is_diagnosed_does_not_depend_on_the_variant(run: Run, kit: Path, tmp_path: Path) -> None:
    """A belief is known by its answers to every variant, so that it is found whatever random cases it met."""
    believed = ROOT / "reference" / "misconceptions" / "forward-keeps-one-contribution.yaml"
    (kit / "reference" / "misconceptions").mkdir()
    shutil.copy(believed, kit / "reference" / "misconceptions")
    for name in ("ann", "bob"):
        shutil.copy(SUBMISSIONS / "wrong" / "assigned-for-accumulated.py", tmp_path / f"{name}.py")
    run("grade", tmp_path / "ann.py", tmp_path / "bob.py", "--kit", kit, "--out", tmp_path / "out", "--diagnosis", **SECRET)

    def larger(name: str) -> dict[str, Any]:
        criteria = report(tmp_path / "out", name)["steps"][2]["criteria"]
        return next(criterion for criterion in criteria if criterion["id"] == "larger_programs")

    assert met(run, tmp_path / "out", "ann", **SECRET) != met(run, tmp_path / "out", "bob", **SECRET)
    assert [larger(name)["diagnosis"]["id"] for name in ("ann", "bob")] == ["forward-keeps-one-contribution"] * 2
