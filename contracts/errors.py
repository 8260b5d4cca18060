"""The root of every error that Turret raises on purpose. Each package draws its own tree below it in its `errors.py`."""

from __future__ import annotations


class TurretError(Exception):
    """Something a person can mend; its text is one clear sentence that names the thing, the value and what is allowed."""
