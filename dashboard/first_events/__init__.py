"""The Overview page of a project without numbers."""
