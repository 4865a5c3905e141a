"""Recognise known misconceptions by the cases that a submission fails."""
