"""The Numbers page."""
