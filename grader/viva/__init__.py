"""The oral check of one student: three questions about the student's own function and graph, with answers for the examiner."""
