"""Simulated users of an AI assistant, and what is known to be true of them."""
