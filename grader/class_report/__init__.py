"""What the results of a whole class say: about each step, each criterion, and about mistakes that many made (see `data`)."""
