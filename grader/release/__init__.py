"""Cut the starter, the notebook and other course files from the reference and the rubric."""
