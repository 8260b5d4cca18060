"""A conversation as a library recorded it, and the user's new messages in it.

Every model call repeats the history. The user's new messages are those at its end, after the last
answer and the last tool result. In a tool loop the user's message occurs again, but no longer at the end.

The shapes are those of `collector/conversations.py`, which reads archives. Here only the texts of users are
read, because every call has its whole history and a span may cost no more than three events of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from collector.conversations import MAX_DEPTH, REDACTED, ROLES, TOOL_RESULTS, content_text, decode_leniently
from collector.conversations import clean as without_odd_characters

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN_ROLES = ("user", "system")
"""Roles that may follow the user's new messages: instructions, which are not turns."""
MAX_NEW = 100
"""Maximum number of new messages in one call; of more, the last count."""
LIST_KEYS = ("messages", "input")


class Message(NamedTuple):
    """One message: its role, empty if unknown, and its text if it is the user's."""

    role: str
    text: str


class NewMessage(NamedTuple):
    """A new message of the user. `n_before` counts the user's earlier messages with the same text."""

    text: str
    n_before: int


TOOL_RESULT = Message("tool", "")


def find_new(messages: Sequence[Message], start: int = 0) -> list[NewMessage]:
    """Return the user's messages with text at the end; those before `start` are always history."""
    first = len(messages)
    while first > start and messages[first - 1].role in OPEN_ROLES:
        first -= 1
    earlier = [message.text for message in messages[:first] if message.text]
    new: list[NewMessage] = []
    for text in [message.text for message in messages[first:] if message.text][-MAX_NEW:]:
        new.append(NewMessage(text, earlier.count(text)))
        earlier.append(text)
    return new


def read_messages(value: Any) -> list[Message]:
    """Return the messages of a conversation; empty if it is not one.

    Args:
        value: A list of messages, an object that holds one, or either of them as JSON text.
    """
    if isinstance(value, str):
        value = load_json(value)
    for key in LIST_KEYS:
        if isinstance(value, dict) and key in value:
            inner = value[key]
            if isinstance(inner, str):
                return [Message("user", clean(inner))]
            value = inner
            break
    if isinstance(value, dict) and "role" in value:
        value = [value]
    if not isinstance(value, list):
        return []
    if len(value) == 1 and isinstance(value[0], list):  # LangChain writes a batch of conversations
        value = value[0]
    return [_message(item) for item in value if isinstance(item, dict)]


def load_json(text: str) -> Any:
    """Decode a JSON text; None if it is invalid, such as a truncated one."""
    if text[:1] not in {"[", "{", '"'}:
        return None
    try:
        return decode_leniently(text)
    except ValueError:
        return None


def clean(text: str) -> str:
    """Return a text in the form in which it may land, stripped; a hidden one is empty."""
    text = without_odd_characters(text).strip()
    return "" if text == REDACTED else text


def bare_text(value: Any, keys: Sequence[str], depth: int = 1) -> str:
    """Return an input that is a text, or its text under one of `keys`, as in function arguments; else nothing."""
    if depth > MAX_DEPTH:
        return ""
    if isinstance(value, str):
        inner = load_json(value)
        return clean(value) if inner is None else bare_text(inner, keys, depth + 1)
    if isinstance(value, dict):
        return next((text for key in keys if key in value and (text := bare_text(value[key], keys, depth + 1))), "")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return clean(value[0])
    return ""


def _message(item: dict[str, Any]) -> Message:
    name = item.get("role") or item.get("type")
    role = ROLES.get(name.lower(), "") if isinstance(name, str) else ""
    if role != "user":
        return Message(role, "")
    # Pydantic AI gives tool results the role of the user; nothing after one is new.
    for parts in (item.get("parts"), item.get("content")):
        if isinstance(parts, list):
            for part in parts:
                if isinstance(part, dict) and isinstance(kind := part.get("type"), str) and kind in TOOL_RESULTS:
                    return TOOL_RESULT
    return Message(role, clean(_text(item.get("parts") or item.get("content"))))


def _text(content: Any) -> str:
    """Return the text of a message; some libraries write its parts as JSON in place of a text."""
    if isinstance(content, str):
        parts = load_json(content) if content[:2] == "[{" else None
        return content_text(parts) or content
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        text = content[0].get("content") if content[0].get("type") == "text" else None
        if isinstance(text, str):  # nearly all are, and this is ten times faster
            return text
    return content_text(content)
