"""Names of areas from their own words: one to three things that, between them, most of their texts are about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ml.function_words import LIGHT_WORDS, PARTICLES, PASSING_WORDS
from ml.phrases import word_key
from ml.topic_words import RARE, Occurrences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ml.phrases import Key
    from ml.topic_words import TopicWords
    from ml.word_roles import WordRoles

_MOST_THINGS: Final = 3
_ENOUGH: Final = 0.8
"""Share of the texts that the things of a name need to cover; with less, one more thing is named."""
_LEAST_GAIN: Final = 0.05
"""Least share of the texts that a further thing must add."""
_LEAST_LIFT: Final = 1.5
"""A thing is said at least so much more often here than in the areas on average."""
_MOST_TEXTS: Final = 0.5
"""Share of the texts from which a verb in two words is what the area is about, though it is no noun: `top up`."""
_WHOLE_TERM: Final = 0.5
"""Share of a word's texts from which the two words it stands in are the thing: `rental car`."""


def area_names(words: TopicWords, background: Mapping[Key, float], roles: WordRoles) -> Iterator[str]:
    """Names of an area, best first, but for the capital; none where no word stands out.

    Args:
        words: what was counted in the area.
        background: how common each phrase is over all areas.
        roles: how words are used.
    """
    things = _things(words, background, roles)
    surfaces = [_surface(words, thing, roles) for thing in things]
    for count in (*range(_enough(words, things), len(things) + 1), *range(1, len(things))):
        yield _listed(_different(surfaces[:count]))
    if surfaces:
        yield _listed([surfaces[0], "more"])


def _things(words: TopicWords, background: Mapping[Key, float], roles: WordRoles) -> list[str]:
    """Nouns that set the area apart, each of which covers texts that those before it do not."""
    occurrences = Occurrences(words)
    lifts = {
        key[0]: (share + RARE) / (background[key] + RARE)
        for key, share in words.coverage.items()
        if len(key) == 1 and _is_thing(words, key, roles)
    }
    choices = {word: lift for word, lift in lifts.items() if lift >= _LEAST_LIFT}
    things: list[str] = []
    while choices and len(things) < _MOST_THINGS:
        covered = occurrences.share_with_any(things)
        gains = {word: occurrences.share_with_any([*things, word]) - covered for word in choices}
        best = max(choices, key=lambda word: (gains[word] * math.log(0.5 + choices[word]), word))
        if things and gains[best] < _LEAST_GAIN:
            break
        things.append(best)
        del choices[best]
    return things


def _enough(words: TopicWords, things: list[str]) -> int:
    """How many of the things cover enough of the texts."""
    occurrences = Occurrences(words)
    counts = range(1, len(things) + 1)
    return next((count for count in counts if occurrences.share_with_any(things[:count]) >= _ENOUGH), len(things))


def _is_thing(words: TopicWords, key: Key, roles: WordRoles) -> bool:
    word = _commonest(words, key)
    is_name = word.isalpha() and word not in LIGHT_WORDS and word not in PARTICLES and word not in PASSING_WORDS
    is_subject = words.coverage[key] >= _MOST_TEXTS and word in roles.phrasals
    return is_name and (roles.is_thing(word) or is_subject)


def _surface(words: TopicWords, thing: str, roles: WordRoles) -> str:
    """How a thing is written: with the word it mostly stands beside, as people mostly spell it."""
    alone = _commonest(words, (thing,))
    terms = {key: share for key, share in words.coverage.items() if thing in key and _is_term(_commonest(words, key))}
    term = max(terms, key=lambda key: (terms[key], key), default=(thing,))
    written = alone
    if not roles.is_thing(alone):
        written = f"{alone} {roles.phrasals[alone]}"
    elif terms.get(term, 0.0) >= _WHOLE_TERM * words.coverage[(thing,)]:
        written = _commonest(words, term)
    return " ".join(roles.spellings.get(word, word) for word in written.split())


def _is_term(surface: str) -> bool:
    return surface.count(" ") == 1


def _commonest(words: TopicWords, key: Key) -> str:
    surfaces = words.surfaces[key]
    return min(surfaces, key=lambda surface: (-surfaces[surface], len(surface), surface))


def _different(surfaces: list[str]) -> list[str]:
    """Without what is another form of something before it."""
    return list({word_key(surface.lower()): surface for surface in reversed(surfaces)}.values())[::-1]


def _listed(things: list[str]) -> str:
    return f"{', '.join(things[:-1])} & {things[-1]}" if len(things) > 1 else "".join(things)
