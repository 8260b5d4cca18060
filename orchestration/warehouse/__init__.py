"""Open the warehouse for one writer at a time, and read SQL for it."""
