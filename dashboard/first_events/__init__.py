"""The Overview page of a project that has no numbers yet."""
