"""Validate channels and rules of alerts."""

from __future__ import annotations

import re
from typing import get_args
from urllib.parse import urlsplit

import httpx

from projects.alerts.records import THRESHOLDS, TREND_KINDS, ChannelKind, RuleKind
from projects.errors import InvalidValueError
from projects.validation import choose

MAX_ADDRESS_CHARACTERS = 2_000
MAX_RECIPIENTS = 20
MAX_DAYS = 28
MAX_COOLDOWN_HOURS = 24 * 90
LIMITS: dict[RuleKind, tuple[float, float]] = {
    **dict.fromkeys(sorted(TREND_KINDS), (1.0, 100.0)),
    "silence": (1.0, 24 * 90.0),
    "quota": (0.01, 1.0),
}
"""The least and the largest threshold of each kind that has one."""
_RECIPIENT = re.compile(r"[^\s@,;<>\"()\[\]\\:]+@[^\s@,;<>\"()\[\]\\:]+\.[^\s@,;<>\"()\[\]\\:]+", re.ASCII)


def check_address(kind: ChannelKind, address: str) -> str:
    """Check the address of a channel; return it normalized.

    The sentence does not show an address of a webhook, which may be a secret.

    Raises:
        InvalidValueError: it is not an http or https address, or not e-mail addresses.
    """
    return _check_recipients(address) if kind == "email" else _check_url(address.strip())


def _check_url(address: str) -> str:
    try:
        parts = urlsplit(address)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx.URL(address)  # which calls it, and refuses more
    except (ValueError, httpx.InvalidURL):
        is_url = False
    if not is_url or " " in address or not address.isprintable():
        raise InvalidValueError(
            "The webhook's address is not a web address; allowed is https://host/path, or http://host/path."
        )
    if parts.username or parts.password:
        raise InvalidValueError(
            "The webhook's address contains a user or a password; allowed is an address without them, since every "
            "call is signed."
        )
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise InvalidValueError(
            f"The webhook's address has {len(address)} characters; allowed are {MAX_ADDRESS_CHARACTERS}."
        )
    return address


def _check_recipients(address: str) -> str:
    recipients = [part.strip() for part in address.split(",") if part.strip()]
    for recipient in recipients:
        if not _RECIPIENT.fullmatch(recipient):
            raise InvalidValueError(
                f"The recipient is {recipient!r}; allowed is an e-mail address such as ada@example.com."
            )
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise InvalidValueError(f"The channel has {len(recipients)} recipients; allowed are 1 to {MAX_RECIPIENTS}.")
    joined = ", ".join(recipients)
    if len(joined) > MAX_ADDRESS_CHARACTERS:
        raise InvalidValueError(
            f"The recipients have {len(joined)} characters together; allowed are {MAX_ADDRESS_CHARACTERS}."
        )
    return joined


def check_channel_kind(kind: str) -> ChannelKind:
    """Check the kind of a channel.

    Raises:
        InvalidValueError: there is no such kind.
    """
    return choose("kind of channel", kind, get_args(ChannelKind))


def check_rule_kind(kind: str) -> RuleKind:
    """Check the kind of a rule.

    Raises:
        InvalidValueError: there is no such kind.
    """
    return choose("kind of alert", kind, get_args(RuleKind))


def check_threshold(kind: RuleKind, threshold: float | None) -> float | None:
    """Check a rule's threshold; None takes the kind's default.

    Raises:
        InvalidValueError: it is out of range, or the kind has none.
    """
    if kind not in LIMITS:
        if threshold is not None:
            raise InvalidValueError(f"The threshold is {threshold}; an alert of the kind {kind!r} has none.")
        return None
    if threshold is None:
        return THRESHOLDS[kind]
    least, most = LIMITS[kind]
    if not least <= threshold <= most:
        raise InvalidValueError(f"The threshold of {kind!r} is {threshold}; allowed is {least:g} to {most:g}.")
    return threshold


def check_days(days: int) -> int:
    """Check the number of days that a trend compares.

    Raises:
        InvalidValueError: it is out of range.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidValueError(f"The number of days is {days}; allowed is 1 to {MAX_DAYS}.")
    return days


def check_cooldown(hours: float) -> float:
    """Check the hours of a cooldown.

    Raises:
        InvalidValueError: they are out of range.
    """
    if not 0 <= hours <= MAX_COOLDOWN_HOURS:
        raise InvalidValueError(f"The cooldown is {hours} hours; allowed is 0 to {MAX_COOLDOWN_HOURS}.")
    return hours


def check_only(kind: RuleKind, only: str | None) -> str | None:
    """Check what alone a rule judges.

    Raises:
        InvalidValueError: the kind judges no topic and no goal, or the name is too long.
    """
    if only is None or not only.strip():
        return None
    if kind in {"new-topic", "silence", "run-failed", "quota", "report"}:
        raise InvalidValueError(f"The alert is limited to {only!r}; an alert of the kind {kind!r} cannot be limited.")
    if len(only) > 1_000:  # noqa: PLR2004  # the column
        raise InvalidValueError(f"The topic or goal has {len(only)} characters; allowed are 1 to 1000.")
    return only.strip()


def parse_segment(text: str | None) -> tuple[str, str] | None:
    """Parse `plan=pro` as an enum field and its value; None for no text.

    Raises:
        InvalidValueError: it has another form.
    """
    if text is None or not text.strip():
        return None
    field, sign, value = text.strip().partition("=")
    if not sign or not field or not value:
        raise InvalidValueError(f"The segment is {text[:100]!r}; allowed is field=value, such as plan=pro.")
    return field, value


def check_segment(kind: RuleKind, segment: tuple[str, str] | None) -> tuple[str, str] | None:
    """Check the segment to which a rule is limited.

    Raises:
        InvalidValueError: the kind compares nothing by segment, or the field or value is too long.
    """
    if segment is None:
        return None
    if kind not in TREND_KINDS:
        raise InvalidValueError(
            f"The alert is limited to {'='.join(segment)[:100]!r}; an alert of the kind {kind!r} cannot be limited."
        )
    if max(map(len, segment)) > 1_000:  # noqa: PLR2004  # the columns
        raise InvalidValueError("The field or value of the segment is too long; allowed are 1000 characters each.")
    return segment
