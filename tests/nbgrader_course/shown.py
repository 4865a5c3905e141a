"""Run as a command: print the HTML that a feedback page makes of a comment."""

import sys

from nbconvert.filters import markdown2html

print(markdown2html(sys.argv[1]))
