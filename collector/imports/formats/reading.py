"""Shared by the formats: the state of one import, payloads of messages, ids, times, and values of any shape."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from collector.conversations import PROMPT, RESPONSE, SOURCE, clean, decoded, landable
from contracts.events import MAX_ID_CHARACTERS, MAX_KEY_CHARACTERS, MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from collector.imports.formats.traces import Span
    from collector.imports.options import ImportOptions

DIGEST_BYTES = 16
MAX_NUMBER = 2**53
MAX_LABELS = 50
MAX_LABEL_CHARACTERS = 1_000
MESSAGE = "message"
"""The name of events that are messages of users."""
NO_TEXT = "messages of people without text, such as pictures"
CONVERSATION_STEP = timedelta(minutes=1)
MESSAGE_STEP = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Pairs of a bound and the units per second of times below it: seconds, milli-, micro- and nanoseconds."""

Payload = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """One format of archives.

    Args:
        name: As `--format` has it.
        looks: Says whether a record is of this format.
        read: Gives the events of a record, or spans, which are combined into traces at the end. It raises nothing:
            records that cannot be events are counted in `Reading.skipped`.
    """

    name: str
    looks: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any], Reading], Iterator[Payload | Span]]


@dataclass
class Reading:
    """The state of one import.

    Args:
        source: The format's name, a prefix of each id and a value in metadata.
        options: The user's options for times.
        skipped: Number of skipped records, by reason.
        n_cut: Texts that were longer than a text may be.
        n_untimed: Conversations without times so far.
        owner: The user of an account's export, if its files name one.
    """

    source: str
    options: ImportOptions
    skipped: Counter[str] = field(default_factory=Counter)
    n_cut: int = 0
    n_untimed: int = 0
    owner: str = ""

    def message(  # noqa: PLR0913  # the fields of an event
        self,
        ids: Iterable[Any],
        text: str,
        *,
        at: str | None,
        session: str = "",
        user: str = "",
        answer: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> Payload:
        """Return the event of one message; `ids` identify it among all of this source."""
        said: dict[str, Any] = {PROMPT: self._cut(text)}
        if len(text) > MAX_TEXT_CHARACTERS:
            said["prompt_characters"] = len(text)
        if answer:
            said[RESPONSE] = self._cut(answer)
        said[SOURCE] = self.source
        said |= {key: value for key, value in (metadata or {}).items() if value not in (None, "", [], {})}
        return self.event(MESSAGE, ids, at=at, session=session, user=user, metadata=said)

    def event(  # noqa: PLR0913  # the fields of an event
        self,
        name: str,
        ids: Iterable[Any],
        *,
        at: str | None,
        session: str = "",
        user: str = "",
        metadata: dict[str, Any],
        event_id: str = "",
    ) -> Payload:
        """Return an event of any name; `event_id` replaces the ids if live events have the same."""
        event_id = short_id(event_id or "-".join((self.source, *map(str, ids))))
        payload: Payload = {"name": landable(name)[:MAX_NAME_CHARACTERS], "metadata": metadata, "event_id": event_id}
        payload |= {"session_id": short_id(session)} if session else {}
        payload |= {"user_id": short_id(user)} if user else {}
        return payload | ({"timestamp": at} if at else {})

    def skip(self, reason: str, n: int = 1) -> None:
        """Count a skipped record."""
        if n:
            self.skipped[reason] += n

    def time(self, value: Any) -> str | None:
        """Return a time as ISO 8601 with an offset; None without one, and unreadable text unchanged.

        Numbers count from 1970; their size determines the unit. Times without an offset are in `--time-zone`, or UTC.
        """
        time = self.moment(value)
        return time.isoformat() if time else str(value) if isinstance(value, str) and value.strip() else None

    def moment(self, value: Any) -> datetime | None:
        """Return a time, or None."""
        try:
            if isinstance(value, str) and not _is_number(value):
                time = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
                return time if time.tzinfo else time.replace(tzinfo=self.options.time_zone or UTC)
            number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
            per_second = next((per_second for limit, per_second in _UNITS if 0 < number < limit), None)
            return _EPOCH + timedelta(seconds=number / per_second) if per_second else None
        except (ValueError, OverflowError):
            return None

    def untimed(self, n_before: int) -> str | None:
        """Return a generated time for a message in a conversation without times; see `--start`.

        Args:
            n_before: Messages before it in its conversation. The first begins the next conversation.
        """
        if self.options.start is None:
            return None
        self.n_untimed += n_before == 0
        return (self.options.start + (self.n_untimed - 1) * CONVERSATION_STEP + n_before * MESSAGE_STEP).isoformat()

    def _cut(self, text: str) -> str:
        self.n_cut += len(text) > MAX_TEXT_CHARACTERS
        return landable(text)


def short_id(text: str) -> str:
    """Return an id within the maximum length; a longer one is replaced by its hash."""
    return digest(text) if len(text) > MAX_ID_CHARACTERS or "\0" in text else landable(text)


def digest(*parts: Any) -> str:
    """Return an id made from parts of any length."""
    joined = "\0".join(map(str, parts)).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=DIGEST_BYTES).hexdigest()


def later(moment: datetime | None, step: timedelta) -> datetime | None:
    """Return a time that much later, or None without one."""
    try:
        return None if moment is None else moment + step
    except OverflowError:
        return moment


def as_object(value: Any) -> dict[str, Any]:
    """Return an object, or one given as JSON text; any other value gives an empty one."""
    value = decoded(value)
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list, or one given as JSON text; any other value gives an empty one."""
    value = decoded(value)
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return text, or the digits of an integer; any other value gives no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value).strip() if isinstance(value, str) else ""


def as_number(value: Any) -> float | None:
    """Return a number, or one given as text."""
    if isinstance(value, str) and _is_number(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= MAX_NUMBER else None


def first(*values: Any) -> str:
    """Return the first of the values that is text."""
    return next((text for value in values if (text := as_text(value))), "")


def labels(value: Any, leave_out: Callable[[str], bool] = lambda _key: False) -> dict[str, Any]:
    """Return the short values that an app added to its calls: texts, numbers, booleans."""
    chosen: dict[str, Any] = {}
    for key, part in as_object(value).items():
        is_label = as_number(part) is not None or isinstance(part, str | bool)
        is_short = not isinstance(part, str) or 0 < len(part) <= MAX_LABEL_CHARACTERS
        if is_label and is_short and 0 < len(key) <= MAX_KEY_CHARACTERS and not leave_out(key):
            chosen[clean(key)] = clean(part) if isinstance(part, str) else part
        if len(chosen) == MAX_LABELS:
            break
    return chosen


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
