"""What people decide about points: a log that is only added to, a policy for lateness, and what both make of a report."""
