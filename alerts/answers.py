"""The outcome of an attempt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a receiver answered, or why there is no answer.

    Attributes:
        words: one line for people.
        has_arrived: whether the receiver took the alert.
        is_final: whether another attempt would be in vain.
    """

    words: str
    has_arrived: bool = False
    is_final: bool = False
