"""Collect on other machines: questions and submissions go there, traces come back, and everything expected stays at home.

worker      what runs there; it needs the kit installed, and neither rubric nor reference
home        hands errands to any concurrent.futures.Executor and keeps the traces that come back
cluster     an existing Dask cluster as such an executor, its workers looked at first
"""
