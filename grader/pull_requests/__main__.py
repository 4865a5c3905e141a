import signal
import sys

from grader.pull_requests.post import main

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends this without a traceback; what was posted is in the journal
sys.exit(main(sys.argv[1:]))
