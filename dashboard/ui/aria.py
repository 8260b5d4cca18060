"""Attributes for screen readers."""

from __future__ import annotations

from typing import Any

DECORATIVE: dict[str, Any] = {"aria-hidden": "true"}
"""Hides an element that only repeats text beside it."""

CURRENT: dict[str, Any] = {"aria-current": "page"}
DISABLED: dict[str, Any] = {"aria-disabled": "true"}


def labelled(text: str) -> dict[str, Any]:
    """Add an accessible name to an element without visible text."""
    return {"aria-label": text}
