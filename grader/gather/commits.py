"""Read one file out of a git repository or bundle with dulwich: the part that runs in a process of its own, limited."""

import resource
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dulwich.bundle import read_bundle
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.refs import DiskRefsContainer
from dulwich.walk import Walker

from grader.intake import ARCHIVE_CAP, MEMBERS, Wanted, submission_of

MEMORY = 2 << 30
DEEPEST = 20
BRANCHES = (
    b"refs/heads/main",
    b"refs/heads/master",
    b"refs/remotes/origin/HEAD",
    b"refs/remotes/origin/main",
    b"refs/remotes/origin/master",
)


class Unusable(ValueError):
    """There is no such commit; the message is a sentence."""


def limit() -> None:
    """Give this process little memory: what a pack unfolds to must fit into it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: Path, ref: str, before: float | None) -> tuple[bytes, str, float]:
    """Return the program at the commit, or a problem in a sentence, and when the commit says it was made."""
    try:
        if path.suffix == ".bundle":
            with path.open("rb") as file:
                return _read(*_bundle(path, file), ref, before)
        return _read(*_folder(path), ref, before)
    except Unusable as error:
        return b"", str(error), 0
    except MemoryError:
        return b"", "The repository can't be read: it unfolds to more than a repository may hold.", 0
    except Exception as error:  # whatever a library stumbles over in a damaged repository is that student's problem alone
        return b"", f"The repository can't be read: {type(error).__name__}: {error}.", 0


def _folder(path: Path) -> tuple[Any, dict[bytes, bytes]]:
    inside = path if (path / "objects").is_dir() else path / ".git"
    store = DiskObjectStore(str(inside / "objects"))
    names = DiskRefsContainer(str(inside))
    refs = {bytes(name): bytes(value) for name, value in names.as_dict().items()}
    return store, refs


def _bundle(path: Path, file: Any) -> tuple[Any, dict[bytes, bytes]]:
    if path.stat().st_size > ARCHIVE_CAP:
        raise Unusable(f"{path.name} is larger than {ARCHIVE_CAP // 1_000_000} MB.")
    store = MemoryObjectStore()
    with read_bundle(file) as bundle:
        if bundle.prerequisites:
            raise Unusable("The bundle holds only a part of the history: make it with `git bundle create FILE --all`.")
        bundle.store_objects(store)
        return store, {bytes(name): bytes(value) for name, value in bundle.references.items()}


def _read(store: Any, refs: dict[bytes, bytes], ref: str, before: float | None) -> tuple[bytes, str, float]:
    tip = _tip(store, refs, ref)
    entries = iter(Walker(store, [tip], until=int(before) if before is not None else None, max_entries=1))
    entry = next(entries, None)
    if entry is None:
        raise Unusable("There is no commit before the deadline.")
    tree = store[entry.commit.tree]

    def members(wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
        return _files(store, tree, wanted)

    work = submission_of("", members)
    return work.source, work.problem, entry.commit.commit_time


def _tip(store: Any, refs: dict[bytes, bytes], ref: str) -> bytes:
    """Return the commit that a ref names: a branch, a tag, the beginning of nothing. Without one, where HEAD stands."""
    name = ref.encode()
    tried = [name, b"refs/heads/" + name, b"refs/tags/" + name, b"refs/remotes/origin/" + name] if ref else [b"HEAD", *BRANCHES]
    found = next((refs[candidate] for candidate in tried if candidate in refs), None)
    if found is None and len(name) == 40 and name in store:
        found = name
    branches = [value for key, value in refs.items() if key.startswith(b"refs/heads/")]
    if found is None and not ref and len(set(branches)) == 1:
        found = branches[0]
    if found is None or found not in store:
        raise Unusable(f"There is no branch, tag or commit called {ref!r}." if ref else "The repository holds no commit.")
    for _ in range(10):  # a tag may name a tag
        thing = store[found]
        if thing.type_name == b"commit":
            return bytes(found)
        if thing.type_name != b"tag":
            break
        found = thing.object[1]
    raise Unusable(f"{ref!r} is no commit.")


def _files(store: Any, tree: Any, wanted: Wanted) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the wanted files of a tree. Links, and other repositories in it, are no files."""
    todo, seen = [(PurePosixPath(), tree)], 0
    while todo:
        folder, tree = todo.pop()
        for entry in tree.iteritems():
            seen += 1
            if seen > MEMBERS * 10 or len(folder.parts) > DEEPEST:
                raise Unusable("The repository holds too many files.")
            inside = folder / entry.path.decode("utf-8", "surrogateescape")
            if stat.S_ISDIR(entry.mode) and not inside.name.startswith((".", "__")):
                todo.append((inside, store[entry.sha]))
            elif stat.S_ISREG(entry.mode) and wanted(inside):
                yield inside, store[entry.sha].as_raw_string()
