"""A course: its file course.yaml, its roster, and the decisions that people make about submissions."""
