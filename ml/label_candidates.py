"""Phrases that could name a topic: said in its texts word for word, and such that they read like a name."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ml.function_words import (
    COPULAS,
    DEGREES,
    DETERMINERS,
    INNER_WORDS,
    JUDGEMENTS,
    LEADING_NEGATIONS,
    LEFT_OUT,
    LIGHT_WORDS,
    NEGATIONS,
    PARTICLES,
    PASSING_WORDS,
    PREPOSITIONS,
    SENTENCE_WORDS,
)
from ml.phrases import Key, clauses_of, is_content, is_unspaced, phrases_of, word_key
from ml.topic_words import Occurrences, sample_texts, word_strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ml.topic_label import TopicTexts
    from ml.topic_words import TopicWords
    from ml.word_roles import WordRoles

_MOST_WORDS: Final = 5
_LEAST_WORDS: Final = 2
_FEW_TEXTS: Final = 8
"""In a smaller topic a phrase said once may stand in where none was said twice."""
_LEAST_SHARE: Final = 0.02
"""Least share of a topic's texts that each word of a phrase must occur in."""
_LEAST_PHRASE_SHARE: Final = 0.01
"""The same for the phrase as a whole."""
_LEAST_NAME_SHARE: Final = 0.2
"""The same for a capitalised word: a name that few say is a detail of theirs."""
_LEAST_NAME_LIFT: Final = 1.5
"""A name that all topics hold, as that of the product itself, sets none apart."""


@dataclass(frozen=True)
class Candidate:
    """A phrase that could name a topic.

    Attributes:
        key: its telling words, folded.
        surface: how it would be shown, but for the capital.
        coverage: share of the topic's texts that say it, 0 to 1.
        together: share of the topic's texts that hold all its telling words, in any order, 0 to 1.
        wholeness: share of its occurrences that are no piece of a longer expression, 0 to 1 exclusive.
        strength: sum of its words' strengths, each 1 at most: the strongest word of the topic has 1.
        noun_share: how much like a noun its last word is used, 0 to 1.
        n_bare_verbs: verbs behind a thing, as in `places accept card`: a sentence without its grammar.
    """

    key: Key
    surface: str
    coverage: float
    together: float
    wholeness: float
    strength: float
    noun_share: float
    n_bare_verbs: int


@dataclass
class _Sightings:
    """Where one phrase was seen."""

    weight: float = 0.0
    n_texts: int = 0
    n_seen: int = 0
    n_whole: int = 0
    wordings: Counter[tuple[str, ...]] = field(default_factory=Counter)


def find_candidates(
    topic: TopicTexts, words: TopicWords, background: Mapping[Key, float], roles: WordRoles
) -> list[Candidate]:
    """List the phrases of two to five words that could name a topic, in the order of their keys."""
    sample = sample_texts(topic)
    sightings = _see_phrases(sample, roles)
    strengths = {key[0]: word_strength(words, background, key) for key in words.coverage if len(key) == 1}
    strongest = max(strengths.values(), default=0.0) or 1.0
    occurrences = Occurrences(words)
    candidates = {}
    for key, seen in sorted(sightings.items()):
        telling = [word for word in key if word in strengths]
        wording = _usual_wording(seen.wordings, roles)
        if not telling or _has_passing_name(wording, words, background, roles):
            continue
        candidates[key] = Candidate(
            key=key,
            surface=_show(wording, roles),
            coverage=seen.weight / words.total,
            together=occurrences.share_with_all(telling) if len(telling) > 1 else seen.weight / words.total,
            wholeness=(seen.n_whole + 0.5) / (seen.n_seen + 1),
            strength=sum(strengths[word] / strongest for word in telling),
            noun_share=roles.noun_share(wording[-1]),
            n_bare_verbs=_count_bare_verbs(wording, roles),
        )
    least = max(_LEAST_SHARE, 2 / max(1, len(sample)))
    fewest = max(2, _LEAST_PHRASE_SHARE * len(sample))
    common = [
        phrase
        for key, phrase in candidates.items()
        if sightings[key].n_texts >= fewest and min(words.coverage.get((word,), 1.0) for word in key) >= least
    ]
    return common or (list(candidates.values()) if len(sample) < _FEW_TEXTS else [])


def _see_phrases(sample: list[tuple[str, float]], roles: WordRoles) -> dict[Key, _Sightings]:
    sightings: defaultdict[Key, _Sightings] = defaultdict(_Sightings)
    for text, weight in sample:
        in_text: set[Key] = set()
        for key, wording, is_whole in [*_spaced_phrases(text, roles), *_unspaced_phrases(text)]:
            seen = sightings[key]
            seen.n_seen += 1
            seen.n_whole += is_whole
            if key not in in_text:
                seen.weight += weight
                seen.n_texts += 1
                seen.wordings[wording] += 1
                in_text.add(key)
    return sightings


def _spaced_phrases(text: str, roles: WordRoles) -> Iterator[tuple[Key, tuple[str, ...], bool]]:
    for words in clauses_of(text.lower()):
        for start in range(len(words)):
            if not _may_begin(words, start):
                continue
            for end in range(start + 1, min(start + _MOST_WORDS, len(words))):
                if not _may_go_on(words, start, end):
                    break
                key = _key_of(words[start : end + 1])
                if _may_end(words, start, end, roles) and len(key) == len(set(key)) >= _LEAST_WORDS:
                    yield key, tuple(words[start : end + 1]), _is_whole(words, start, end, roles)


def _unspaced_phrases(text: str) -> Iterator[tuple[Key, tuple[str, ...], bool]]:
    for phrase in phrases_of(text):
        if is_unspaced(phrase.surface[:1]) and len(phrase.surface) >= _LEAST_WORDS:
            yield phrase.key, (phrase.surface,), True


def _may_begin(words: list[str], start: int) -> bool:
    word = words[start]
    begins = _is_telling(word) or word in LIGHT_WORDS or word in LEADING_NEGATIONS
    is_cut_off = start > 0 and (words[start - 1] in NEGATIONS or words[start - 1] == "how")
    return begins and word not in SENTENCE_WORDS and not is_cut_off


def _may_go_on(words: list[str], start: int, end: int) -> bool:
    """Whether a name may hold the word at `end`: grammar that joins things, but no sentence and no detail."""
    word = words[end]
    is_joint = word in INNER_WORDS or word in PARTICLES or (word in COPULAS and _is_telling(words[end - 1]))
    is_detail = word in SENTENCE_WORDS - COPULAS or word in PASSING_WORDS or _has_digit(word)
    # What is stated or denied is one word: "card is not working", and what comes behind is about something else.
    is_said = any(
        before in NEGATIONS | COPULAS and _is_telling(stated) for before, stated in pairwise(words[start:end])
    )
    return (is_joint or is_content(word)) and not is_detail and not (is_said and _is_telling(word))


def _may_end(words: list[str], start: int, end: int, roles: WordRoles) -> bool:
    is_open = "between" in words[start : end + 1] and "and" not in words[start : end + 1]
    is_half = words[end] in JUDGEMENTS and start == end - 1
    return not is_open and not is_half and (_is_telling(words[end]) or (words[end - 1], words[end]) in roles.endings)


def _is_telling(word: str) -> bool:
    is_detail = word in PASSING_WORDS or word in PARTICLES or _has_digit(word) or is_unspaced(word)
    return is_content(word) and not is_detail


def _key_of(words: list[str]) -> Key:
    """The words that make one phrase another: telling ones, a light verb, a negation, a particle at the end."""
    last = words[-1]
    return tuple(
        word_key(word)
        for word in words
        if _is_telling(word) or word in LIGHT_WORDS or word in NEGATIONS or (word is last and word in PARTICLES)
    )


def _is_whole(words: list[str], start: int, end: int, roles: WordRoles) -> bool:
    """Whether a phrase stops where what was said stops: `exchange` before `rate` is a piece of something."""
    before, behind = words[:start][-1:], words[end + 1 :][:1]
    lead = [word for word in words[:start] if word not in DETERMINERS][-1:]
    is_joined = any(word in PREPOSITIONS or word in ("as", "to") for word in words[start : end + 1])
    starts_inside = bool(before) and (
        is_content(before[0]) or _has_digit(before[0]) or (is_joined and lead[0:1] != [] and lead[0] in PREPOSITIONS)
    )
    ends_inside = bool(behind) and (
        is_content(behind[0])
        or behind[0] in NEGATIONS
        or behind[0] in DEGREES
        or (words[end], behind[0]) in roles.endings
    )
    return not starts_inside and not ends_inside


def _has_passing_name(
    wording: tuple[str, ...], words: TopicWords, background: Mapping[Key, float], roles: WordRoles
) -> bool:
    for word in wording:
        key = (word_key(word),)
        if word in roles.spellings and key in words.coverage:
            share = words.coverage[key]
            if share < _LEAST_NAME_SHARE or share < _LEAST_NAME_LIFT * background[key]:
                return True
    return False


def _count_bare_verbs(wording: tuple[str, ...], roles: WordRoles) -> int:
    """Verbs right behind a thing, and those that say what a thing is for."""
    behind = [
        (before, word)
        for place, (before, word) in enumerate(pairwise(wording), start=1)
        if _is_telling(word)
        and (roles.is_verb(word) or roles.is_third_person(word))
        and (_is_telling(before) or (before == "to" and not roles.is_verb(wording[place - 2])))
    ]
    return len(behind)


def _usual_wording(wordings: Counter[tuple[str, ...]], roles: WordRoles) -> tuple[str, ...]:
    """How a phrase is mostly said, without the words that only point at a thing; a typo never stands for the word."""
    counts: Counter[tuple[str, ...]] = Counter()
    for wording, count in wordings.items():
        counts[tuple(word for word in wording if word not in LEFT_OUT)] += count
    least_usual = {wording: min(roles.counts[word] for word in wording) for wording in counts}
    return min(counts, key=lambda wording: (-counts[wording], -least_usual[wording], len(wording), wording))


def _show(wording: tuple[str, ...], roles: WordRoles) -> str:
    return " ".join(roles.spellings.get(word, word) for word in wording)


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
