"""Show rows as tables."""
