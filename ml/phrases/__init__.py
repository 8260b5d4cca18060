"""Seed phrases in many languages."""
