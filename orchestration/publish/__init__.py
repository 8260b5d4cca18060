"""Publish the marts as one read-only file, and skip a run that would change nothing."""
