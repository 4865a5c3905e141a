"""The provisional score reaches the pull request, once, over HTTP, in words that GitHub's own description allows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_github import FakeClock, FakeGitHub, Refusal, Token
from scene import BOT, OLD, REPO, SHA, Scene, results, wrong

from grader.pull_requests.course_ci.rate_limit import Pace

COMMENTS = "/issues/{issue_number}/comments"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeGitHub() as fake:
        yield Scene(fake, tmp_path)
    assert fake.violations == []


def test_a_score_is_written_then_left_alone_then_brought_up_to_date(scene: Scene) -> None:
    scene.upload(wrong())
    assert "was written" in scene.post()
    [first] = scene.ours
    assert "### Public tests: 40 of 48 points" in first
    assert "*provisional*" in first
    assert "| ❌ | Derivative propagation | **8** / 16 |" in first
    assert "`y.partial_derivative = 1.5`" in first
    assert f"https://github.com/{REPO}/actions/runs/500" in first

    scene.run["id"] = 501
    assert "says so already" in scene.post()
    assert scene.ours == [first]

    scene.run["id"] = 502
    scene.upload(results())
    assert "up to date" in scene.post()
    [second] = scene.ours
    assert "48 of 48 points and 15 bonus" in second
    assert [method for method, _ in scene.fake.log if method != "GET"] == ["POST", "PATCH"]


def test_our_comment_is_found_behind_two_hundred_others(scene: Scene) -> None:
    for number in range(130):
        scene.fake.add_comment(REPO, 12, "ada", f"question {number}")
    scene.upload(wrong())
    scene.post()
    for number in range(130):
        scene.fake.add_comment(REPO, 12, "bob", f"answer {number}")
    scene.upload(results())
    assert "up to date" in scene.post()
    assert len(scene.ours) == 1
    assert any("&page=2" in target for _, target in scene.fake.log)


def test_a_marker_in_somebody_elses_comment_is_no_marker(scene: Scene) -> None:
    scene.upload(wrong())
    scene.post()
    [ours] = scene.ours
    scene.fake.repo(REPO).comments[12] = []
    scene.fake.add_comment(REPO, 12, "ada", ours)
    scene.fake.add_comment(REPO, 12, BOT, f"quoted by another workflow:\n{ours}")
    assert "was written" in scene.post()
    assert scene.fake.bodies(REPO, 12, "ada") == [ours]
    assert len(scene.ours) == 2


def test_an_earlier_run_that_ends_later_changes_nothing(scene: Scene) -> None:
    scene.upload(results())
    scene.run["id"] = 600
    scene.post()
    scene.run["id"] = 599
    scene.upload(wrong())
    assert "later run has written already" in scene.post()
    assert "48 of 48" in scene.ours[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    {
        "the commit is not the newest any more": ({"head_sha": OLD}, "a newer push has its own run"),
        "the branch belongs to nobody's pull request": ({"head_branch": "other"}, "no open pull request"),
        "the fork was deleted": ({"head_repository": None}, "no open pull request"),
        "it was no pull request": ({"event": "push"}, "was not"),
        "it was another workflow of the same name": ({"path": ".github/workflows/mine.yml"}, "was not"),
    }.values(),
    ids=lambda value: None,
)
def test_nothing_is_posted_and_that_is_said_where(changes: dict[str, object], why: str, scene: Scene) -> None:
    scene.run |= changes
    scene.upload(results())
    assert why in scene.post()
    assert why in scene.summary
    assert scene.ours == []


def test_a_copied_commit_does_not_post_on_another_students_pull_request(scene: Scene) -> None:
    scene.fake.open_pull(REPO, 13, SHA, head="mallory/ada", branch="work")
    scene.run["head_repository"] = {"full_name": "mallory/ada", "id": 8}
    scene.upload(results())
    scene.post()
    assert scene.ours == []
    assert len(scene.fake.bodies(REPO, 13, BOT)) == 1


def test_of_two_pull_requests_from_one_branch_the_one_to_the_default_branch_is_told(scene: Scene) -> None:
    scene.fake.open_pull(REPO, 14, SHA, base="draft")
    scene.upload(results())
    scene.post()
    assert [len(scene.ours), len(scene.fake.bodies(REPO, 14))] == [1, 0]


@pytest.mark.parametrize(
    ("conclusion", "artifacts", "sentence"),
    [
        ("cancelled", [], "was cancelled"),
        ("timed_out", [], "took too long"),
        ("success", [{"name": "score", "expired": True}], "has expired"),
        ("failure", [], "ended without a result"),
        ("success", [{"name": "score", "expired": False}], "could not be fetched"),
    ],
)
def test_a_run_without_a_result_is_told_and_is_no_zero(
    conclusion: str, artifacts: list[dict[str, object]], sentence: str, scene: Scene
) -> None:
    scene.run["conclusion"] = conclusion
    scene.fake.repo(REPO).artifacts[500] = artifacts
    scene.post()
    [told] = scene.ours
    assert sentence in told
    assert "No score is not a zero" in told
    assert " 0 of " not in told


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    {
        "a read-only token": (Refusal("POST", COMMENTS, 403, "Resource not accessible by integration"), "it needs pull-requests: write"),
        "no such repository": (Refusal("GET", COMMENTS, 404, "Not Found"), "the token may not see it"),
        "not understood": (Refusal("POST", COMMENTS, 422, "Validation Failed"), "refused what was sent"),
        "comments are locked": (Refusal("POST", COMMENTS, 410, "Issues are disabled"), "there is no such thing"),
        "an outage while writing": (Refusal("POST", COMMENTS, 502, "Bad gateway", after_doing=True), "may have written it"),
    }.values(),
    ids=lambda value: None,
)
def test_what_could_not_be_posted_is_told_on_the_runs_page_with_the_score(refusal: Refusal, sentence: str, scene: Scene) -> None:
    scene.fake.refusals = [refusal]
    scene.upload(wrong())
    printed = scene.post(status=1)
    assert "::error title=The score could not be posted::" in printed
    assert sentence in scene.summary


def test_a_write_that_got_no_answer_is_not_repeated_by_the_next_run(scene: Scene) -> None:
    scene.fake.refusals = [Refusal("POST", COMMENTS, 502, "Bad gateway", after_doing=True)]
    scene.upload(wrong())
    scene.post(status=1)
    assert "says so already" in scene.post()
    assert len(scene.ours) == 1


def test_an_unknown_token_is_told(scene: Scene) -> None:
    scene.upload(results())
    assert "does not know this token" in scene.post(status=1, GITHUB_TOKEN="bad")
    assert "no usable token" in scene.post(status=1, GITHUB_TOKEN="")


def test_a_token_that_writes_under_another_name_is_told_at_once(scene: Scene) -> None:
    scene.fake.tokens["good"] = Token("some-app[bot]")
    scene.upload(results())
    assert "name that with --login" in scene.post(status=1)


def test_a_token_is_never_sent_in_clear(scene: Scene) -> None:
    scene.upload(results())
    assert "is not https" in scene.post(status=1, GITHUB_API_URL="http://forge.example")


# ---- limits, on a clock of our own ----


@pytest.mark.parametrize(
    ("refusal", "waits"),
    {
        "429 with retry-after": (Refusal("POST", COMMENTS, 429, "Too many", {"retry-after": "17"}), 17),
        "403 with retry-after": (Refusal("POST", COMMENTS, 403, "You have exceeded a secondary rate limit", {"retry-after": "30"}), 30),
        "a secondary limit that names no time": (Refusal("POST", COMMENTS, 403, "You have exceeded a secondary rate limit"), 60),
        "the hour is used up": (
            Refusal("GET", COMMENTS, 403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000900"}),
            901,
        ),
        "an outage while reading": (Refusal("GET", COMMENTS, 503, "Unavailable"), 1),
    }.values(),
    ids=lambda value: None,
)
def test_a_limit_is_waited_for_as_long_as_it_asks(refusal: Refusal, waits: float, scene: Scene) -> None:
    scene.fake.refusals = [refusal]
    scene.upload(results())
    assert scene.post_on(scene.fake.clock) == 0
    assert waits in scene.fake.clock.slept
    assert len(scene.ours) == 1


def test_a_limit_that_would_take_too_long_is_told(scene: Scene) -> None:
    scene.fake.refusals = [Refusal("POST", COMMENTS, 429, "Too many", {"retry-after": "90000"})]
    scene.upload(results())
    assert scene.post_on(scene.fake.clock) == 1
    assert "run again after that" in scene.summary
    assert scene.fake.clock.slept == []


def test_a_secondary_limit_without_an_end_is_told_after_doubled_waits(scene: Scene) -> None:
    scene.fake.refusals = [Refusal("POST", COMMENTS, 403, "You have exceeded a secondary rate limit", times=99)]
    scene.upload(results())
    assert scene.post_on(scene.fake.clock) == 1
    assert [seconds for seconds in scene.fake.clock.slept if seconds >= 60] == [60, 120, 240, 480, 960]


def test_six_hundred_writes_stay_within_the_limits_of_a_minute_and_an_hour() -> None:
    clock = FakeClock()
    times: list[float] = []
    pace = Pace(clock, wrote=times.append)
    for _ in range(600):
        pace.before_write()
    for most, seconds in ((80, 60), (500, 3600)):
        assert max(sum(time <= other < time + seconds for other in times) for time in times) <= most
    assert times[-1] - times[0] < 2 * 3600
