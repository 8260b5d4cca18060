"""Erase people, events that are too old, and texts that are, from landed files and the warehouse."""
