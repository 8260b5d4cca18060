"""Serve the HTTP routes for events."""
