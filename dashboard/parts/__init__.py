"""Pieces that pages are put together from. Every label arrives as a text child, never as HTML."""
