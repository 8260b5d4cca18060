"""Whole conversations in data sets and logs: ShareGPT, WildChat, and lines of OpenAI messages.

ShareGPT and most data sets have no times: `--start` is the assumed start of the first conversation. They may
have no ids either; then a conversation's id is made from its messages, so importing it again adds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.conversations import (
    FINISH_REASON,
    INPUT_TOKENS,
    LATENCY_MS,
    MODEL,
    OUTPUT_TOKENS,
    answer_text,
    new_user_texts,
    read_messages,
)
from collector.imports.formats.reading import NO_TEXT, Format, as_list, as_number, as_object, digest, first, labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.conversations import Message
    from collector.imports.formats.reading import Payload, Reading
    from collector.imports.formats.traces import Span

NO_START = "conversations without times; say when the first began, such as --start 2026-01-31"
REPEATED = "earlier messages of people in requests, taken as repeated from the requests before"
SESSION_KEYS = ("conversation_id", "session_id", "thread_id", "sessionId", "conversationId", "threadId")
USER_KEYS = ("user_id", "userId", "user", "hashed_ip")
TIME_KEYS = ("timestamp", "created_at", "created", "time", "createdAt", "date")


def looks_like_sharegpt(record: dict[str, Any]) -> bool:
    """Say whether a record is a conversation whose messages have `from` and `value`."""
    messages = as_list(record.get("conversations") or record.get("items"))
    return bool(messages) and as_object(messages[0]).keys() >= {"from", "value"}


def read_sharegpt(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the user's messages."""
    messages = read_messages(record.get("conversations") or record.get("items")) or []
    yield from _transcript(record, messages, first(record.get("id")), reading)


def looks_like_wildchat(record: dict[str, Any]) -> bool:
    """Say whether a record is a conversation of WildChat or LMSYS-Chat."""
    messages = as_list(record.get("conversation"))
    has_id = bool({"conversation_hash", "conversation_id"} & record.keys())
    return has_id and bool(messages) and as_object(messages[0]).keys() >= {"role", "content"}


def read_wildchat(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the user's messages. The time of a message is that of its answer, which is the only known one."""
    turns = [as_object(turn) for turn in as_list(record.get("conversation"))]
    messages = read_messages(turns) or []
    number = first(turns[0].get("turn_identifier")) if turns else ""
    name = first(record.get("conversation_hash"), record.get("conversation_id"))
    session = f"{name}-{number}" if name and number else name
    user = first(record.get("hashed_ip"), *(turn.get("hashed_ip") for turn in turns))
    times = [reading.time(turn.get("timestamp")) for turn in turns]
    times = [time or following for time, following in zip(times, [*times[1:], None], strict=False)]
    country = {"country": first(record.get("country"), *(turn.get("country") for turn in turns))}
    yield from _transcript({**record, "user": user}, messages, session, reading, times, country)


def looks_like_openai(record: dict[str, Any]) -> bool:
    """Say whether a record holds OpenAI messages, or is a request with them."""
    return bool(as_list(record.get("messages")) or as_list(_request(record).get("messages")))


def read_openai(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the new messages: the last ones of a request, or all of the user's in a whole conversation."""
    request = _request(record)
    messages = read_messages(record.get("messages") or request.get("messages")) or []
    metadata = {**as_object(request.get("metadata")), **as_object(record.get("metadata"))}
    whole = {**metadata, **request, **record}
    session = first(*(whole.get(key) for key in SESSION_KEYS))
    new = new_user_texts(messages)
    if not new:
        yield from _transcript(whole, messages, session, reading)
        return
    at = reading.time(_time(whole)) or reading.untimed(0)
    if at is None:
        reading.skip(NO_START)
        return
    reading.skip(REPEATED, new[0].ordinal)
    response = as_object(record.get("response")) or record
    response = as_object(response.get("body")) or response
    usage = as_object(response.get("usage"))
    choice = as_object(next(iter(as_list(response.get("choices"))), None))
    call_id = first(record.get("id"), record.get("custom_id"), response.get("id"))
    for number, text in enumerate(new, start=1):
        is_last = number == len(new)
        figures = {
            FINISH_REASON: first(choice.get("finish_reason")),
            INPUT_TOKENS: as_number(usage.get("prompt_tokens", usage.get("input_tokens"))),
            OUTPUT_TOKENS: as_number(usage.get("completion_tokens", usage.get("output_tokens"))),
            LATENCY_MS: as_number(record.get("latency_ms")),
        }
        answer = answer_text(response.get("choices") or record.get("completion") or response.get("output"))
        yield reading.message(
            [digest(session, *text) if session else digest(call_id or digest(*messages), *text)],
            text.text,
            at=at,
            session=session,
            user=first(*(whole.get(key) for key in USER_KEYS)),
            answer=answer if is_last else "",
            metadata=labels(metadata, lambda key: key in {*SESSION_KEYS, *USER_KEYS})
            | {MODEL: first(response.get("model"), whole.get("model"))}
            | (figures if is_last else {}),
        )


def _transcript(  # noqa: PLR0913, PLR0917  # the parts of a conversation
    record: dict[str, Any],
    messages: list[Message],
    name: str,
    reading: Reading,
    times: list[str | None] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Iterator[Payload]:
    """Yield the user's messages of a whole conversation, each with its answers."""
    own_time = reading.moment(_time(record))
    if own_time is None and reading.options.start is None and not any(times or ()):
        reading.skip(NO_START)
        return
    session = name or digest(*messages)
    n_spoken = 0
    for index, message in enumerate(messages):
        if message.role != "user" or message.is_tool_result:
            continue
        if not message.text:
            reading.skip(NO_TEXT)
            continue
        at = times[index] if times and index < len(times) else None
        if at is None and own_time is not None:
            at = reading.time(own_time.timestamp() + index)
        yield reading.message(
            [digest(session, n_spoken, message.text)],
            message.text,
            at=at or reading.untimed(index if n_spoken else 0),
            session=session,
            user=first(*(record.get(key) for key in USER_KEYS)),
            answer=_answer(messages[index + 1 :]),
            metadata={MODEL: first(record.get("model")), "language": first(record.get("language")), **(metadata or {})},
        )
        n_spoken += 1
    if not n_spoken:
        reading.skip("conversations in which no user says anything")


def _answer(messages: list[Message]) -> str:
    said: list[str] = []
    for message in messages:
        if message.role == "user" and not message.is_tool_result:
            break
        said += [message.text] if message.role == "assistant" and message.text else []
    return "\n\n".join(said)


def _request(record: dict[str, Any]) -> dict[str, Any]:
    """Return the request of a logged call, or of a line of OpenAI's batches."""
    request = as_object(record.get("request")) or as_object(record.get("body"))
    return as_object(request.get("body")) or request


def _time(record: dict[str, Any]) -> Any:
    return next((record[key] for key in TIME_KEYS if record.get(key)), None)


SHAREGPT = Format("sharegpt", looks_like_sharegpt, read_sharegpt)
WILDCHAT = Format("wildchat", looks_like_wildchat, read_wildchat)
OPENAI = Format("openai-jsonl", looks_like_openai, read_openai)
