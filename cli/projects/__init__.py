"""Manage projects, goals and people: `turret project` and `turret person`."""
