import sys

from grader.forge.sending import main

sys.exit(main(sys.argv[1:]))
