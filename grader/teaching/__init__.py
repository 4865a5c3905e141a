"""Compute what handout and slides show: values, trace tables and figures, from the reference and never typed."""
