"""The read API for assistants: a few read-only tools that speak the Model Context Protocol."""
