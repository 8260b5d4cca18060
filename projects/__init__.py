"""Projects, API keys, plans, field overrides and topic edits, in a SQL database."""
