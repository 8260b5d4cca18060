"""Retention: of the users who first spoke of a topic in a week, how many came back, and about what."""
