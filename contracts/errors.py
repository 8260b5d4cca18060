"""The root of every error that Turret raises on purpose; each package draws its own tree in its `errors.py`."""

from __future__ import annotations


class TurretError(Exception):
    """An error that a person can fix: one clear sentence that names the thing, the value and what is allowed."""
