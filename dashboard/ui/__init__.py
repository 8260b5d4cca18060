"""Build pages from shared parts. Every label arrives as a text child, never as HTML."""
