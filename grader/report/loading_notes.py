"""Say in sentences how loading a submission went: above the points of a report."""

from collections.abc import Iterator

from grader.formats import StatementRaised, Trace
from grader.messages import reason, say
from grader.model import Sentences

DETAILED = 3
"""Statements whose exceptions a report names; of further ones it names the lines."""


def loading_notes(sentences: Sentences, trace: Trace) -> Iterator[str]:
    """Yield what a student should know about loading: nothing where every statement ran."""
    loading, python = trace["loading"], trace["python"]
    if loading["kind"] in ("refused", "unusable"):
        yield loading["why"]
    elif loading["kind"] == "unreadable" and loading["unreadable"]:
        problem, line = loading["unreadable"]["message"], loading["unreadable"]["line"]
        key = "notes.unreadable_at" if line else "notes.unreadable"
        yield say(sentences, key, problem=problem, python=python, line=line)
    elif loading["kind"] != "loaded":
        yield say(sentences, "notes.not_loaded", why=reason(sentences, loading["why"]))
    else:
        yield from _statements(sentences, trace)


def _statements(sentences: Sentences, trace: Trace) -> Iterator[str]:
    """Yield which statements were left out, and which raised an exception."""
    loading = trace["loading"]
    if loading["omitted"]:
        lines = _places(sentences, trace, loading["omitted"], loading["omitted_total"])
        yield say(sentences, "notes.definitions_only", why=reason(sentences, loading["why"]), lines=lines)
    raised = loading["raised"]
    if loading["raised_total"] == 1:
        [(cell, line)] = [_place(trace["cells"], entry["statement"]) for entry in raised]
        key = "notes.cell_raised" if cell else "notes.raised"
        yield say(sentences, key, cell=cell, line=line, exception=_exception(sentences, raised[0]).rstrip("."), python=trace["python"])
    elif raised:
        lines = _places(sentences, trace, [entry["statement"] for entry in raised], loading["raised_total"])
        yield say(sentences, "notes.cells_raised" if trace["cells"] else "notes.raised_many", lines=lines, python=trace["python"])
        for entry in raised[:DETAILED]:
            cell, line = _place(trace["cells"], entry["statement"])
            yield say(sentences, f"notes.raised_in{'_cell' if cell else ''}", cell=cell, line=line, exception=_exception(sentences, entry))


def _exception(sentences: Sentences, entry: StatementRaised) -> str:
    """Return an exception in words, with the function of the submission that raised it where that is another line."""
    exception = f"{entry['kinds'][0]}: {entry['message']}" if entry["message"] else entry["kinds"][0]
    if entry["line"] in (None, entry["statement"]):
        return exception
    return say(sentences, "notes.inside", exception=exception, function=entry["function"], line=entry["line"])


def _places(sentences: Sentences, trace: Trace, lines: list[int], total: int) -> str:
    """Return lines as a list: of a notebook with their cells, and with their number where there are more than are listed."""
    places = [_place(trace["cells"], line) for line in dict.fromkeys(lines)]
    listed = [say(sentences, "notes.cell_place", cell=cell, line=line) if cell else str(line) for cell, line in places]
    more = [say(sentences, "values.more", count=total - len(lines))] if total > len(lines) else []
    return ", ".join(listed + more)


def _place(cells: list[int], line: int) -> tuple[int, int]:
    """Return the number of the code cell that a line lies in, and its line there; 0 and the line for a file."""
    first = 0
    for number, lines in enumerate(cells, start=1):
        if line <= first + lines:
            return number, line - first
        first += lines
    return 0, line
