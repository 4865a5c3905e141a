"""A real course: nbgrader's own commands, a gradebook in SQLite or in a PostgreSQL server that is started here, ten submissions."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from notebooks import SUBMISSIONS, released_and_solved

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
STUDENTS = tuple(SUBMISSIONS)


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run a module of this Python as a command, and return what it printed to both streams; it must end with `status`."""
    home = tmp_path_factory.mktemp("home")

    def command(*arguments: object, cwd: Path = ROOT, status: int = 0) -> str:
        environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(ROOT)}
        environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
        ended = subprocess.run(
            [sys.executable, "-m", *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == status, ended.stdout[-3000:] + ended.stderr[-6000:]
        return ended.stdout + ended.stderr

    return command


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[str], str]]:
    """Start a PostgreSQL server in a folder of its own, by an ordinary user; return what makes a database and gives its URL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)) if shutil.which("psql") else []
    binaries = next((path for path in reversed(found) if (path / "initdb").exists()), None)
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    user = pwd.getpwuid(os.getuid()).pw_name
    if user == "root":  # PostgreSQL refuses to be run by root
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in names else "nobody"
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    shutil.chown(folder, user)

    def run(*arguments: object) -> None:
        switched = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run([*map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False, **switched)
        assert done.returncode == 0, done.stderr

    data, log = folder / "data", folder / "log"
    run(binaries / "initdb", "-D", data, "-U", "teacher", "--auth=trust", "--no-sync")
    run(binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")

    def create(name: str) -> str:
        run(binaries / "createdb", "-h", folder, "-U", "teacher", name)
        return f"postgresql://teacher@/{name}?host={folder}"

    try:
        yield create
    finally:
        run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return what makes an empty database and gives its URL."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")  # type: ignore[no-any-return]
    return lambda name: f"sqlite:///{tmp_path_factory.mktemp(name)}/gradebook.db"


@dataclass(frozen=True)
class Course:
    folder: Path
    db: str
    run: Callable[..., str]
    autograded: str

    def peek(self) -> dict[str, Any]:
        return peek(self.run, self.db)

    def report(self, student: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / "reports" / "autodiff" / student / "report.json").read_text()))

    def page(self, student: str) -> str:
        return (self.folder / "feedback" / student / "autodiff" / "autodiff.html").read_text()


def peek(run: Callable[..., str], db: str, *more: object) -> dict[str, Any]:
    """Return all scores and comments of a gradebook: by student, by cell."""
    return dict(json.loads(run("peek", db, *more, cwd=HERE).splitlines()[-1]))


@pytest.fixture(scope="session")
def course(new_database: Callable[[str], str], command: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The whole flow on a fresh course: generate, ten submissions, autograde, feedback, export."""
    folder = tmp_path_factory.mktemp("course") / "assignment"
    shutil.copytree(ROOT / "assignment", folder, ignore=shutil.ignore_patterns("release", "submitted", "autograded", "feedback", "*.db"))
    db = new_database("course")
    # Whoever runs nbgrader's own commands names the driver: SQLAlchemy's default is not the one that most have installed.
    url = db.replace("postgresql://", "postgresql+psycopg2://")
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {url!r}\nc.Sandboxed.diagnosis = False\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")

    def run(*arguments: object, status: int = 0) -> str:
        return command("nbgrader", *arguments, cwd=folder, status=status)

    run("db", "assignment", "add", "autodiff", "--duedate=2026-10-01 23:59:00 UTC")
    run("generate_assignment", "autodiff")
    released, solved = released_and_solved(folder)
    for student, make in SUBMISSIONS.items():
        handed_in = folder / "submitted" / student / "autodiff" / "autodiff.ipynb"
        handed_in.parent.mkdir(parents=True)
        made = make(json.loads(released), json.loads(solved))
        handed_in.write_text(made if isinstance(made, str) else json.dumps(made))
        day = 2 if student == "late" else 1
        (handed_in.parent / "timestamp.txt").write_text(f"2026-10-0{day} 12:00:00 UTC")
    said = run("autograde", "autodiff")
    run("generate_feedback", "autodiff")
    run("export", "--to", "grades.csv")
    return Course(folder, db, command, said)
