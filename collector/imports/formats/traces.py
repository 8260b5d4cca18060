"""Traces of calls: which of their spans hold the user's messages, without duplicates.

A message occurs in a trace many times: as the input of the trace, of its root and of each model call below. Spans
of one trace may be far apart in an archive, and their session in a separate span, so all are kept on disk until the
end.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from collector.conversations import (
    COST_USD,
    ERROR,
    FINISH_REASON,
    INPUT_TOKENS,
    LATENCY_MS,
    MODEL,
    OUTPUT_TOKENS,
    PROMPT,
    PROVIDER,
    RESPONSE,
    SOURCE,
    NewText,
    landable,
)
from collector.imports.formats.reading import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading

MAX_PENDING = 1_000
FIGURES = {MODEL, PROVIDER, INPUT_TOKENS, OUTPUT_TOKENS, COST_USD, LATENCY_MS, FINISH_REASON, ERROR}
RESERVED = {PROMPT, RESPONSE, SOURCE, "prompt_characters", *FIGURES}
"""Names in metadata that the app's labels must not overwrite."""


class Place(IntEnum):
    """Position of a span in its trace. Of the spans with a text, those in the lowest position count."""

    TRACE = 0
    ROOT = 1
    CALL = 2
    INNER = 3
    """Below the root and not a model call: it adds nothing to what the user said."""


@dataclass
class Span:
    """One span, or the record of a trace itself. Missing texts are empty; missing numbers are None."""

    trace_id: str
    place: Place
    texts: list[NewText] = field(default_factory=list)
    answer: str = ""
    at: str | None = None
    session: str = ""
    user: str = ""
    is_call: bool = False
    model: str = ""
    provider: str = ""
    input_tokens: float | None = None
    output_tokens: float | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None
    finish_reason: str = ""
    error: str = ""
    labels: dict[str, Any] = field(default_factory=dict)


class Traces:
    """The spans of an archive, in a temporary database on disk; memory holds those of one trace at a time."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._pending: list[tuple[str, int, bytes]] = []
        self._database = sqlite3.connect("")  # a file that the system removes when it is closed
        self._database.execute("create table spans (trace_id text, place integer, span blob)")

    def add(self, span: Span) -> None:
        """Keep a span until `payloads`."""
        values = {**vars(span), "texts": [[*text] for text in span.texts]}
        self._pending.append((span.trace_id, span.place, orjson.dumps(values)))
        if len(self._pending) >= MAX_PENDING:
            self._flush()

    def payloads(self) -> Iterator[Payload]:
        """Yield the events of all traces."""
        self._flush()
        rows = self._database.execute("select trace_id, span from spans order by trace_id, place, rowid")
        for _, spans in groupby(rows, key=itemgetter(0)):
            yield from _events([_loaded(data) for _, data in spans], self._reading)

    def close(self) -> None:
        """Remove the database."""
        self._database.close()

    def _flush(self) -> None:
        self._database.executemany("insert into spans values (?, ?, ?)", self._pending)
        self._pending.clear()


def _loaded(data: bytes) -> Span:
    values = orjson.loads(data)
    return Span(**{**values, "texts": [NewText(*text) for text in values["texts"]]})


def _events(spans: list[Span], reading: Reading) -> Iterator[Payload]:
    """Yield the events of one trace, whose spans are in order of position."""
    speaking = [span for span in spans if span.texts and span.place is not Place.INNER]
    if not speaking:
        reading.skip("traces in which no user says anything")
        return
    chosen = sorted((span for span in speaking if span.place == speaking[0].place), key=lambda span: span.at or "")
    session = next((span.session for span in spans if span.session), "")
    user = next((span.user for span in spans if span.user), "")
    seen: set[NewText] = set()
    for span in chosen:
        new = [text for text in span.texts if text not in seen]
        seen.update(new)
        reading.skip("messages that the same trace holds again", len(span.texts) - len(new))
        for text in new:
            is_last = text == new[-1]
            yield reading.message(
                [digest(span.trace_id, *text)],
                text.text,
                at=span.at,
                session=span.session or session,
                user=span.user or user,
                answer=span.answer if is_last else "",
                metadata=(_figures(span, spans if len(chosen) == 1 else [span]) if is_last else {})
                | {key: value for key, value in span.labels.items() if key not in RESERVED},
            )


def _figures(span: Span, spans: list[Span]) -> dict[str, Any]:
    """Return model, tokens and so on of the model calls, and the span's own time and outcome."""
    calls = [one for one in spans if one.is_call] or [span]
    return {
        MODEL: landable(next((one.model for one in reversed(calls) if one.model), "")),
        PROVIDER: landable(next((one.provider for one in reversed(calls) if one.provider), "")),
        INPUT_TOKENS: _total(one.input_tokens for one in calls),
        OUTPUT_TOKENS: _total(one.output_tokens for one in calls),
        COST_USD: _total(one.cost_usd for one in calls),
        LATENCY_MS: span.latency_ms,
        FINISH_REASON: landable(next((one.finish_reason for one in reversed(calls) if one.finish_reason), "")),
        ERROR: landable(span.error),
    }


def _total(numbers: Iterator[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
