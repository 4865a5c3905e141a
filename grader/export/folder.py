"""Write one file a submission into a folder, named after it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grader.export.book import Book, Entry, Given


def files(book: Book, given: Given, entries: Iterable[Entry], content: Callable[[Entry], str]) -> Iterator[str]:
    """Write INTO/<id>.json for each entry and yield what was done. Who is left out is told."""
    folder: Path = given.need("into", "the folder to write files into, one a submission")
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for entry in entries:
        (folder / f"{entry.id}.json").write_text(content(entry) + "\n", "utf-8", "backslashreplace")
        written.add(entry.id)
    yield f"{len(written)} files written"
    if left := [entry.id for entry in book.entries if entry.id not in written]:
        yield f"no file for {', '.join(left)}: nothing came in, or it was not graded"
