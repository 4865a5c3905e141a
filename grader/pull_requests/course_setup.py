"""The steps that set up a course on GitHub. Each looks first at what is there, so that they can be repeated without harm."""

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.csv_reader import read_table
from grader.escape import plain
from grader.kit import Kit
from grader.model import KitFault
from grader.plan.plan import Plan
from grader.pull_requests.gh_command import Gh, git
from grader.pull_requests.plan import read_roster
from grader.release.starter import HANDOUT, ci_files, starter_files, unfilled, write_files

CI, TAG = "ci", "v1"
"""The course's public repository, and the tag by which students' repositories call its workflow."""
ENVIRONMENT = "grader"
LONGEST = 48_000
"""Bytes of a variable on GitHub."""
STAFF = [{"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}]
TAG_RULES = {
    "name": "the course alone moves tags", "target": "tag", "enforcement": "active", "bypass_actors": STAFF,
    "conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}},
    "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
}  # fmt: skip
BRANCH_RULES = {
    "name": "the default branch is the course's", "target": "branch", "enforcement": "active", "bypass_actors": STAFF,
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        {"type": "pull_request", "parameters": {
            "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": True, "require_code_owner_review": False,
            "require_last_push_approval": False, "required_review_thread_resolution": False,
        }},
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Student:
    """A row of the roster. `login` is their name on GitHub, or empty where somebody else invites them."""

    id: str
    repo: str
    login: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be set up. `app_id` and `key` are empty until there is an App; `free` is GitHub's Free plan."""

    owner: str
    students: tuple[Student, ...]
    secret: str
    app_id: str = ""
    key: Path | None = None
    grader: str = "grader"
    handout: str = "handout"
    python: str = "3.12"
    free: bool = False


def read_students(path: Path, owner: str) -> tuple[Student, ...]:
    """Return the rows of a roster with the columns id and repository, and perhaps github. Raises KitFault."""
    logins = {row["repository"]: row["github"].removeprefix("@") for row in read_table(path, ("id", "repository")).rows}
    found = []
    for wanted in read_roster(path):
        if wanted.repo.partition("/")[0] != owner or wanted.repo.count("/") != 1:
            raise KitFault(f"{path}: the repository of {plain(wanted.id)} is {plain(wanted.repo)!r}, and should be {owner}/NAME")
        found.append(Student(wanted.id, wanted.repo, logins[wanted.repo]))
    names = [student.repo for student in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise KitFault(f"{path}: {', '.join(map(plain, twice))} stands there twice: each row has a repository of its own")
    return tuple(found)


def set_up(gh: Gh, kit: Kit, wanted: Wanted, plan: Plan | None = None) -> list[str]:
    """Do all steps, and return sentences about what is left for people to do. Raises KitFault where a step fails."""
    gh.check()
    gh.say("# A command that reads comes before one that writes: what is there is left alone.")
    for rules in (TAG_RULES, *(() if wanted.free else (BRANCH_RULES,))):
        gh.say(f'# The rules "{rules["name"]}" are {json.dumps(rules)}')
    left = [sentence for sentence in unfilled(kit, (HANDOUT,))]
    left += _grader_repository(gh, kit, wanted)
    left += _secrets_and_variables(gh, wanted)
    gh.say(f"# {wanted.owner}/{CI}, public: what keeps the comments on pull requests")
    _create(gh, f"{wanted.owner}/{CI}", "--public")
    _publish(gh, f"{wanted.owner}/{CI}", ci_files(kit, plan), tag=TAG)
    _rule(gh, f"{wanted.owner}/{CI}", TAG_RULES)
    gh.say(f"# {wanted.owner}/{wanted.handout}: the starter, as a template")
    _create(gh, f"{wanted.owner}/{wanted.handout}", "--private")
    _publish(gh, f"{wanted.owner}/{wanted.handout}", starter_files(kit, wanted.python, wanted.owner))
    gh.do("repo", "edit", f"{wanted.owner}/{wanted.handout}", "--template")
    for student in wanted.students:
        gh.say(f"# {plain(student.id)}")
        _create(gh, student.repo, "--private", "--template", f"{wanted.owner}/{wanted.handout}")
        if not wanted.free:
            _rule(gh, student.repo, BRANCH_RULES)
        if student.login:
            gh.do("api", "--method", "PUT", f"repos/{student.repo}/collaborators/{student.login}", "-f", "permission=push")
    if strangers := [student.id for student in wanted.students if not student.login]:
        left.append(f"invite to their repositories: {', '.join(map(plain, strangers))} (the roster's column github is empty or missing)")
    return left


def _grader_repository(gh: Gh, kit: Kit, wanted: Wanted) -> list[str]:
    """Create the private repository, and push the kit's commit to it if it is empty."""
    repo = f"{wanted.owner}/{wanted.grader}"
    gh.say(f"# {repo}, private: the official scores")
    if not (kit.root / ".git").exists():
        raise KitFault(f"{kit.root} is no git repository: run git init -b main, git add -A and git commit -m Kit there first")
    _create(gh, repo, "--private")
    there, here = gh.ask("api", f"repos/{repo}/commits/main", "--jq", ".sha"), git(kit.root, "rev-parse", "HEAD")
    left = []
    if git(kit.root, "status", "--porcelain", "--untracked-files=no"):
        left.append(f"commit what you changed in {kit.root}, and push it to {repo}: only commits count there")
    if not there:
        gh.push(kit.root, repo, "HEAD:refs/heads/main")
    elif there != here:
        how = f"git push https://github.com/{repo}.git HEAD:main"
        left.append(f"{repo} and this clone differ, and nothing was pushed; to bring it your commits: {how}")
    return left


def _secrets_and_variables(gh: Gh, wanted: Wanted) -> list[str]:
    """Make the environment, put the secrets there, and set the variables; a secret that is there is never replaced but the App's key."""
    repo, place = f"{wanted.owner}/{wanted.grader}", () if wanted.free else ("--env", ENVIRONMENT)
    if not wanted.free:
        path = f"repos/{repo}/environments/{ENVIRONMENT}"
        policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
        gh.do("api", "--method", "PUT", path, "--input", "-", given=json.dumps(policy), shown=json.dumps(policy))
        if "main" not in (gh.ask("api", f"{path}/deployment-branch-policies", "--jq", ".branch_policies[].name") or "").split():
            gh.do("api", "--method", "POST", f"{path}/deployment-branch-policies", "-f", "name=main")
    known = (gh.ask("secret", "list", "--repo", repo, *place, "--json", "name", "--jq", ".[].name") or "").split()
    if "AUTODIFF_KIT_SECRET" not in known:
        gh.do("secret", "set", "AUTODIFF_KIT_SECRET", "--repo", repo, *place, given=wanted.secret, shown="the course secret")
    if wanted.key:
        gh.do("secret", "set", "GRADER_APP_PRIVATE_KEY", "--repo", repo, *place, given=wanted.key.read_text("utf-8"), shown=str(wanted.key))
    if not (wanted.app_id and (wanted.key or "GRADER_APP_PRIVATE_KEY" in known)):
        return ["official scores wait for the GitHub App: make it (docs/ci.md), and run this again with --app-id and --app-key"]
    gh.do("variable", "set", "GRADER_APP_CLIENT_ID", "--repo", repo, "--body", wanted.app_id)
    gh.do("variable", "set", "GRADER_OWNER", "--repo", repo, "--body", wanted.owner)
    left, roster = ([f"delete {wanted.key}: the key is on GitHub now"] if wanted.key else []), _roster_text(wanted.students)
    if len(roster.encode()) > LONGEST:
        return [*left, "the roster is too long for a variable: commit it to the grader repository, and name its path in AUTODIFF_ROSTER"]
    gh.do("variable", "set", "AUTODIFF_STUDENTS", "--repo", repo, given=roster, shown=f"id,repository of {len(wanted.students)} students")
    return left


def _roster_text(students: tuple[Student, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("id", "repository"), *((student.id, student.repo) for student in students)])
    return text.getvalue()


def _create(gh: Gh, repo: str, *how: str) -> None:
    """Create a repository unless there is one."""
    if not gh.ask("api", f"repos/{repo}", "--jq", ".id"):
        gh.do("repo", "create", repo, *how)


def _rule(gh: Gh, repo: str, rules: Mapping[str, object]) -> None:
    """Create a ruleset unless there is one of its name."""
    if str(rules["name"]) not in (gh.ask("api", f"repos/{repo}/rulesets", "--paginate", "--jq", ".[].name") or "").splitlines():
        gh.do(
            "api",
            "--method",
            "POST",
            f"repos/{repo}/rulesets",
            "--input",
            "-",
            given=json.dumps(rules),
            shown=f'the rules "{rules["name"]}"',
        )


def _publish(gh: Gh, repo: str, files: dict[str, str], tag: str = "") -> None:
    """Make the files the content of a repository's branch main, in one more commit, and move the tag there; nothing if they are it."""
    tree = gh.ask("api", f"repos/{repo}/commits/main", "--jq", ".commit.tree.sha")
    tagged = gh.ask("api", f"repos/{repo}/commits/{tag}", "--jq", ".commit.tree.sha") if tag else tree
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        git(folder, "init", "--quiet", "--initial-branch", "main")
        write_files(files, folder)
        git(folder, "add", "--all", "--force")
        made = git(folder, "write-tree")
        if made == tree == tagged:
            gh.say(f"# {repo} is up to date")
            return
        parents = []
        if tree:
            git(folder, "-c", "credential.helper=", "-c", "credential.helper=!gh auth git-credential", "fetch", "--quiet",
                f"https://github.com/{repo}.git", "main")  # fmt: skip
            parents = ["-p", git(folder, "rev-parse", "FETCH_HEAD")]
        commit = parents[1] if made == tree else git(folder, "commit-tree", made, *parents, given="Written by the course's grader\n")
        gh.say("# one commit, made in a temporary folder, of what `grader release` writes")
        gh.push(folder, repo, f"{commit}:refs/heads/main", *([f"+{commit}:refs/tags/{tag}"] if tag else []))
