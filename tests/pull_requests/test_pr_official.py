"""The official run, by the real commands over HTTP: plan fetches, collect runs, post compares and posts. No fault of ours is a zero."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run
from fake_github import FakeClock, FakeGitHub, Refusal, Token
from official_pulls import APP, BROKEN, SHA, set_up

from grader.pull_requests.course_ci.github import GitHub
from grader.pull_requests.course_ci.rate_limit import Pace
from grader.pull_requests.outbox import OUTBOX, Channels, Item, Journal, read_items, send, write_item
from grader.pull_requests.post import main as send_main

pytestmark = pytest.mark.slow

CHECKS = "/check-runs"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as made:
        made.tokens["app"] = Token(APP)
        yield made
    assert made.violations == []


@pytest.fixture
def cli(run: Run, fake: FakeGitHub) -> Callable[..., subprocess.CompletedProcess[str]]:
    def cli(*arguments: object, token: str = "app", status: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        return run("forge", *arguments, status=status, GITHUB_TOKEN=token, GITHUB_API_URL=fake.url, **environment)

    return cli


@pytest.fixture(scope="session")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run, prepared and not sent: a right and a wrong pull request, and four without a file that can be graded."""
    folder = tmp_path_factory.mktemp("official") / "work"
    with FakeGitHub() as fake:
        set_up(fake)
        environment = {"GITHUB_TOKEN": "app", "GITHUB_API_URL": fake.url}
        run("forge", "plan", "--repo", "course/work", "--out", folder, **environment)
        run("forge", "collect", folder, GITHUB_TOKEN="")
        run("forge", "post", folder, "--prepare-only", "--no-diagnosis", "--url", "https://forge.example/run/1", GITHUB_TOKEN="")
        assert fake.violations == []
    return folder


def copied(graded: Path, tmp_path: Path) -> Path:
    for item in read_items(graded):
        write_item(tmp_path, item)
    return tmp_path


def items(graded: Path) -> dict[int | None, Item]:
    return {item.number: item for item in read_items(graded)}


# ---- plan, collect, prepare ----


def test_a_right_and_a_wrong_submission_get_their_score_and_their_lines(graded: Path) -> None:
    right, wrong = items(graded)[1], items(graded)[2]
    assert (right.conclusion, right.title, right.annotations) == ("success", "100 of 100 points and 20 bonus", [])
    assert wrong.conclusion == "failure"
    assert re.match(r"\d", wrong.title)
    assert "### Score: " in wrong.page
    assert "*official*" in wrong.page
    assert "https://forge.example/run/1" in wrong.page
    lines = BROKEN.splitlines()
    named = {lines[mark[1] - 1].split("(")[0] for mark in wrong.annotations}
    assert named >= {"def add", "def cos"}
    assert len(wrong.annotations) > 50


def test_of_hidden_criteria_the_pull_request_sees_counts_alone(graded: Path, run: Run) -> None:
    posted = json.dumps([item.page for item in read_items(graded)]) + json.dumps([item.annotations for item in read_items(graded)])
    report = json.loads((graded / "reports" / "course+work+2" / "report.json").read_text("utf-8"))
    hidden = [c for step in report["steps"] for c in step["criteria"] if not c["public"] and c["outcome"] != "pass"]
    assert hidden
    assert "hidden cases passed" in posted
    assert "values_elsewhere" in posted
    shown = json.loads(run("case", "free-wide", "--json").stdout)
    assert "free-wide" not in posted
    assert shown["cases"]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (4, "There is no autodiff.py at this commit."),
        (5, "not a regular file"),
        (6, "larger than 1 MB"),
    ],
)
def test_a_pull_request_without_a_usable_file_is_told_so_and_gets_no_zero(number: int, why: str, graded: Path) -> None:
    item = items(graded)[number]
    assert (item.conclusion, item.title) == ("neutral", "No score")
    assert why in item.page
    assert "No score is not a zero" in item.page


def test_a_deleted_head_is_told(cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    fake.open_pull("course/work", 3, SHA["gone"], head="deleted")
    fake.refusals = [Refusal("GET", r"/commits/\{ref\}$", 422, "No commit found")]
    cli("plan", "--repo", "course/work", "--out", tmp_path / "work")
    [entry] = json.loads((tmp_path / "work" / "plan.json").read_text("utf-8"))["entries"]
    assert "is gone: the branch was deleted or overwritten" in entry["problem"]


def test_a_fork_without_actions_is_told_and_scored_all_the_same(graded: Path) -> None:
    assert "switch workflows on" in items(graded)[2].page
    assert "switch workflows on" not in items(graded)[1].page


def test_a_damaged_a_missing_and_another_files_trace_are_no_zero(graded: Path, run: Run, tmp_path: Path) -> None:
    import shutil

    work = tmp_path / "work"
    shutil.copytree(graded, work)
    right, wrong = (work / "traces" / f"course+work+{n}.json" for n in (1, 2))
    wrong.write_bytes(right.read_bytes())
    right.write_text("{", "utf-8")
    run("forge", "post", work, "--prepare-only", "--no-diagnosis", GITHUB_TOKEN="")
    assert "can't be used" in items(work)[1].page
    assert "answer of another file" in items(work)[2].page
    wrong.unlink()
    run("forge", "post", work, "--prepare-only", "--no-diagnosis", GITHUB_TOKEN="")
    assert "did not come to an end" in items(work)[2].page
    assert {item.conclusion for item in read_items(work)} == {"neutral"}


def test_collecting_refuses_to_run_beside_a_token(graded: Path, cli: Any) -> None:
    assert "unset it first" in cli("collect", graded, status=2).stderr


def test_a_plan_that_was_changed_in_between_is_refused(graded: Path, run: Run) -> None:
    assert "somebody has changed it" in run("forge", "post", graded, "--prepare-only", "--plan-sha256", "0" * 64, status=2).stderr


def test_a_roster_takes_the_newest_pull_request_or_else_the_default_branch(cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    fake.open_pull("course/ada", 1, SHA["wrong"], source=b"1")
    fake.open_pull("course/ada", 9, SHA["right"], source=b"2")
    bob = fake.repo("course/bob")
    bob.branches["main"] = SHA["empty"]
    bob.files[SHA["empty"], "autodiff.py"] = b"3"
    (tmp_path / "roster.csv").write_text("id,repository\nada,course/ada\nbob,course/bob\neve,course/eve\n", "utf-8")
    ended = cli("plan", "--roster", tmp_path / "roster.csv", "--out", tmp_path / "work")
    entries = json.loads((tmp_path / "work" / "plan.json").read_text("utf-8"))["entries"]
    assert [(e["id"], e["number"], e["sha"]) for e in entries] == [("ada", 9, SHA["right"]), ("bob", None, SHA["empty"])]
    assert "course/eve: " in ended.stderr
    assert (tmp_path / "work" / "submissions" / "bob" / "autodiff.py").read_bytes() == b"3"


def test_a_roster_that_is_none_is_told_with_its_line(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("id,repository\nada,course/ada\n../eve,course/eve\n", "utf-8")
    assert "roster.csv:3: '../eve' can't be an id" in cli("plan", "--roster", tmp_path / "roster.csv", "--out", tmp_path, status=2).stderr


# ---- sending ----


def test_comments_and_checks_are_posted_once_and_more_than_fifty_annotations_arrive(
    graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path
) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    cli("post", work, "--send-only", "--login", APP)
    repo = fake.repo("course/work")
    assert [len(fake.bodies("course/work", n, APP)) for n in range(1, 7)] == [1] * 6
    checks = {check["head_sha"]: check for check in repo.checks}
    assert {check["status"] for check in checks.values()} == {"completed"}
    assert checks[SHA["right"]]["conclusion"] == "success"
    assert checks[SHA["wrong"]]["conclusion"] == "failure"
    assert len(checks[SHA["wrong"]]["_annotations"]) == len(items(graded)[2].annotations) > 50
    before = len(fake.writes)

    assert "sent before" in cli("post", work, "--send-only", "--login", APP).stdout
    (work / "journal.jsonl").unlink()
    assert "comment unchanged, check unchanged" in cli("post", work, "--send-only", "--login", APP).stdout
    assert len(fake.writes) == before


def test_sending_needs_nothing_but_the_standard_library(graded: Path, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "grader.pull_requests", work, "--login", APP],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"GITHUB_TOKEN": "app", "GITHUB_API_URL": fake.url},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(fake.repo("course/work").checks) == 6


def test_a_force_push_in_between_and_a_closed_pull_request_are_left_alone(graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    repo = fake.repo("course/work")
    repo.pulls[1]["sha"] = "9" * 40
    repo.pulls[2]["state"] = "closed"
    said = cli("post", copied(graded, tmp_path), "--send-only", "--login", APP).stdout
    assert "course+work+1: comment left out: a newer commit was pushed since" in said
    assert "course+work+2: comment left out: the pull request is closed" in said
    assert fake.bodies("course/work", 1) == fake.bodies("course/work", 2) == []
    assert {check["head_sha"] for check in repo.checks} & {SHA["right"], SHA["wrong"]} == set()


def test_where_a_token_may_write_comments_only_they_are_written_and_the_rest_is_told(
    graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path
) -> None:
    set_up(fake)
    fake.tokens["app"] = Token(APP, frozenset({"comments"}))
    summary = tmp_path / "summary.md"
    ended = cli("post", copied(graded, tmp_path), "--send-only", "--login", APP, status=2, GITHUB_STEP_SUMMARY=str(summary))
    assert "it needs checks: write" in ended.stdout
    assert "6 of 6 could not be posted" in ended.stdout
    assert len(fake.bodies("course/work", 2, APP)) == 1
    assert "checks: write" in summary.read_text("utf-8")
    again = cli("post", copied(graded, tmp_path / "again"), "--send-only", "--login", APP, "--no-checks").stdout
    assert "course+work+2: comment unchanged, check not wanted" in again


def test_a_read_only_token_is_told_and_an_app_must_say_its_name(graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    assert "name it with --login" in cli("post", work, "--send-only", status=2).stdout
    fake.tokens["app"] = Token(APP, frozenset())
    assert "it needs pull-requests: write" in cli("post", work, "--send-only", "--login", APP, status=2).stdout
    assert fake.repo("course/work").checks == []


def test_a_person_may_post_by_hand_without_checks(graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    fake.tokens["mine"] = Token("prof", frozenset({"comments"}), is_app=False)
    cli("post", copied(graded, tmp_path), "--send-only", "--no-checks", token="mine")
    assert len(fake.bodies("course/work", 1, "prof")) == 1


def test_a_run_that_met_a_limit_goes_on_from_its_journal(
    graded: Path, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "app")
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    fake.refusals = [Refusal("POST", CHECKS, 429, "Too many", {"retry-after": "86400"})]
    assert send_main([str(work), "--login", APP], fake.clock) == 2
    assert len(fake.repo("course/work").checks) == 0
    assert send_main([str(work), "--login", APP], fake.clock) == 0
    assert len(fake.repo("course/work").checks) == 6
    assert [len(fake.bodies("course/work", n, APP)) for n in range(1, 7)] == [1] * 6


def test_a_check_whose_annotations_broke_off_is_made_again(
    graded: Path, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "app")
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    fake.refusals = [Refusal("PATCH", CHECKS, 502, "Bad gateway")]
    assert send_main([str(work), "--login", APP], fake.clock) == 2
    assert send_main([str(work), "--login", APP], fake.clock) == 0
    last = [check for check in fake.repo("course/work").checks if check["head_sha"] == SHA["wrong"]][-1]
    assert (last["status"], len(last["_annotations"])) == ("completed", len(items(graded)[2].annotations))


def test_posting_stops_before_its_token_ends_and_another_token_goes_on(
    graded: Path, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(fake)
    work, clock, output = copied(graded, tmp_path / "work"), fake.clock, tmp_path / "output"
    earlier = Journal(work / "journal.jsonl")
    for number in range(476):  # the hour has room for four more writes
        earlier.wrote(clock.now() - 600 + number)
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setenv("GITHUB_TOKEN", "app")
    fake.tokens["app"] = Token(APP, ends=clock.now() + 300)
    assert send_main([str(work), "--login", APP, "--minutes", "4"], clock) == 75
    said = capsys.readouterr().out
    assert "5 of 6 are left: the token is about to end" in said
    assert "could not be posted" not in said
    assert output.read_text("utf-8") == "left=5\n"
    assert clock.now() < fake.tokens["app"].ends - 60
    # 2 comments and a check; the check with five requests for its annotations is not begun, for it could not be finished
    assert {check["status"] for check in fake.repo("course/work").checks} == {"completed"}
    assert [len(fake.bodies("course/work", number, APP)) for number in range(1, 7)] == [1, 1, 0, 0, 0, 0]

    assert send_main([str(work), "--wait"], clock) == 0
    monkeypatch.setenv("GITHUB_TOKEN", "another")
    fake.tokens["another"] = Token(APP, ends=clock.now() + 3600)
    assert send_main([str(work), "--login", APP, "--minutes", "55"], clock) == 0
    assert {check["head_sha"] for check in fake.repo("course/work").checks if check["status"] == "completed"} == set(SHA.values())
    assert [len(fake.bodies("course/work", number, APP)) for number in range(1, 7)] == [1] * 6


def test_a_limit_that_lasts_longer_than_the_token_is_left_to_the_next_run(
    graded: Path, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(fake)
    work = copied(graded, tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "app")
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    fake.refusals = [Refusal("POST", CHECKS, 403, "You have exceeded a secondary rate limit", {"retry-after": "3600"})]
    assert send_main([str(work), "--login", APP, "--minutes", "55"], fake.clock) == 75
    assert max(fake.clock.slept) <= 1  # the second between two writes
    assert send_main([str(work), "--login", APP, "--minutes", "55"], fake.clock) == 0


def test_a_plan_of_what_is_new_leaves_out_what_has_its_result(graded: Path, cli: Any, run: Run, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    output = tmp_path / "output"

    def new(folder: str, **environment: str) -> list[int]:
        output.write_text("", "utf-8")
        arguments = ("plan", "--repo", "course/work", "--out", tmp_path / folder, "--login", APP, "--new-only")
        cli(*arguments, GITHUB_OUTPUT=str(output), **environment)
        entries = json.loads((tmp_path / folder / "plan.json").read_text("utf-8"))["entries"]
        assert f"entries={len(entries)}\n" in output.read_text("utf-8")
        return sorted(entry["number"] for entry in entries)

    assert new("first") == [1, 2, 3, 4, 5, 6]
    (item,) = (item for item in read_items(graded) if item.number == 2)
    for posted in read_items(graded):
        write_item(tmp_path / "work", replace(posted, annotations=[]) if posted is item else posted)
    cli("post", tmp_path / "work", "--send-only", "--login", APP)
    assert new("second") == []
    fake.repo("course/work").pulls[2]["sha"] = "9" * 40  # a new commit
    assert new("third") == [2]
    assert new("fourth", AUTODIFF_KIT_SECRET="a secret of the course, and long enough") == [1, 2, 3, 4, 5, 6]


def test_a_commit_whose_comment_was_refused_stays_new(graded: Path, cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    set_up(fake)
    right = items(graded)[1]
    write_item(tmp_path / "work", right)
    fake.refusals = [Refusal("POST", "/issues/", 403, "Resource not accessible by integration")]
    cli("post", tmp_path / "work", "--send-only", "--login", APP, status=2)
    assert len(fake.repo("course/work").checks) == 1
    cli("plan", "--repo", "course/work", "--out", tmp_path / "again", "--login", APP, "--new-only")
    entries = json.loads((tmp_path / "again" / "plan.json").read_text("utf-8"))["entries"]
    assert 1 in {entry["number"] for entry in entries}


def test_a_roster_may_come_as_a_text_and_its_mistakes_are_told(cli: Any, fake: FakeGitHub, tmp_path: Path) -> None:
    fake.open_pull("course/ada", 1, SHA["wrong"], source=b"1")
    cli("plan", "--out", tmp_path / "work", FORGE_STUDENTS="id,repository\nada,course/ada\n")
    assert json.loads((tmp_path / "work" / "plan.json").read_text("utf-8"))["entries"][0]["id"] == "ada"
    told = cli("plan", "--out", tmp_path / "work", status=2, FORGE_STUDENTS="id,repository\n../eve,course/eve\n").stderr
    assert "students.csv:2: '../eve' can't be an id" in told


def test_three_hundred_students_are_posted_without_once_meeting_a_limit(graded: Path, tmp_path: Path) -> None:
    clock = FakeClock()
    with FakeGitHub(clock) as fake:
        set_up(fake)
        fake.limited = True
        few = replace(items(graded)[1], annotations=[])
        many = [replace(few, id=f"s{n}", number=n, sha=f"{n:040x}") for n in range(10, 310)]
        for item in many:
            fake.open_pull("course/work", item.number or 0, item.sha)
        journal = Journal(tmp_path / "journal.jsonl")
        forge = GitHub("app", Pace(clock, journal.writes, journal.wrote), fake.url, APP)
        sent = list(send(forge, many, journal, Channels(), lambda _: None))
        assert all(one.is_done for one in sent)
        assert len(fake.writes) == 600
        assert max(clock.slept) < 3600
        assert fake.violations == []
    assert len(Journal(tmp_path / "journal.jsonl").writes) == 600


def test_an_outbox_that_is_empty_is_told(cli: Any, tmp_path: Path) -> None:
    (tmp_path / OUTBOX).mkdir()
    assert "holds nothing to post" in cli("post", tmp_path, "--send-only", status=2).stdout
