"""Grade pull requests on GitHub, and post the score on them."""
