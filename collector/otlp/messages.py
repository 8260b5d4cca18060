"""A conversation as some library wrote it down, and the messages of the user that are new in it.

Every call of a model repeats the history. New are the messages of the user that stand at its end, behind the last
answer and the last result of a tool: in a loop over tools the user's message stands there again, but no longer last.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collector.otlp.records import MAX_VALUE_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USER_ROLES = frozenset({"user", "human"})
SILENT_ROLES = frozenset({"system", "developer"})
"""Their messages are no turns: an instruction may stand anywhere, also behind the user's message."""
TEXT_PARTS = frozenset({"text", "input_text"})
REDACTED = "__REDACTED__"
"""What OpenInference sends where it is told to hide texts."""
MAX_NEW = 100
"""Messages of a user that one call may bring; of more, the last."""
PART_TEXTS = ("content", "text")
LIST_KEYS = ("messages", "input")


class Message(NamedTuple):
    """One message: who says it, and its text, which is empty where there is none."""

    role: str
    text: str

    @property
    def is_users(self) -> bool:
        """Whether a person wrote it."""
        return self.role in USER_ROLES


class NewMessage(NamedTuple):
    """A message of the user that a call brings. `n_before` are earlier messages of the user with the same text."""

    text: str
    n_before: int


def find_new(messages: Sequence[Message], start: int = 0) -> list[NewMessage]:
    """Return the messages of the user at the end that have text; those before `start` are history whatever they are."""
    end = len(messages)
    first = end
    while first > start and (messages[first - 1].is_users or messages[first - 1].role in SILENT_ROLES):
        first -= 1
    earlier = Counter(message.text for message in messages[:first] if message.is_users)
    new: list[NewMessage] = []
    for message in messages[first:]:
        if message.is_users and message.text:
            new.append(NewMessage(message.text, earlier[message.text]))
            earlier[message.text] += 1
    return new[-MAX_NEW:]


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
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode(errors="replace").decode()
    text = text.strip()
    return "" if text == REDACTED else text


def _message(item: dict[str, Any]) -> Message:
    role = item.get("role") or item.get("type")
    role = role.lower() if isinstance(role, str) else ""
    if role in USER_ROLES:
        # Pydantic AI gives the result of a tool the role of the user; behind it nothing is new.
        parts = item.get("parts")
        if isinstance(parts, list) and any(_kind(part) in {"tool_call_response", "tool_result"} for part in parts):
            role = "tool"
        content = item.get("content")
        if isinstance(content, list) and any(_kind(part) in {"tool_result", "tool-return"} for part in content):
            role = "tool"
    elif role in SILENT_ROLES:
        return Message(role, "")
    return Message(role, _text(item) if role in USER_ROLES else "")


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
            texts += [part[key] for key in PART_TEXTS if isinstance(part.get(key), str)][:1]
    return clean("\n".join(texts))


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
