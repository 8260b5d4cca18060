"""Attributes for those who hear a page instead of seeing it."""

from __future__ import annotations

from typing import Any

DECORATIVE: dict[str, Any] = {"aria-hidden": "true"}
"""Says nothing that is not said in words beside it."""

CURRENT: dict[str, Any] = {"aria-current": "page"}
DISABLED: dict[str, Any] = {"aria-disabled": "true"}


def labelled(text: str) -> dict[str, Any]:
    """Add an accessible name to an element without visible text."""
    return {"aria-label": text}
