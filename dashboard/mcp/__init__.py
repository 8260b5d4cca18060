"""The read API for AI assistants: a few read-only tools that speak the Model Context Protocol."""
