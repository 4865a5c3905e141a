"""Post the score of a finished run. Used by post-score.yml; standard library only, and nothing of a pull request is run."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from grader.pull_requests.course_ci.post_provisional import main  # noqa: E402  the path to it is set above

sys.exit(main(sys.argv[1:]))
