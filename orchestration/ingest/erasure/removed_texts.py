"""Remove the texts of events from landed lines, and keep the events.

Each text becomes a token. Equal texts have equal tokens, and texts that differ only in numbers have tokens that do, so
what Turret counts of texts, repeats and machines stays. A token is made with a secret key (HMAC-SHA-256). It tells no
more of the text than which texts are equal, and about how long it was.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contracts.events import FEEDBACK_NAME
from orchestration.spark.metadata_values import (
    Number,
    Object,
    as_compared,
    is_blank,
    is_json_structure,
    read_document,
    without_history,
    write_document,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

MARK: Final = "‹text removed"
"""How tokens begin; `is_removed` of the dbt project and of orchestration's SQL has the same."""
_PLAIN, _REWORDED = f"{MARK}›", f"{MARK}, reworded›"
_CALL: Final = '["'
"""Before the token of a JSON structure, which is a tool call and no message."""
_LETTERS: Final = "ghijklmnopqrstuvwxyz"
"""None of the letters that `wording` takes for digits."""
_DIGITS: Final = "abcdef"
_N_DIGITS: Final = 24
_GROUP: Final = 5
_MIN_GROUPS, _MAX_GROUPS = 6, 1024
_NUMBERS: Final = re.compile(r"(?<![a-f])[a-f]*+[0-9][0-9a-f]*")
"""As in the dbt project's macro `wording`."""
_LONG: Final = 40
_MANY_WORDS: Final = 4


def removed_text(key: bytes, text: str, *, is_reworded: bool = False) -> str:
    """Return the token of a text: its mark, letters from its wording, and letters and a digit from all of it.

    Args:
        key: the project's secret key.
        text: the text, as it is compared.
        is_reworded: whether its session asked for the same topic in other words.
    """
    wording = _digest(key, _NUMBERS.sub("#", text.lower()))
    n_groups = _MIN_GROUPS
    while n_groups < _MAX_GROUPS and n_groups * (_GROUP + 1) < len(text):
        n_groups *= 2
    letters = _spelled(wording, n_groups * _GROUP, _LETTERS)
    groups = " ".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
    own = _spelled(_digest(key, text), _N_DIGITS, _DIGITS)
    token = f"{_REWORDED if is_reworded else _PLAIN} {groups} {own}7"
    return f'{_CALL}{token}"]' if is_json_structure(text) else token


def is_removed(text: str) -> bool:
    """Say whether a text is a token."""
    return text.startswith((MARK, f"{_CALL}{MARK}"))


@dataclass(frozen=True)
class TextRemoval:
    """How texts are removed from the landed lines of one project.

    Args:
        oldest_day: the texts of events from before this day (UTC) are removed.
        key: the project's secret key.
        text_fields: names of the fields whose values are texts.
        other_fields: names of other known fields, whose values stay.
        reworded: event_id and field of texts whose session asked for the same topic in other words.
    """

    oldest_day: date
    key: bytes
    text_fields: Collection[str]
    other_fields: Collection[str]
    reworded: set[tuple[str, str]]

    def apply(self, line: bytes, event: Mapping[str, Any]) -> bytes:
        """Return a landed line without the event's texts; the same line if it has none, or is not too old."""
        if str(event.get("occurred_at")) >= self.oldest_day.isoformat():
            return line
        document = read_document(line.decode())
        is_feedback = event.get("name") == FEEDBACK_NAME
        changed = Object(
            (key, self._metadata(value, event["event_id"], is_feedback=is_feedback))
            if key == "metadata" and isinstance(value, Object)
            else (key, value)
            for key, value in document
        )
        return line if changed == document else write_document(changed).encode()

    def _metadata(self, metadata: Object, event_id: str, *, is_feedback: bool) -> Object:
        if is_feedback:
            return Object(
                (key, self._token(as_compared(value), event_id, key))
                if key == "comment" and isinstance(value, str) and self._is_new(value)
                else (key, value)
                for key, value in metadata
            )
        return Object((key, self._value(key, value, event_id)) for key, value in metadata)

    def _value(self, field: str, value: Any, event_id: str) -> Any:
        """Return a value below `field` without its texts; of a chat history, only what counts as a value."""
        found = without_history(value)
        if isinstance(found, Object):
            return Object((key, self._value(f"{field}.{key}", child, event_id)) for key, child in found)
        if isinstance(found, list):
            return [self._value(field, child, event_id) for child in found]
        if not isinstance(found, str):
            return found
        text = found if isinstance(found, Number) else as_compared(found)
        return self._token(text, event_id, field) if self._is_new(text) and self._is_text(field, text) else found

    def _is_text(self, field: str, text: str) -> bool:
        if field in self.text_fields:
            return True
        is_long = len(text) > _LONG or text.count(" ") >= _MANY_WORDS - 1
        return field not in self.other_fields and " " in text and is_long

    @staticmethod
    def _is_new(text: str) -> bool:
        return not is_blank(text) and not is_removed(text)

    def _token(self, text: str, event_id: str, field: str) -> str:
        return removed_text(self.key, text, is_reworded=(event_id, field) in self.reworded)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _spelled(digest: bytes, n: int, alphabet: str) -> str:
    return "".join(alphabet[byte % len(alphabet)] for byte in hashlib.shake_256(digest).digest(n))
