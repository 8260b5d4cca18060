"""Sample a topic's texts for naming, and count which words the users of a field share."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from contracts.masking.masker import blank_masks
from ml.naming.name_candidates import sentences_of, split_clauses
from ml.words import WORD, has_digit, is_stop_word, join_words, terms_of, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from ml.naming.topic_label import TopicTexts
    from ml.words import Background

MIN_USERS: Final = 3
"""Users who must have said nearly the same before it may name a topic, so that a name quotes nobody."""
MAX_SAMPLE: Final = 1_500
"""Texts of a topic that are sampled: shares are right to a few percent, whatever the size of the topic."""
_MIN_OVERLAP: Final = 0.7
"""Share of a name's words, weighted by their rarity, that a text must hold to say nearly the same."""
_MAX_PHRASE: Final = 6
"""Words of a phrase that may name a topic."""
_MIN_DETAIL_SHARE: Final = 0.2
"""Share of a topic's texts below which a proper noun or a word with digits is a detail of some messages."""
_TITLE_CASE: Final = 0.6
"""Share of a word's occurrences inside sentences from which it counts as written with a capital: a proper noun."""
_MAX_TITLE_CASE: Final = 0.15
"""Share of capitalized words inside sentences up to which capitals mark proper nouns; German capitalizes all nouns."""


@dataclass(frozen=True, eq=False)
class TopicSample:
    """Texts of one topic, sampled evenly if there are many.

    Attributes:
        texts: up to `MAX_SAMPLE` texts.
        users: for each text up to three of those who said it.
        n_messages: int64 (n,), how often each was said.
        vectors: float32 (n, d), unit rows, or None.
        direction: float32 (d,), the topic's centre, normalised, or None.
        examples: texts of the topic, the most typical first, used without vectors.
    """

    texts: list[str]
    users: list[Sequence[str]]
    n_messages: NDArray[np.int64]
    vectors: NDArray[np.float32] | None
    direction: NDArray[np.float32] | None
    examples: list[str]

    @cached_property
    def terms(self) -> list[frozenset[str]]:
        """The terms of each text."""
        return [frozenset(terms_of(text)) for text in self.texts]

    @cached_property
    def rows_of(self) -> dict[str, list[int]]:
        """The texts that hold each term."""
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, terms in enumerate(self.terms):
            for term in terms:
                rows[term].append(row)
        return dict(rows)

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of the texts that hold each term, 0 to 1."""
        return {term: len(rows) / len(self.texts) for term, rows in self.rows_of.items()}

    @cached_property
    def min_users(self) -> int:
        """Users that a name needs: three, or all if there are fewer."""
        return max(1, min(MIN_USERS, len({user for users in self.users for user in users})))

    def most_typical(self, limit: int) -> list[str]:
        """Return up to `limit` texts, nearest to the topic's centre first."""
        if self.vectors is None or self.direction is None:
            return [*self.examples, *self.texts][:limit]
        order = np.argsort(-(self.vectors @ self.direction), kind="stable")
        return [self.texts[row] for row in order[:limit]]

    def users_of(self, rows: Iterable[int]) -> set[str]:
        """Return the users who said these texts."""
        return {user for row in rows for user in self.users[row]}


def sample_topic(topic: TopicTexts) -> TopicSample:
    """Sample a topic's texts, with blank masks. If users are unknown, each message counts as one of its own user."""
    n = len(topic.all_texts)
    rows = np.unique(np.linspace(0, max(n - 1, 0), min(n, MAX_SAMPLE)).astype(np.int64))
    said = topic.n_messages
    users = topic.users or [[f"{row}/{time}" for time in range(min(said[row], MIN_USERS))] for row in range(n)]
    has_vectors = topic.vectors is not None and topic.centre is not None
    return TopicSample(
        texts=[blank_masks(topic.all_texts[row]) for row in rows],
        users=[users[row] for row in rows],
        n_messages=np.array([said[row] for row in rows], dtype=np.int64),
        vectors=topic.vectors[rows] if topic.vectors is not None and has_vectors else None,
        direction=_unit(topic.centre) if topic.centre is not None and has_vectors else None,
        examples=list(map(blank_masks, topic.texts)),
    )


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length else vector


class FieldUsage:
    """How the users of one field use words.

    Args:
        samples: all topics of the field.
    """

    def __init__(self, samples: Sequence[TopicSample]) -> None:
        self._n_texts = max(1, sum(len(sample.texts) for sample in samples))
        self._n_holding: Counter[str] = Counter()
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        for sample in samples:
            for term, rows in sample.rows_of.items():
                self._n_holding[term] += len(rows)
                if len(self._users[term]) < MIN_USERS:
                    self._users[term] |= sample.users_of(rows[: MIN_USERS * MIN_USERS])
        texts = [text for sample in samples for text in sample.texts]
        self._spellings = _count_spellings(
            clause for text in texts for clause in split_clauses(text)
        )  # "Hi, How are you"
        self._proper_nouns = _find_proper_nouns(_count_spellings(texts))

    def spell(self, name: str) -> str:
        """Write a name's words as most users of the field do: `I lost my PIN` for `i lost my pin`."""
        spelled = WORD.sub(lambda found: self._usual(found.group()), name)
        first, usual = name[:1], spelled[:1]
        return spelled if usual.isupper() or WORD.match(name) is None else first + spelled[1:]

    def _usual(self, word: str) -> str:
        spellings = self._spellings.get(word.casefold(), {word: 1})
        return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))

    def may_name(self, name: str, sample: TopicSample, min_users: int) -> bool:
        """Say whether enough users said nearly this name, and each of its words, and it holds no details."""
        terms = frozenset(terms_of(name))
        if not terms or any(self._is_detail(term, sample) for term in terms):
            return False
        if any(len(self._users[term]) < sample.min_users for term in terms):
            return False
        return self._n_users_saying(terms, sample) >= min_users

    def is_said_by(self, min_users: int, term: str, sample: TopicSample) -> bool:
        """Say whether enough users of a topic have said a word, and it is no detail.

        If fewer are required than for a name, enough users of the field must have said it, and it is no proper noun.
        """
        if min_users < sample.min_users and (term in self._proper_nouns or len(self._users[term]) < sample.min_users):
            return False
        users = sample.users_of(sample.rows_of.get(term, ()))
        return len(users) >= min_users and not self._is_detail(term, sample)

    def _is_detail(self, term: str, sample: TopicSample) -> bool:
        if term.isdecimal():
            return True
        is_special = has_digit(term) or (term in self._proper_nouns and "'" not in term)
        return is_special and sample.shares.get(term, 0.0) < _MIN_DETAIL_SHARE

    def _n_users_saying(self, terms: Collection[str], sample: TopicSample) -> int:
        """Count the topic's users who said nearly these terms."""
        weights = {term: math.log(1 + self._n_texts / max(self._n_holding[term], 1)) for term in terms}
        held: defaultdict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for row in sample.rows_of.get(term, ()):
                held[row] += weight
        enough = _MIN_OVERLAP * sum(weights.values())
        return len(sample.users_of(row for row, weight in held.items() if weight >= enough))


def find_phrases(sample: TopicSample, min_users: int, background: Background) -> list[str]:
    """Find phrases that enough users of a topic share, by number of users, then length.

    No phrase begins or ends with a stop word.
    """
    users: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for text, said_by in zip(sample.texts, sample.users, strict=True):
        for sentence in sentences_of(text):
            terms = terms_of(sentence)
            for start, first in enumerate(terms):
                if is_stop_word(first, background):
                    continue
                for end in range(start, min(start + _MAX_PHRASE, len(terms))):
                    if not is_stop_word(terms[end], background):
                        users[tuple(terms[start : end + 1])].update(said_by)
    shared = [phrase for phrase, said_by in users.items() if len(said_by) >= min_users]
    return [
        join_words(phrase) for phrase in sorted(shared, key=lambda phrase: (-len(users[phrase]), -len(phrase), phrase))
    ]


def _count_spellings(pieces: Iterable[str]) -> dict[str, Counter[str]]:
    """Count the spellings of each word inside texts or clauses; first words are left out for their capitals."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for piece in pieces:
        for word in words_of(piece)[1:]:
            spellings[word.casefold()][word] += 1
    return dict(spellings)


def _find_proper_nouns(spellings: dict[str, Counter[str]]) -> frozenset[str]:
    """Find words mostly written with a capital, in a field whose users do not capitalize all nouns."""
    n_words = {word: sum(counts.values()) for word, counts in spellings.items()}
    n_title = {
        word: sum(count for spelling, count in counts.items() if len(spelling) > 1 and spelling.istitle())
        for word, counts in spellings.items()
    }
    if sum(n_title.values()) > _MAX_TITLE_CASE * sum(n_words.values()):
        return frozenset()
    return frozenset(word for word, count in n_title.items() if count >= _TITLE_CASE * n_words[word])
