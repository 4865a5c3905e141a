"""How long a submission may take. Seconds of CPU time, unless it says otherwise. SECURITY.md, the handout and examples/README.md state it.

A question is ended when it has used its CPU time, or when it sleeps (see `clock`).
"""

QUESTION_CPU = 1.0
"""For one question, besides the time for loading the module anew."""
LOAD_CPU = 2.0
BUDGET = 5.0
"""For all questions that share a budget, loading included. A step's own graphs, its given graphs and those with a known-good order are
charged apart, so that an endless topological_order costs forward nothing. So are cases that only bonus criteria ask."""
LATER_SHARE = 0.4
"""The share of a budget that a step's other budgets have once it has used up one: what never ends on one graph rarely ends on another.
A budget of bonus cases shortens no budget of core cases."""
FREE_SHARE = 0.18
"""The share of each question's limit that is not charged when it is asked first: a slow example at the end of a file, which runs
again for each question, must not cost its student points."""
WINDOW = 3.0
"""Seconds of wall time in which a process must run for AWAKE, or it sleeps."""
AWAKE = 0.3
SLACK = 2.0
"""Seconds of wall time that are charged like a second of CPU."""
