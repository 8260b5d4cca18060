"""Simulate users of an AI assistant, and keep the truth about what they meant."""
