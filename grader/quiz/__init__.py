"""Quick checks and trace tables for lectures: every number comes from the reference, every wrong option from a known misconception."""
