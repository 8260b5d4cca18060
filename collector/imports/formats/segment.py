"""Segment and RudderStack: calls in archives in object storage, in logs and in requests.

`timestamp` of a raw call is the device's. The error of its clock is the difference between `sentAt`, of the same
clock, and `receivedAt`, of the server's. Segment's own archives are corrected already and keep `originalTimestamp`.
Events have the same ids as over HTTP, so a call that arrives both ways counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.imports.formats.reading import Format, as_object, as_text, digest, first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading
    from collector.imports.formats.traces import Span

TYPES = {"track", "page", "screen", "identify", "group", "alias"}
NAMED = {"page": "page", "screen": "screen"}
SESSION_KEYS = ("session_id", "sessionId", "conversation_id", "conversationId", "thread_id", "threadId")


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is a call."""
    ids = record.keys() & {"messageId", "anonymousId", "userId"}
    return bool(ids) and as_text(record.get("type")) in TYPES


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the event of a call that records an action."""
    kind = as_text(record.get("type"))
    if kind not in {"track", *NAMED}:
        reading.skip(f"calls of {kind if kind in TYPES else 'other types'}, which say who somebody is")
        return
    properties = as_object(record.get("properties"))
    context = as_object(record.get("context"))
    user = first(record.get("userId"), record.get("anonymousId"))
    at = _at(record, reading)
    message_id = first(record.get("messageId")) or digest(user, record.get("event"), at, properties)
    details = {key: record[key] for key in ("name", "category") if kind in NAMED and as_text(record.get(key))}
    yield reading.event(
        first(record.get("event")) if kind == "track" else NAMED[kind],
        [],
        event_id=message_id,
        at=at,
        session=first(*(properties.get(key) for key in SESSION_KEYS), *(context.get(key) for key in SESSION_KEYS)),
        user=user,
        metadata={key: value for key, value in properties.items() if key not in SESSION_KEYS} | details,
    )


def _at(record: dict[str, Any], reading: Reading) -> str | None:
    sent, received = reading.moment(record.get("sentAt")), reading.moment(record.get("receivedAt"))
    raw = record.get("timestamp") or record.get("originalTimestamp")
    moment = reading.moment(raw)
    is_raw = not record.get("originalTimestamp") or not record.get("timestamp")
    if is_raw and moment and sent and received:
        try:
            return (received - (sent - moment)).isoformat()
        except OverflowError:
            return reading.time(raw)
    return reading.time(raw or record.get("receivedAt"))


SEGMENT = Format("segment", looks, read)
