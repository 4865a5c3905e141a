"""Show a report.json to people: on a terminal, as Markdown."""
