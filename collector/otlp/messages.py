"""A conversation as some library wrote it down, and the messages of the user that are new in it.

Every call of a model repeats the history. New are the messages of the user that stand at its end, behind the last
answer and the last result of a tool: in a loop over tools the user's message stands there again, but no longer last.

The shapes are those of `collector/conversations.py`, which archives are read with. Here only the texts of users are
read, because every call carries its whole history and a span may cost no more than three events of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from collector.conversations import MAX_DEPTH, REDACTED, ROLES, TOOL_RESULTS, content_text, decode_leniently
from collector.conversations import clean as without_odd_characters

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN_ROLES = ("user", "system")
"""Behind the user's new messages there may be instructions, which are no turns, and nothing else."""
MAX_NEW = 100
"""Messages of a user that one call may bring; of more, the last."""
LIST_KEYS = ("messages", "input")


class Message(NamedTuple):
    """One message: its role, empty where it is unknown, and the text of a user's; all others have none."""

    role: str
    text: str


class NewMessage(NamedTuple):
    """A message of the user that a call brings. `n_before` are earlier messages of the user with the same text."""

    text: str
    n_before: int


TOOL_RESULT = Message("tool", "")


def find_new(messages: Sequence[Message], start: int = 0) -> list[NewMessage]:
    """Return the messages of the user at the end that have text; those before `start` are history whatever they are."""
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
    """Return the messages of a conversation; empty where it is none.

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
    """Return what a JSON text holds; None where it is none, such as one that was cut at a length."""
    if text[:1] not in {"[", "{", '"'}:
        return None
    try:
        return decode_leniently(text)
    except ValueError:
        return None


def clean(text: str) -> str:
    """Return a text as it may land, without blanks around it; one that was hidden is empty."""
    text = without_odd_characters(text).strip()
    return "" if text == REDACTED else text


def bare_text(value: Any, keys: Sequence[str], depth: int = 1) -> str:
    """Return the text that an input is or holds under one of `keys`, as functions are called with; else nothing."""
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
    # Pydantic AI gives the result of a tool the role of the user; behind it nothing is new.
    for parts in (item.get("parts"), item.get("content")):
        if isinstance(parts, list):
            for part in parts:
                if isinstance(part, dict) and isinstance(kind := part.get("type"), str) and kind in TOOL_RESULTS:
                    return TOOL_RESULT
    return Message(role, clean(_text(item.get("parts") or item.get("content"))))


def _text(content: Any) -> str:
    """Return the text of a message; some libraries write its parts as JSON where a text stands."""
    if isinstance(content, str):
        parts = load_json(content) if content[:2] == "[{" else None
        return content_text(parts) or content
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        text = content[0].get("content") if content[0].get("type") == "text" else None
        if isinstance(text, str):  # as nearly all are, at a tenth of the cost
            return text
    return content_text(content)
