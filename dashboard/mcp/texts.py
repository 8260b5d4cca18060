"""Texts of users on their way to an assistant: marked as data, cut, or left out.

Anybody who can write to the app can write sentences that look like instructions. They are put between tags that no text
can close, and the server's instructions explain the tags.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENING, CLOSING = "<user_text>", "</user_text>"
MAX_CHARACTERS = 300
MAX_NAME_CHARACTERS = 120
TEXTS = frozenset({"text", "example", "description", "keywords", "metadata", "comment"})
"""Columns that hold the text of a user, or text that is derived from one word for word."""
NOT_NAMES = frozenset({"version", "next_cursor"})
_TAG = re.compile(r"<(?=/?\s*user_text)", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def for_assistant(value: Any, *, with_texts: bool) -> Any:
    """Prepare rows for an assistant: mark and cut texts, or leave them out, and cut names."""
    if isinstance(value, list):
        return [for_assistant(one, with_texts=with_texts) for one in value]
    if isinstance(value, dict):
        return _row(value, with_texts=with_texts)
    return _cut(value, MAX_NAME_CHARACTERS) if isinstance(value, str) else value


def mark(text: str) -> str:
    """Mark a text as data, and cut it to the maximum length."""
    return f"{OPENING}{_cut(_TAG.sub('(', text), MAX_CHARACTERS)}{CLOSING}"


def _row(row: Mapping[str, Any], *, with_texts: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if name not in TEXTS:
            shown[name] = value if name in NOT_NAMES else for_assistant(value, with_texts=with_texts)
        elif with_texts and value is not None:
            shown[name] = mark(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return shown


def _cut(text: str, most: int) -> str:
    visible = _INVISIBLE.sub(" ", text)
    return visible if len(visible) <= most else f"{visible[: most - 1]}…"
