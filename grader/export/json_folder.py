"""Write one file a submission into a folder, named after it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grader.atomic_write import write_text
from grader.escape import plain
from grader.results.gradebook import Book, Entry, ExportOptions


def files(book: Book, given: ExportOptions, entries: Iterable[Entry], content: Callable[[Entry], str]) -> Iterator[str]:
    """Write INTO/<id>.json for each entry; yield what was done, and who has no file."""
    folder: Path = given.need("into", "the folder to write files into, one a submission")
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for entry in entries:
        write_text(folder / f"{entry.id}.json", content(entry) + "\n")
        written.add(entry.id)
    yield f"{len(written)} files written"
    left = [entry.id for entry in book.submissions() if entry.id not in written and (entry.status == "not graded" or entry.note)]
    if left:
        yield f"no file for {', '.join(map(plain, left))}: nothing came in, or it was not graded"
