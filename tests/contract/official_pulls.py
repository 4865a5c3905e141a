"""Pull requests that the official run meets: a right and a wrong one, and four without a file that can be graded."""

from conftest import REFERENCE
from fake_github import FakeGitHub, Token

APP = "course-grader[bot]"
SHA = {name: letter * 40 for name, letter in zip(("right", "wrong", "gone", "empty", "link", "large"), "abcdef", strict=True)}
BROKEN = REFERENCE + "".join(
    f"\ndef {name}(a, b=None):\n    return None\n" for name in ("add", "sub", "mul", "div", "log", "exp", "sin", "cos")
)


def set_up(fake: FakeGitHub) -> None:
    fake.tokens["app"] = Token(APP)
    fake.open_pull("course/work", 1, SHA["right"], source=REFERENCE.encode())
    fake.open_pull("course/work", 2, SHA["wrong"], head="ada/work", source=BROKEN.encode())
    fake.open_pull("course/work", 3, SHA["gone"], head="deleted")
    fake.open_pull("course/work", 4, SHA["empty"])
    fake.open_pull("course/work", 5, SHA["link"])
    fake.open_pull("course/work", 6, SHA["large"], source=b"#" * 1_000_001)
    repo = fake.repo("course/work")
    repo.files[SHA["link"], "autodiff.py"] = "../../etc/passwd"
    repo.runs = [sha for name, sha in SHA.items() if name != "wrong"]
