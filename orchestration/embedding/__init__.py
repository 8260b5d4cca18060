"""Embed the texts of the warehouse, each distinct text once per embedding model."""
