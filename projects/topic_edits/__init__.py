"""Edits of topics: their history, how one is made, and their result."""
