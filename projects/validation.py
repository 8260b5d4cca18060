"""Validate names, plans, limits and fields of projects."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar, get_args

from contracts.events import MAX_ID_CHARACTERS
from contracts.home import PROJECT_ID_PATTERN
from projects.errors import InvalidValueError
from projects.records import (
    DefinitionScope,
    ErasureKind,
    FieldType,
    GoalKind,
    KeyScope,
    LaterEvents,
    Outcome,
    Plan,
    TopicDefinition,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_NAME_CHARACTERS = 100
MAX_FIELD_CHARACTERS = 1_000
MAX_GOAL_VALUE_CHARACTERS = 1_000
GOAL_FEEDBACK = ("positive", "negative")
MAX_TOPIC_LABEL_CHARACTERS = 200
MAX_EXAMPLES = 20
MAX_EXAMPLE_CHARACTERS = 1_000
MIN_CLOSEST_EXAMPLES = 2
"""How close texts must be is measured between examples."""
MAX_EVENT_LIMIT = 2**63 - 1
INVISIBLE_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers and a blank that Unicode classifies as letters or symbols."""
_JOINER = re.compile(r"(?<=[^\x00-\x7f\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\u200c\u200d])")
"""A joiner where it is meaningful: inside words of some scripts and inside emoji, never between ASCII letters."""
TEXT_HASH_PATTERN = re.compile(r"[0-9a-f]{32}")

MAX_KEY_DAYS = 3_650
MAX_KEPT_DAYS = 36_500
LATE_AFTER_S = 10
"""Seconds after which an answer is late, unless the project has its own: the limit for keeping the attention of
somebody who waits (Nielsen, Usability Engineering, 1993, chapter 5)."""
MAX_LATE_AFTER_S = 3600
_Choice = TypeVar("_Choice", bound=str)


def check_name(name: str) -> str:
    """Check and normalize a name: trimmed and in Unicode's composed form, so that equal names look equal.

    Raises:
        InvalidValueError: empty, too long, with control or invisible characters, or written like a project's id.
    """
    stored = stored_name("The project's name", name)
    if PROJECT_ID_PATTERN.fullmatch(stored):
        raise InvalidValueError(f"The project's name {stored!r} is written like a project's id; choose another.")
    return stored


def check_key_name(name: str) -> str:
    """Check and normalize the name of a key: trimmed and in Unicode's composed form.

    Raises:
        InvalidValueError: empty, too long, or with control or invisible characters.
    """
    return stored_name("The key's name", name)


def check_key_scope(scope: str) -> KeyScope:
    """Check the scope of a key.

    Raises:
        InvalidValueError: there is no such scope.
    """
    return choose("scope", scope, get_args(KeyScope))


def check_key_days(days: int) -> int:
    """Check the days after which a key stops working.

    Raises:
        InvalidValueError: they are out of range.
    """
    if not 1 <= days <= MAX_KEY_DAYS:
        raise InvalidValueError(f"The key expires after {days} days; allowed are 1 to {MAX_KEY_DAYS:,}.")
    return days


def check_kept_days(what: str, days: int) -> int:
    """Check the days for which events or texts are kept; `what` names them, in the plural.

    Raises:
        InvalidValueError: they are out of range.
    """
    if not 1 <= days <= MAX_KEPT_DAYS:
        raise InvalidValueError(
            f"{what.capitalize()} are kept for {days} days; allowed are 1 to {MAX_KEPT_DAYS:,}, or for ever."
        )
    return days


def stored_name(what: str, name: str) -> str:
    """Check and normalize a name: trimmed and in Unicode's composed form; `what` names it in a sentence.

    Raises:
        InvalidValueError: empty, too long, or with control or invisible characters.
    """
    stored = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(stored) <= MAX_NAME_CHARACTERS:
        raise InvalidValueError(f"{what} has {len(stored)} characters; allowed are 1 to {MAX_NAME_CHARACTERS}.")
    _refuse_unprintable(what, stored)
    _refuse_invisible(what, stored)
    return stored


def check_field(field: str) -> str:
    """Check the dotted name of a metadata field; return it unchanged.

    Raises:
        InvalidValueError: empty, too long, or with control characters.
    """
    if not 1 <= len(field) <= MAX_FIELD_CHARACTERS:
        raise InvalidValueError(
            f"The field's name has {len(field)} characters; allowed are 1 to {MAX_FIELD_CHARACTERS}."
        )
    _refuse_unprintable("The field's name", field)
    return field


def check_plan(plan: str) -> Plan:
    """Check a plan.

    Raises:
        InvalidValueError: there is no such plan.
    """
    return choose("plan", plan, get_args(Plan))


def check_field_type(type_: str) -> FieldType:
    """Check the type of a field.

    Raises:
        InvalidValueError: there is no such type.
    """
    return choose("type", type_, get_args(FieldType))


def check_outcome(outcome: str) -> Outcome:
    """Check what a field says about outcomes.

    Raises:
        InvalidValueError: there is no such outcome.
    """
    return choose("outcome", outcome, get_args(Outcome))


def check_late_after(seconds: int) -> int:
    """Check the seconds after which an answer is late.

    Raises:
        InvalidValueError: they are out of range.
    """
    if not 1 <= seconds <= MAX_LATE_AFTER_S:
        raise InvalidValueError(f"Answers are late after {seconds} seconds; allowed are 1 to {MAX_LATE_AFTER_S}.")
    return seconds


def check_goal_name(name: str) -> str:
    """Check and normalize a goal's name: trimmed and in Unicode's composed form.

    Raises:
        InvalidValueError: empty, too long, or with control characters.
    """
    return stored_name("The goal's name", name)


def check_goal_kind(kind: str) -> GoalKind:
    """Check the kind of a goal.

    Raises:
        InvalidValueError: there is no such kind.
    """
    return choose("kind of goal", kind, get_args(GoalKind))


def check_goal_value(kind: GoalKind, value: str) -> str:
    """Check the event name, field value, topic_id or kind of feedback that reaches a goal; return it unchanged.

    Raises:
        InvalidValueError: empty, too long, with control characters, or neither positive nor negative feedback.
    """
    if kind == "feedback":
        return choose("feedback", value, GOAL_FEEDBACK)
    if not 1 <= len(value) <= MAX_GOAL_VALUE_CHARACTERS:
        raise InvalidValueError(
            f"The goal's value has {len(value)} characters; allowed are 1 to {MAX_GOAL_VALUE_CHARACTERS}."
        )
    _refuse_unprintable("The goal's value", value)
    return value


def check_topic_label(label: str) -> str:
    """Check and normalize a topic's name: trimmed and in Unicode's composed form, so that equal names look equal.

    Raises:
        InvalidValueError: empty, too long, or with control characters.
    """
    stored = unicodedata.normalize("NFC", label).strip()
    if not 1 <= len(stored) <= MAX_TOPIC_LABEL_CHARACTERS:
        raise InvalidValueError(
            f"The topic's name has {len(stored)} characters; allowed are 1 to {MAX_TOPIC_LABEL_CHARACTERS}."
        )
    _refuse_unprintable("The topic's name", stored)
    if all(unicodedata.category(character)[0] in "CZ" for character in stored):
        raise InvalidValueError(f"The topic's name {stored!r} has no visible character; choose another.")
    return stored


def check_definition(name: str, examples: Sequence[str], scope: str) -> TopicDefinition:
    """Check and normalize the definition of a topic: examples are trimmed, each counts once.

    Raises:
        InvalidValueError: the name or scope is not allowed, or there are too few, too many or too long examples.
    """
    stored = tuple(dict.fromkeys(unicodedata.normalize("NFC", example).strip() for example in examples))
    checked_scope = choose("scope of a topic", scope, get_args(DefinitionScope))
    least = MIN_CLOSEST_EXAMPLES if checked_scope == "closest" else 1
    if not least <= len(stored) <= MAX_EXAMPLES:
        raise InvalidValueError(
            f"The topic {name!r} has {len(stored)} different examples; with the scope {checked_scope!r}, {least} to "
            f"{MAX_EXAMPLES} are allowed."
        )
    for number, example in enumerate(stored, 1):
        if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in "\t\n\r" for character in example):
            raise InvalidValueError(
                f"Example {number} of the topic {name!r} has a control character, or one that is not valid Unicode."
            )
        if not 1 <= len(example) <= MAX_EXAMPLE_CHARACTERS:
            raise InvalidValueError(
                f"Example {number} of the topic {name!r} has {len(example)} characters; allowed are 1 to "
                f"{MAX_EXAMPLE_CHARACTERS:,}."
            )
    return TopicDefinition(check_topic_label(name), stored, checked_scope)


def check_erasure_kind(kind: str) -> ErasureKind:
    """Check what is to be erased.

    Raises:
        InvalidValueError: there is no such kind.
    """
    return choose("kind of erasure", kind, get_args(ErasureKind))


def check_later_events(later_events: str) -> LaterEvents:
    """Check what happens to events that arrive after an erasure.

    Raises:
        InvalidValueError: there is no such choice.
    """
    return choose("choice for later events", later_events, get_args(LaterEvents))


def check_erased_id(target: str) -> str:
    """Check the id of what is to be erased; return it unchanged.

    Raises:
        InvalidValueError: empty or too long. The sentence does not repeat the id.
    """
    if not 1 <= len(target) <= MAX_ID_CHARACTERS:
        raise InvalidValueError(f"The id to erase has {len(target)} characters; allowed are 1 to {MAX_ID_CHARACTERS}.")
    if any(unicodedata.category(character) == "Cs" or character == "\0" for character in target):
        raise InvalidValueError("The id to erase has a NUL or half a surrogate pair; allowed are other characters.")
    return target


def check_event_id(event_id: str) -> str:
    """Check an event's id; return it unchanged.

    Raises:
        InvalidValueError: empty or too long.
    """
    if not 1 <= len(event_id) <= MAX_ID_CHARACTERS:
        raise InvalidValueError(f"The event's id has {len(event_id)} characters; allowed are 1 to {MAX_ID_CHARACTERS}.")
    return event_id


def check_editor(name: str) -> str:
    """Check the name of the person who edits; return it trimmed.

    Raises:
        InvalidValueError: empty, too long, or with control characters.
    """
    stored = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(stored) <= MAX_NAME_CHARACTERS:
        raise InvalidValueError(
            f"The editor's name has {len(stored)} characters; allowed are 1 to {MAX_NAME_CHARACTERS}."
        )
    _refuse_unprintable("The editor's name", stored)
    return stored


def check_text_hash(text_hash: str) -> str:
    """Check the hash of a text.

    Raises:
        InvalidValueError: not 32 hexadecimal digits.
    """
    if TEXT_HASH_PATTERN.fullmatch(text_hash) is None:
        raise InvalidValueError(f"The text's hash is {text_hash!r}; allowed are 32 hexadecimal digits in lower case.")
    return text_hash


def check_event_limit(limit: int | None) -> int | None:
    """Check the limit; None keeps the plan's.

    Raises:
        InvalidValueError: below 1, or too large for 64 bits.
    """
    if limit is not None and not 1 <= limit <= MAX_EVENT_LIMIT:
        raise InvalidValueError(f"The event limit is {limit}; allowed is 1 to {MAX_EVENT_LIMIT}, or none.")
    return limit


def choose(what: str, value: str, allowed: Iterable[_Choice]) -> _Choice:
    """Return the value if it is allowed; `what` names it in a sentence.

    Raises:
        InvalidValueError: it is not.
    """
    for choice in allowed:
        if choice == value:
            return choice
    raise InvalidValueError(f"The {what} is {value!r}; allowed are {', '.join(allowed)}.")


def _refuse_unprintable(what: str, value: str) -> None:
    # Control characters break terminals and log lines; a lone surrogate cannot be stored as UTF-8 at all.
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise InvalidValueError(f"{what} {value!r} contains a control character; allowed are printable ones.")


def _refuse_invisible(what: str, name: str) -> None:
    # Names that look alike must be equal, and no name may change the direction of the text around it.
    for character in _JOINER.sub("", name):
        if unicodedata.category(character) == "Cf" or character in INVISIBLE_LETTERS:
            raise InvalidValueError(
                f"{what} {name!r} contains the character U+{ord(character):04X}, which is invisible or changes "
                f"the direction of text; allowed are visible characters."
            )
