"""Where each library puts the conversation of a call, in order of precedence.

1  gen_ai.input.messages            OpenTelemetry, OpenLIT, Traceloop, Logfire, Pydantic AI; spans and log events
2  gen_ai.*.message                 events of a span, or log events: OpenTelemetry before 2025
3  gen_ai.prompt.N.content          Traceloop and others, before
4  llm.input_messages.N.message     OpenInference
5  langfuse.observation.input       Langfuse, if the observation is a generation
6  pydantic_ai.all_messages         Pydantic AI's agents
7  ai.prompt.messages               Vercel's AI SDK
8  request_data                     Logfire, before
9  input.value, langfuse.observation.input, traceloop.entity.input, ai.prompt
                                    functions around calls, see `read_wrapper`
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from collector.otlp.messages import Message, NewMessage, bare_text, clean, find_new, load_json, read_messages

if TYPE_CHECKING:
    from collector.otlp.records import Attributes, Record

CALLS = ("chat", "text_completion", "generate_content", "completion", "responses")
"""Values of gen_ai.operation.name that are calls of a model with a conversation."""
LLM_KIND = "LLM"
MESSAGE_EVENT = re.compile(r"gen_ai\.(user|system|assistant|tool|developer)\.message")
PROMPT_EVENT = "gen_ai.content.prompt"
INPUT_MESSAGES = "gen_ai.input.messages"
OPENINFERENCE = "llm.input_messages."
PROMPTS = "gen_ai.prompt."
LANGFUSE_INPUT = "langfuse.observation.input"
CALL_INPUTS = ("ai.prompt.messages", "request_data")
WRAPPER_INPUTS = (LANGFUSE_INPUT, "traceloop.entity.input", "input.value", "ai.prompt")
QUESTION_KEYS = ("question", "query", "prompt", "message", "input", "inputs", "text", "kwargs", "args")
LOGFIRE_STREAM = "streaming response from"
"""Logfire writes a streamed call as two spans. Without a parent they share no trace; the second has no new message."""
_NUMBERED = re.compile(r"(\d{1,6})\.(.+)")
_OPENINFERENCE_PART = re.compile(r"message\.contents\.(\d{1,6})\.message_content\.(text|type)")


class Conversation(NamedTuple):
    """The input of a call.

    Args:
        new: The user's new messages; empty in a tool loop.
        has_text: Whether the record has any message with text, new or not.
    """

    new: list[NewMessage]
    has_text: bool


NO_TEXT = Conversation([], has_text=False)


def is_call(record: Record) -> bool:
    """Say whether a record is a call of a model or an agent that could have a conversation."""
    attributes = record.attributes
    if record.signal == "log":
        return _is_content_event(record)
    if not record.has_parent and str(attributes.get("logfire.msg_template")).startswith(LOGFIRE_STREAM):
        return False
    operation = attributes.get("gen_ai.operation.name")
    if operation is not None:
        return operation in CALLS
    return (
        attributes.get("openinference.span.kind") == LLM_KIND
        or attributes.get("langfuse.observation.type") == "generation"
        or attributes.get("llm.request.type") in CALLS
        or INPUT_MESSAGES in attributes
        or ("gen_ai.request.model" in attributes and "gen_ai.tool.name" not in attributes)
    )


def read_call(record: Record) -> Conversation:
    """Return the input of a call."""
    attributes = record.attributes
    value = attributes.get(INPUT_MESSAGES)
    messages = [] if value is None else read_messages(value)
    if not messages:
        messages = _from_events(record) or _numbered(attributes) or _from_langfuse(attributes)
    for key in CALL_INPUTS:
        if not messages and key in attributes:
            messages = read_messages(attributes[key])
    if not messages and "input.value" in attributes:
        messages = read_messages(attributes["input.value"]) or _bare(attributes["input.value"])
    if not messages:
        return NO_TEXT
    return Conversation(find_new(messages), has_text=any(message.text for message in messages))


def read_wrapper(record: Record) -> Conversation:
    """Return the input of the outermost function around calls, such as an agent or a workflow.

    Its text counts if no call within it has one. Equal texts have the same id as the call's message, so
    a call that arrives in another request is not counted twice.
    """
    attributes = record.attributes
    value = attributes.get("pydantic_ai.all_messages")
    if value is not None:
        start = attributes.get("pydantic_ai.new_message_index")
        return _from_run(read_messages(value), start if isinstance(start, int) and start >= 0 else 0)
    if record.has_parent:
        return NO_TEXT
    for key in WRAPPER_INPUTS:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            messages = read_messages(value) or _bare(value)
            if messages:
                return Conversation(find_new(messages), has_text=True)
    return NO_TEXT


def _from_run(messages: list[Message], start: int) -> Conversation:
    """Read a whole run of an agent, whose answers follow the user's message; messages before `start` are history."""
    first = next((at for at in range(start, len(messages)) if messages[at].role == "assistant"), len(messages))
    return Conversation(find_new(messages[:first], start), has_text=any(message.text for message in messages))


def _from_events(record: Record) -> list[Message]:
    """Read messages that are events of a span, or separate log events."""
    if record.signal == "log":
        name = _event_name(record)
        match = MESSAGE_EVENT.fullmatch(name)
        body = record.body if isinstance(record.body, dict) else record.attributes
        return read_messages([{"role": match[1], **body}]) if match else []
    messages: list[Message] = []
    for name, attributes in record.events:
        match = MESSAGE_EVENT.fullmatch(name)
        if match:
            messages += read_messages([{"role": match[1], **attributes}])
        elif name == PROMPT_EVENT:
            prompt = attributes.get("gen_ai.prompt")
            messages += read_messages(prompt) or _bare(prompt)
        elif INPUT_MESSAGES in attributes:
            messages += read_messages(attributes[INPUT_MESSAGES])
    return messages


def _is_content_event(record: Record) -> bool:
    if not record.trace_id and record.scope.startswith("openlit"):
        return False  # of a streamed call, whose span says the same and has a trace
    return INPUT_MESSAGES in record.attributes or bool(MESSAGE_EVENT.fullmatch(_event_name(record)))


def _event_name(record: Record) -> str:
    name = record.name or record.attributes.get("event.name")
    return name if isinstance(name, str) else ""


def _numbered(attributes: Attributes) -> list[Message]:
    """Read messages whose parts are separate attributes; the first may have any number."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in attributes.items():
        start = OPENINFERENCE if key.startswith(OPENINFERENCE) else PROMPTS if key.startswith(PROMPTS) else ""
        if start:
            match = _NUMBERED.fullmatch(key, len(start))
            if match:
                found[int(match[1])][match[2]] = value
    return [message for number in sorted(found) for message in read_messages([_gathered(found[number])])]


def _gathered(fields: dict[str, Any]) -> dict[str, Any]:
    role = fields.get("message.role", fields.get("role"))
    content = fields.get("message.content", fields.get("content"))
    if isinstance(content, str):
        return {"role": role, "content": content}
    parts: defaultdict[int, dict[str, Any]] = defaultdict(lambda: {"type": "text"})
    for key, value in fields.items():
        match = _OPENINFERENCE_PART.fullmatch(key)
        if match:
            parts[int(match[1])][match[2]] = value
    return {"role": role, "content": [parts[number] for number in sorted(parts)]}


def _from_langfuse(attributes: Attributes) -> list[Message]:
    value = attributes.get(LANGFUSE_INPUT)
    return [] if value is None else read_messages(value) or _bare(value)


def _bare(value: Any) -> list[Message]:
    """Read an input that is a text, or function arguments with a text under a known name."""
    if not isinstance(value, str):
        return []
    held = load_json(value)
    text = clean(value) if held is None and value[:1] not in {"[", "{"} else bare_text(held, QUESTION_KEYS)
    return [Message("user", text)] if text else []
