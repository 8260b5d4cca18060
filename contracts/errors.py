"""The root of every error that Turret raises on purpose; each package draws its own tree in its `errors.py`."""

from __future__ import annotations


class TurretError(Exception):
    """Something a person can mend: one clear sentence that names the thing, the value and what is allowed."""
