"""Extract the user's new texts, and the answers, from the formats in which libraries and tools write chat messages.

`turret import` uses it for archives. `collector.otlp.messages` has the same rule, tuned for the content of spans
and for what a span may cost; a test keeps the two consistent. Everything here takes any JSON value and raises nothing:
what is not a message has no text.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Literal, NamedTuple

import orjson

from contracts.events import MAX_TEXT_CHARACTERS

PROMPT = "prompt"
RESPONSE = "response"
MODEL = "model"
PROVIDER = "provider"
INPUT_TOKENS = "input_tokens"
OUTPUT_TOKENS = "output_tokens"
COST_USD = "cost_usd"
LATENCY_MS = "latency_ms"
FINISH_REASON = "finish_reason"
ERROR = "error"
AGENT = "agent"
TOOLS = "tools"
SOURCE = "source"

Role = Literal["user", "assistant", "system", "tool"]

ROLES: dict[str, Role] = {
    **dict.fromkeys(("user", "human", "prompter", "customer", "visitor", "client", "caller"), "user"),
    **dict.fromkeys(("humanmessage", "userproxy"), "user"),
    **dict.fromkeys(("assistant", "ai", "model", "bot", "gpt", "chatgpt", "bing", "bard", "claude"), "assistant"),
    **dict.fromkeys(("agent", "operator", "chatbot", "aimessage", "aimessagechunk"), "assistant"),
    **dict.fromkeys(("system", "developer", "systemmessage", "instructions"), "system"),
    **dict.fromkeys(("tool", "function", "toolmessage", "function_call_output", "observation"), "tool"),
}
"""The names of the roles in other programs, in lower case."""

TOOL_RESULTS = {"tool_result", "tool_call_response", "function_response", "function_call_output", "tool-return"}
"""Parts that hold a tool's result, although the role of the message may be `user`."""

MESSAGE_KEYS = ("messages", "input_messages", "contents")
CONTENT_KEYS = ("content", "parts", "contents", "value", "text", "utterance", "message")
INPUT_KEYS = (
    *("input", "question", "query", "prompt", "user_input", "user_message", "user_prompt", "user_query"),
    *("human_input", "message", "utterance", "text", "content", "inputs", "kwargs", "args", "request", "body"),
)
OUTPUT_KEYS = (
    *("choices", "generations", "output", "answer", "response", "message", "content", "text", "result"),
    *("output_text", "completion", "reply", "return_value", "kwargs", "messages"),
)
REDACTED = "__REDACTED__"
"""The text that OpenInference writes instead of hidden texts."""
MAX_DEPTH = 8
GREATEST_INTEGER = 2**63 - 1
"""A larger integer becomes a float, as in the fast JSON decoder."""


class Message(NamedTuple):
    """One message of a conversation; `text` is empty if it has none, such as a picture or a tool call."""

    role: Role
    text: str
    is_tool_result: bool = False


class NewText(NamedTuple):
    """A new text of the user. `ordinal` counts the user's texts before it, so a repeated text is two."""

    ordinal: int
    text: str


def read_messages(value: Any) -> list[Message] | None:
    """Return the messages of a conversation; None if the value is not a list of messages.

    Messages may be objects with a role and a content, a LangChain message as it is serialized, a pair of role and
    content, or numbered as OpenTelemetry attributes are (`0`, `1`, …).
    """
    value = decoded(value)
    if isinstance(value, dict):
        if not value or not all(isinstance(key, str) and key.isdecimal() for key in value):
            return None
        value = [value[key] for key in sorted(value, key=int)]
    if not isinstance(value, list) or not value:
        return None
    if len(value) == 1 and isinstance(value[0], list):  # LangChain: a batch of one conversation
        return read_messages(value[0])
    messages = [_message(item) for item in value]
    return None if None in messages else [message for message in messages if message is not None]


def new_user_texts(messages: list[Message]) -> list[NewText]:
    """Return the user's texts at the end of the conversation, oldest first; none if it does not end with them.

    Every model call repeats the history. In a tool loop, the user's last text is an old one: the
    conversation then ends with the tool's result, whatever its role. A `system` message that a program adds at the end
    does not hide the user's text before it.
    """
    texts: list[str] = []
    for message in reversed(messages):
        if message.is_tool_result or message.role in {"assistant", "tool"}:
            break
        if message.role == "user" and message.text:
            texts.append(message.text)
    n_before = sum(message.role == "user" and message.text != "" for message in messages) - len(texts)
    return [NewText(n_before + number, text) for number, text in enumerate(reversed(texts))]


def user_texts(value: Any, depth: int = 0) -> list[NewText]:  # noqa: PLR0911  # one per shape
    """Return the user's new texts in the input of a call: messages, an object with messages, or plain text."""
    value = decoded(value)
    if isinstance(value, str):
        text = content_text(value)
        return [NewText(0, text)] if text else []
    messages = read_messages(value)
    if messages is not None:
        return new_user_texts(messages)
    if depth >= MAX_DEPTH:
        return []
    if isinstance(value, list):
        return user_texts(value[0], depth + 1) if len(value) == 1 else []
    if not isinstance(value, dict):
        return []
    for key in MESSAGE_KEYS:
        messages = read_messages(value.get(key))
        if messages is not None:
            return new_user_texts(messages)
    found = (user_texts(value[key], depth + 1) for key in INPUT_KEYS if value.get(key))
    return next((texts for texts in found if texts), [])


def answer_text(value: Any, depth: int = 0) -> str:
    """Return the assistant's last text in the output of a call, or an empty string."""
    value = decoded(value)
    if isinstance(value, str):
        return content_text(value)
    said = [one.text for one in read_messages(value) or () if one.role == "assistant" and one.text]
    if said or depth >= MAX_DEPTH:
        return said[-1] if said else ""
    if isinstance(value, list):
        return next((text for item in reversed(value) if (text := answer_text(item, depth + 1))), "")
    if not isinstance(value, dict):
        return ""
    message = _message(value)
    if message is not None and (message.text or message.role != "assistant"):
        return message.text if message.role == "assistant" else ""
    return next((text for key in OUTPUT_KEYS if value.get(key) and (text := answer_text(value[key], depth + 1))), "")


def content_text(content: Any, depth: int = 0) -> str:  # noqa: PLR0911  # one per shape
    """Return the text of a message's content: the content itself, or the text of its parts."""
    if isinstance(content, str):
        text = clean(content).strip()
        return "" if text == REDACTED else text
    if depth >= MAX_DEPTH:
        return ""
    if isinstance(content, list):
        return "\n".join(text for part in content if (text := content_text(part, depth + 1)))
    if not isinstance(content, dict):
        return ""
    if content and all(isinstance(key, str) and key.isdecimal() for key in content):
        return content_text([content[key] for key in sorted(content, key=int)], depth + 1)
    kind = str(content.get("type") or content.get("part_kind") or "text")
    if kind not in {"text", "input_text", "output_text", "user-prompt", "human"}:
        return ""
    keys = ("text", "content", "value", "parts", "message_content", "message_content.text")
    return next((text for key in keys if (text := content_text(content.get(key), depth + 1))), "")


def decoded(value: Any) -> Any:
    """Decode a text that is a JSON object, array or string; return any other value unchanged."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "[", '"'}:
        return value
    try:
        return decode_leniently(value)
    except ValueError:
        return value


def decode_leniently(text: str | bytes) -> Any:
    """Decode JSON leniently: lone surrogates are replaced, NaN becomes null.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        try:
            return _cleaned(json.loads(text))
        except RecursionError:
            raise ValueError("it is nested too deep") from None


def clean(text: str) -> str:
    """Return a text without NUL, and with lone surrogates replaced."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "")


def landable(text: str) -> str:
    """Return a text that `/track` accepts: cleaned, and cut to the maximum length."""
    return clean(text)[:MAX_TEXT_CHARACTERS]


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) <= GREATEST_INTEGER else float(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return {clean(key): _cleaned(item) for key, item in value.items()} if isinstance(value, dict) else value


def _message(item: Any) -> Message | None:
    if isinstance(item, list | tuple) and len(item) == 2 and all(isinstance(part, str) for part in item):  # noqa: PLR2004
        role = ROLES.get(item[0].lower())
        return None if role is None else Message(role, content_text(item[1]))
    if not isinstance(item, dict):
        return None
    for wrapper in ("message", "kwargs", "data"):
        if isinstance(item.get(wrapper), dict) and "role" not in item:
            inner = _message({"type": _class_name(item), **item[wrapper]})
            if inner is not None:
                return inner
    role = _role(item)
    if role is None:
        return None
    content = next((item[key] for key in CONTENT_KEYS if item.get(key)), None)
    content = item.get("message.content", content)
    parts = content if isinstance(content, list) else [content]
    is_result = any(isinstance(part, dict) and _kind(part) in TOOL_RESULTS for part in parts)
    return Message(role, content_text(content), is_result)


def _role(item: dict[Any, Any]) -> Role | None:
    for key in ("role", "message.role", "from", "sender", "speaker", "author", "type", "kind"):
        name = item.get(key)
        if isinstance(name, dict):
            name = name.get("role")
        if isinstance(name, str) and name.lower() in ROLES:
            role = ROLES[name.lower()]
            return "assistant" if key == "speaker" and role == "system" else role  # as in data sets of dialogues
    return None


def _class_name(item: dict[Any, Any]) -> Any:
    """Return the class of a message that LangChain serialized, such as HumanMessage; else its type."""
    path = item.get("id")
    return path[-1] if isinstance(path, list) and path else item.get("type")


def _kind(part: dict[Any, Any]) -> str:
    return str(part.get("type") or part.get("part_kind") or next((key for key in part if key in TOOL_RESULTS), ""))
