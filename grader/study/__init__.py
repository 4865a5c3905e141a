"""A small randomised study in a course: assign arms, make pseudonymised tables, plan the size, and analyse. study/README.md shows one."""
