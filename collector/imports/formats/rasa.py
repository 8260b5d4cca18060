"""Rasa: trackers of its HTTP API and Mongo store, and events of its SQL store and event brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.conversations import RESPONSE, landable
from collector.imports.formats.reading import NO_TEXT, Format, as_list, as_number, as_object, as_text, digest, first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading
    from collector.imports.formats.traces import Span

OTHERS = "events that are no messages of users, such as slots and actions"


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is a tracker, or an event of one."""
    return "sender_id" in record and bool({"events", "event", "type_name"} & record.keys())


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the users' messages of a tracker, or of one event."""
    sender = as_text(record.get("sender_id"))
    if "events" not in record:
        event = as_object(record.get("data")) or record
        yield from _message({**event, "id": record.get("id")}, sender, "", reading)
        return
    session, said = "", None
    for event in map(as_object, as_list(record.get("events"))):
        kind = as_text(event.get("event"))
        if kind == "session_started":
            session = f"{sender}-{first(event.get('timestamp')) or event.get('timestamp')}"
        if kind == "bot" and said is not None:
            answers = [said["metadata"].get(RESPONSE), first(event.get("text"))]
            said["metadata"][RESPONSE] = landable("\n\n".join(text for text in answers if text))
        else:
            for payload in _message(event, sender, session, reading):
                if said is not None:
                    yield said
                said = payload
    if said is not None:
        yield said


def _message(event: dict[str, Any], sender: str, session: str, reading: Reading) -> Iterator[Payload]:
    if first(event.get("event"), event.get("type_name")) != "user":
        reading.skip(OTHERS)
        return
    text = as_text(event.get("text"))
    if text.startswith("/"):
        reading.skip("buttons and commands, whose text begins with /")
        return
    if not text:
        reading.skip(NO_TEXT)
        return
    intent = as_object(as_object(event.get("parse_data")).get("intent"))
    at = reading.time(event.get("timestamp"))
    yield reading.message(
        [first(event.get("message_id")) or digest(sender, at, text)],
        text,
        at=at,
        session=session,
        user=sender,
        metadata={
            "intent": first(intent.get("name")),
            "intent_confidence": as_number(intent.get("confidence")),
            "channel": first(event.get("input_channel")),
        },
    )


RASA = Format("rasa", looks, read)
