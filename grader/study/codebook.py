"""The tables of a study: their columns, in words. The headers are made from this list, so that codebook and tables agree."""

from collections.abc import Mapping

TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "students": (
        "One row for each participant, whether or not anything came in: everybody who was assigned and not erased.",
        {
            "student": "Pseudonym: HMAC-SHA-256 of the id under a key that is kept elsewhere.",
            "arm": "The arm to which the person was assigned, whatever the person was shown.",
            "stratum": "The stratum within which the arm was drawn; `all` where there was one.",
            "status": "Of the submission: graded, unusable, not graded, or missing where nothing came in.",
            "score": "Points of the assignment that count, decisions of people included. Empty without a graded submission.",
            "bonus": "Bonus points.",
            "reports": "How many reports were written for the person. It is not known whether they were read.",
            "named": "How many of these reports named a misconception.",
            "pre": "Points of the quick check before. A question without an answer counts 0. Empty where the person answered nothing.",
            "post": "Points of the quick check after, in the same way.",
        },
    ),
    "criteria": (
        "One row for each participant with a graded submission and each criterion: the report that counts.",
        {
            "student": "Pseudonym.",
            "step": "Step of the assignment.",
            "criterion": "Criterion of the rubric.",
            "points": "Points that count. Empty while a person has still to give some.",
            "max_points": "The most points.",
            "bonus": "yes or no: bonus counts in no score.",
            "outcome": "How the first case that did not pass ended; pass where all did.",
        },
    ),
    "attempts": (
        "One row for each version that came in, as far as platform or git say when, and one for each grading that wrote a report.",
        {
            "student": "Pseudonym.",
            "kind": "`handed in`: time of platform or commit. `graded`: time at which a report was written.",
            "number": "Number among the rows of this kind and person, from 1.",
            "hours": "Hours since the person was assigned. Negative: before. Empty: the time is not known. No date is kept.",
            "version": "The number of the program among the person's different programs that were graded, from 1. Empty for `handed in`.",
            "score": "Points in that report. Empty for `handed in` and without points.",
        },
    ),
    "misconceptions": (
        "One row for each participant and each known misconception that a grading found, also where the arm does not show it.",
        {
            "student": "Pseudonym.",
            "misconception": "Its id in reference/misconceptions/.",
            "criteria": "How many criteria it explained when it was found first.",
            "first_hours": "Hours from assignment to the report in which it was found first.",
            "last_hours": "Hours from assignment to the report in which it was found last.",
            "shown": "yes where some report of this person named it; no where the arm hid it.",
            "persists": "yes: found in an earlier program and in the latest. no: in an earlier one alone. new: in the latest alone. "
            "Empty: only one program was graded.",
        },
    ),
    "checks": (
        "One row for each participant, quick check and question.",
        {
            "student": "Pseudonym.",
            "when": "before or after.",
            "question": "The column of your file.",
            "points": "Points. Empty: no answer.",
        },
    ),
    "shown": (
        "One row for each report that was written for a participant. OUT/.course/shown/ holds the same with the hash of each report.",
        {
            "student": "Pseudonym.",
            "hours": "Hours from assignment to the report.",
            "arm": "The arm that shaped the report. Empty: two people of different arms handed in together and got the whole report.",
            "named": "yes where the report named a misconception.",
            "page": "yes where a page was written.",
        },
    ),
}
"""By name of the table: what a row is, and what each column holds."""


def codebook(facts: Mapping[str, str]) -> str:
    """Return codebook.md. `facts` are sentences on this study, by their heading."""
    parts = [
        "# Codebook",
        "Names are pseudonyms, so these tables are still personal data: whoever holds the key can name each person, and whoever knows a "
        "person's points can find the row. Keep them as you promised the participants.",
        *(f"**{title}.** {text}" for title, text in facts.items()),
    ]
    for name, (about, columns) in TABLES.items():
        rows = "\n".join(f"| `{column}` | {says} |" for column, says in columns.items())
        parts.append(f"## {name}.csv\n\n{about}\n\n| column | meaning |\n| --- | --- |\n{rows}")
    return "\n\n".join(parts) + "\n"
