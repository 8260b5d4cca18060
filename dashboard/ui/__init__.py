"""Shared parts of pages. Every label is a text child, never HTML."""
