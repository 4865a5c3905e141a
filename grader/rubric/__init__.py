"""Read the rubric: YAML files become criteria, cases, points and sentences."""
