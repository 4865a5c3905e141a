"""Read one file out of a git repository or bundle with dulwich: the part that runs in a process of its own, limited."""

import io
import resource
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from dulwich.bundle import read_bundle
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.refs import DiskRefsContainer
from dulwich.walk import Walker

from grader.intake import CONTENT_CAP, Submission, Target, submission_of, unusable
from grader.intake.kinds import is_skipped
from grader.intake.listing import LINK, Entry, parts_of
from grader.intake.refusal import Unusable

MEMORY = 2 << 30
DEEPEST = 20
ENTRIES = 20_000
"""Files and folders of a commit, without those in hidden and dependency folders."""
BRANCHES = (
    b"refs/heads/main",
    b"refs/heads/master",
    b"refs/remotes/origin/HEAD",
    b"refs/remotes/origin/main",
    b"refs/remotes/origin/master",
)


class Lacking(Unusable):
    """The repository has no such ref, or no commit that is early enough; `option`, ref or before, is what asked for it."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(problem)
        self.option = option


def limit() -> None:
    """Give this process little memory: what a pack unfolds to must fit into it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: Path, ref: str, before: float | None, target: Target) -> tuple[Submission, float | None, str]:
    """Return the submission at the commit, without an id; when the commit says it was made, None without one; and `Lacking.option`."""
    try:
        if path.suffix == ".bundle":
            with path.open("rb") as file:
                return *_read(*_bundle(path, file), ref, before, target), ""
        return *_read(*_folder(path), ref, before, target), ""
    except Lacking as why:
        return unusable("", why), None, why.option
    except Unusable as why:
        return unusable("", why), None, ""
    except MemoryError:
        return unusable("", "The repository can't be read: it unfolds to more than a repository may hold."), None, ""
    except Exception as error:  # whatever a library stumbles over in a damaged repository is that student's problem alone
        return unusable("", f"The repository can't be read: {type(error).__name__}: {error}."), None, ""


def _folder(path: Path) -> tuple[Any, dict[bytes, bytes]]:
    inside = path if (path / "objects").is_dir() else path / ".git"
    store = DiskObjectStore(str(inside / "objects"))
    names = DiskRefsContainer(str(inside))
    refs = {bytes(name): bytes(value) for name, value in names.as_dict().items()}
    return store, refs


def _bundle(path: Path, file: Any) -> tuple[Any, dict[bytes, bytes]]:
    if path.stat().st_size > CONTENT_CAP:
        raise Unusable(f"{path.name} is larger than {CONTENT_CAP // 1_000_000} MB.")
    store = MemoryObjectStore()
    with read_bundle(file) as bundle:
        if bundle.prerequisites:
            raise Unusable("The bundle holds only a part of the history: make it with `git bundle create FILE --all`.")
        bundle.store_objects(store)
        return store, {bytes(name): bytes(value) for name, value in bundle.references.items()}


def _read(store: Any, refs: dict[bytes, bytes], ref: str, before: float | None, target: Target) -> tuple[Submission, float]:
    tip: Any = _tip(store, refs, ref)
    entries = iter(Walker(store, [tip], until=int(before) if before is not None else None, max_entries=1))
    entry = next(entries, None)
    if entry is None:
        raise Lacking("before", "There is no commit before the deadline.")
    files = list(_files(store, store[entry.commit.tree]))
    return submission_of("", files, target), entry.commit.commit_time


def _tip(store: Any, refs: dict[bytes, bytes], ref: str) -> Any:
    """Return the id of the commit that a branch, tag or full id names; without a ref, HEAD's."""
    name = ref.encode()
    tried = [name, b"refs/heads/" + name, b"refs/tags/" + name, b"refs/remotes/origin/" + name] if ref else [b"HEAD", *BRANCHES]
    found = next((refs[candidate] for candidate in tried if candidate in refs), None)
    if found is None and len(name) == 40 and name in store:
        found = name
    branches = [value for key, value in refs.items() if key.startswith(b"refs/heads/")]
    if found is None and not ref and len(set(branches)) == 1:
        found = branches[0]
    if found is None or found not in store:
        if ref:
            raise Lacking("ref", f"There is no branch, tag or commit called {ref!r}.")
        raise Unusable("The repository holds no commit.")
    for _ in range(10):  # a tag may name a tag
        thing = store[found]
        if thing.type_name == b"commit":
            return bytes(found)
        if thing.type_name != b"tag":
            break
        found = thing.object[1]
    raise Unusable(f"{ref!r} is no commit.")


def _files(store: Any, tree: Any) -> Iterator[Entry]:
    """Yield the files of a tree. Other repositories in it are none."""
    todo, seen = [(PurePosixPath(), tree)], 0
    while todo:
        folder, tree = todo.pop()
        for entry in tree.iteritems():
            seen += 1
            parts = parts_of(str(folder / entry.path.decode("utf-8", "surrogateescape")))
            if not parts or is_skipped(parts):
                continue
            inside = PurePosixPath(*parts)
            if seen > ENTRIES or len(parts) > DEEPEST:
                raise Unusable("The repository holds too many files.")
            if stat.S_ISDIR(entry.mode):
                todo.append((inside, store[entry.sha]))
            elif not stat.S_ISREG(entry.mode):
                yield Entry(inside, io.BytesIO, LINK if stat.S_ISLNK(entry.mode) else "another repository")
            else:
                yield Entry(inside, partial(_blob, store, entry.sha))


def _blob(store: Any, sha: bytes) -> io.BytesIO:
    return io.BytesIO(store[sha].as_raw_string())
