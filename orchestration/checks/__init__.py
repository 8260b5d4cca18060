"""Run the quality gates as asset checks, and release what a gate blocks."""
