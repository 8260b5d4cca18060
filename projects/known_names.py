"""Catches typos: a name that people typed, held against the names that a project's events have."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from projects.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SUGGESTIONS = 3
MOST_SHOWN = 8
LEAST_LIKENESS = 0.6


def check_known(what: str, name: str, known: Sequence[str], where: str) -> None:
    """Let a name pass that is among the known ones.

    Args:
        what: What is named, for the sentence: `field`, `event`, `value`.
        name: As it was typed.
        known: Every name that there is, those to show first at the front.
        where: Where they were seen, for the sentence: `project 'shop'`.

    Raises:
        UnknownNameError: it is not among them; the sentence says which come near.
    """
    if name in known:
        return
    likely = [repr(match) for match in _nearest(name, _spellings(known))]
    raise UnknownNameError(f"No {what} {name!r} was seen in {where}; {_hint(likely, known)}")


def check_known_topic(topic_id: str, labels: Mapping[str, str], where: str) -> None:
    """Let a topic pass whose id is among the known ones.

    Args:
        topic_id: As it was typed; a topic's label is a likely mistake.
        labels: Every topic's label by its id, those to show first at the front.
        where: Where they were found, for the sentence.

    Raises:
        UnknownNameError: it is not among them; the sentence says which come near, by label or by id.
    """
    if topic_id in labels:
        return
    spellings = {known.casefold(): known for known in labels} | {
        label.casefold(): known for known, label in labels.items()
    }
    likely = [f"{known} ({labels[known]!r})" for known in _nearest(topic_id, spellings)]
    raise UnknownNameError(f"There is no topic {topic_id!r} in {where}; {_hint(likely, list(labels))}")


def _spellings(known: Sequence[str]) -> dict[str, str]:
    """How a name may be meant: without its capitals, and without the path before its last dot."""
    last_parts = {name.casefold().rsplit(".", 1)[-1]: name for name in reversed(known)}
    return last_parts | {name.casefold(): name for name in reversed(known)}


def _nearest(typed: str, spellings: Mapping[str, str]) -> list[str]:
    """The known names that come near what was typed, the nearest first."""
    matches = get_close_matches(typed.casefold(), spellings, MOST_SUGGESTIONS, LEAST_LIKENESS)
    return list(dict.fromkeys(spellings[match] for match in matches))


def _hint(likely: Sequence[str], known: Sequence[str]) -> str:
    """The end of the sentence: what may be meant, or else what there is."""
    if likely:
        *others, last = likely
        return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
    if not known:
        return "none is known yet."
    more = f" and {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else ""
    return f"known are {', '.join(map(repr, known[:MOST_SHOWN]))}{more}."
