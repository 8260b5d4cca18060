"""How words are used in all the texts together: as things, as actions, capitalised, as the end of what is said.

No tagger and no word list of any size is needed: the few words of grammar that stand beside a word tell enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final

from ml.function_words import DETERMINERS, FUNCTION_WORDS, PARTICLES, PREPOSITIONS, VERB_LEADS
from ml.phrases import clauses_of, is_content

if TYPE_CHECKING:
    from collections.abc import Iterable

_USUAL: Final = 0.6
"""Least share of a word's spellings that the commonest must have."""
_MOSTLY_LAST: Final = 0.4
_LEAST_SEEN: Final = 3
_MOSTLY_THING: Final = 0.6
_MOSTLY_CLOSING: Final = 0.5
_MOSTLY_ACTION: Final = 0.3
"""Share of uses as a thing below which a word counts as a verb."""


@dataclass(frozen=True)
class WordRoles:
    """What was counted over all topics; words are lower-case.

    Attributes:
        things: how often a word stood behind an article or a preposition.
        actions: how often it stood behind a word that leads a verb.
        spellings: words that are mostly written otherwise than in lower case, as `api` is `API`.
        endings: pairs of a word and a particle that mostly end what is said, as `log in`.
        counts: how often each word was written.
        phrasals: verbs that are mostly said with one particle, as `top` with `up`.
        closings: how often no telling word stood right behind it.
    """

    things: Counter[str]
    actions: Counter[str]
    spellings: dict[str, str]
    endings: frozenset[tuple[str, str]]
    counts: Counter[str]
    phrasals: dict[str, str]
    closings: Counter[str]

    def noun_share(self, word: str) -> float:
        """How much like a noun a word is used, 0 to 1; a half where nothing is known."""
        return (self.things[word] + 1) / (self.things[word] + self.actions[word] + 2)

    def is_thing(self, word: str) -> bool:
        """Whether a word is mostly used as a noun that ends what is named: `events`, not `interesting` before it."""
        is_noun = self.things[word] > 0 and self.noun_share(word) >= _MOSTLY_THING
        return is_noun and self.closings[word] >= _MOSTLY_CLOSING * self.counts[word]

    def is_verb(self, word: str) -> bool:
        """Whether a word is mostly used as a verb in its basic form."""
        return self.actions[word] >= _LEAST_SEEN and self.noun_share(word) < _MOSTLY_ACTION

    def is_third_person(self, word: str) -> bool:
        """Whether a word is a verb's other form, as `says` is of `say`, and never stood where a noun stands."""
        return word.endswith("s") and not self.things[word] and self.is_verb(word.removesuffix("s"))


def count_roles(texts: Iterable[str]) -> WordRoles:
    """Count how words are used."""
    things: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    particles: Counter[tuple[str, str]] = Counter()
    last: Counter[tuple[str, str]] = Counter()
    counts: Counter[str] = Counter()
    closings: Counter[str] = Counter()
    for text in texts:
        is_cased = not (text.islower() or text.isupper())  # Who writes all in one case says nothing about a word's.
        for clause in clauses_of(text):
            words = [word.lower() for word in clause]
            counts.update(words)
            closings.update(
                word for word, behind in zip_longest(words, words[1:]) if not behind or not is_content(behind)
            )
            _count_neighbours(words, things, actions)
            _count_particles(words, particles, last)
            for word, written in zip(words[1:], clause[1:], strict=True) if is_cased else ():
                spellings[word][written] += 1
    return WordRoles(
        things,
        actions,
        _usual_spellings(spellings),
        _endings(particles, last),
        counts,
        _phrasals(particles, counts),
        closings,
    )


def _count_neighbours(words: list[str], things: Counter[str], actions: Counter[str]) -> None:
    if words[1:] and words[1] in DETERMINERS:  # "reset my password": an order begins with its verb.
        actions[words[0]] += 1
    for before, word in pairwise(words):
        if before in DETERMINERS or before in PREPOSITIONS:
            things[word] += 1
        if before in VERB_LEADS:
            actions[word] += 1


def _count_particles(words: list[str], particles: Counter[tuple[str, str]], last: Counter[tuple[str, str]]) -> None:
    for place, (word, particle) in enumerate(pairwise(words)):
        if particle in PARTICLES:
            particles[word, particle] += 1
            behind = words[place + 2 : place + 3]
            if not behind or (behind[0] in FUNCTION_WORDS and behind[0] not in DETERMINERS):
                last[word, particle] += 1


def _usual_spellings(spellings: dict[str, Counter[str]]) -> dict[str, str]:
    usual = {}
    for word, counts in spellings.items():
        written, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if written != word and count >= _USUAL * counts.total():
            usual[word] = written
    return usual


def _endings(particles: Counter[tuple[str, str]], last: Counter[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset(
        pair for pair, count in particles.items() if count >= _LEAST_SEEN and last[pair] >= _MOSTLY_LAST * count
    )


def _phrasals(particles: Counter[tuple[str, str]], counts: Counter[str]) -> dict[str, str]:
    return {
        word: particle
        for (word, particle), count in sorted(particles.items())
        if count >= max(_LEAST_SEEN, _MOSTLY_CLOSING * counts[word])
    }
