"""`nbgrader generate_feedback`: nbgrader's page, in which steps have their names, test code is folded away, and lines wrap."""

from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter


class FeedbackPage(HTMLExporter):  # type: ignore[misc]
    """Writes a feedback page from `templates/steps_feedback.html.j2`, which extends nbgrader's own template."""

    def __init__(self, config: Any, **options: Any) -> None:
        config = config.copy()
        nbgraders = config.HTMLExporter.extra_template_paths  # the folder of Bootstrap's style sheet
        config.FeedbackPage.extra_template_paths = [*nbgraders, str(Path(__file__).parent / "templates")]
        config.FeedbackPage.template_file = "steps_feedback.html.j2"
        super().__init__(config=config, **options)
