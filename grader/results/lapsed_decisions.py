"""Decisions that count no longer, because something came in that is not what they were on.

A decision on an unusable submission is on the fault that was found, one on somebody missing on that nothing came in.
"""

from collections.abc import Iterator
from pathlib import Path

from grader.course.decision_log import AUTOMATIC, MISSING, UNUSABLE, Entry, state
from grader.course.roster import kept_roster, match
from grader.escape import plain
from grader.results.index import Index


def why_lapsed(out: Path, index: Index, entry: Entry) -> str:
    """Return why a decision counts no longer, in a few words; empty if it does, or if that is not known."""
    if entry.get("points") == AUTOMATIC or entry["kind"] not in (UNUSABLE, MISSING):
        return ""
    if entry["kind"] == UNUSABLE:
        name = entry["id"]
    else:
        whose = match(kept_roster(out), [name for name, each in index.entries.items() if not each.gone], out)
        name = whose.get(entry["id"], "")
    held = index.entries.get(name)
    if held is None or not held.has_report:
        return ""
    same = entry["kind"] == UNUSABLE and held.status == "unusable" and held.row["notes"][0] == entry["reason"]
    return "" if same else "it counts no longer: something else was handed in"


def lapsed(out: Path, index: Index) -> Iterator[str]:
    """Yield a sentence on each decision of those that hold last that counts no longer."""
    decided = state(out)
    for entry in (*decided.unusable.values(), *decided.missing.values()):
        if why := why_lapsed(out, index, entry):
            yield f"{plain(entry['id'])} had {entry['points']} points by {plain(entry['by'])} ({entry['kind']}): {why}"
