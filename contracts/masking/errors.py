"""The errors of masking."""

from __future__ import annotations

from contracts.errors import TurretError


class MaskingError(TurretError):
    """What should be masked is not described in a way that works; the message says what is allowed."""
