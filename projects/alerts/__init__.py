"""Alerts: their channels, rules and deliveries."""
