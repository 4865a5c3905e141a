"""The folder of results: reports, grades.csv, and the index that lists what counts."""
