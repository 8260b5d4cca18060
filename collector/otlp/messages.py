"""A conversation as some library wrote it down, and the messages of the user that are new in it.

Every call of a model repeats the history. New are the messages of the user that stand at its end, behind the last
answer and the last result of a tool: in a loop over tools the user's message stands there again, but no longer last.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collector.otlp.records import MAX_VALUE_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USER_ROLES = frozenset({"user", "human"})
SILENT_ROLES = frozenset({"system", "developer"})
"""Their messages are no turns: an instruction may stand anywhere, also behind the user's message."""
OPEN_ROLES = USER_ROLES | SILENT_ROLES
TEXT_PARTS = frozenset({"text", "input_text"})
REDACTED = "__REDACTED__"
"""What OpenInference sends where it is told to hide texts."""
MAX_NEW = 100
"""Messages of a user that one call may bring; of more, the last."""
TOOL_RESULTS = ("tool_call_response", "tool_result", "tool-return")
LIST_KEYS = ("messages", "input")


class Message(NamedTuple):
    """One message: who says it, and the text of a user's; it is empty where there is none, and for all others."""

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
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)  # also takes NaN and lone surrogates, which other languages write
        except (ValueError, RecursionError):
            return None


def clean(text: str) -> str:
    """Return a text without what can be stored nowhere, NUL characters and lone surrogates; a hidden one is empty."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\0" in text:
        text = text.replace("\0", "")
    text = text.strip()
    return "" if text == REDACTED else text


def _message(item: dict[str, Any]) -> Message:
    role = item.get("role") or item.get("type")
    role = role.lower() if isinstance(role, str) else ""
    if role not in USER_ROLES:
        return Message(role, "")
    # Pydantic AI gives the result of a tool the role of the user; behind it nothing is new.
    for parts in (item.get("parts"), item.get("content")):
        if isinstance(parts, list):
            for part in parts:
                if isinstance(part, dict) and part.get("type") in TOOL_RESULTS:
                    return TOOL_RESULT
    return Message(role, _text(item))


def _text(item: dict[str, Any]) -> str:
    parts = item.get("parts")
    if isinstance(parts, list):
        return _joined(parts)
    content = item.get("content")
    if isinstance(content, str):
        return _content(content)
    return _joined(content) if isinstance(content, list) else ""


def _content(content: str) -> str:
    """Return a text; some libraries write a list of parts as JSON where a text stands."""
    if content[:2] in {"[{", "[ "}:
        parts = load_json(content)
        if isinstance(parts, list) and parts and all(_kind(part) for part in parts):
            return _joined(parts)
    return clean(content)


def _joined(parts: Iterable[Any]) -> str:
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif _kind(part) in TEXT_PARTS:
            text = part.get("content") or part.get("text")
            if isinstance(text, str):
                texts.append(text)
    return clean(texts[0] if len(texts) == 1 else "\n".join(texts))


def _kind(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def bare_text(value: Any, keys: Sequence[str], depth: int = 1) -> str:
    """Return the text that an input is or holds under one of `keys`, as functions are called with; else nothing."""
    if isinstance(value, str):
        inner = load_json(value) if depth <= MAX_VALUE_DEPTH else None
        return clean(value) if inner is None else bare_text(inner, keys, depth + 1)
    if isinstance(value, dict) and depth <= MAX_VALUE_DEPTH:
        return next((text for key in keys if key in value and (text := bare_text(value[key], keys, depth + 1))), "")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return clean(value[0])
    return ""
