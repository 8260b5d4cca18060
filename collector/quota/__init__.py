"""Decide which events a project's quota admits, and answer 429 for the others."""
