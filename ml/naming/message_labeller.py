"""Names without a language model: what people say, a short message that is typical of its topic."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.errors import EmbedderUnavailableError, EmbeddingFailedError
from ml.naming.area_names import area_names
from ml.naming.edge_phrases import EdgePhrases
from ml.naming.name_candidates import MAX_CHARACTERS, candidates_of, clean_name
from ml.naming.name_choice import MIN_COVERAGE, score_by_vectors, score_by_words
from ml.naming.topic_label import MAX_LABEL_CHARACTERS, TopicLabel, TopicTexts
from ml.naming.topic_sample import FieldUsage, find_phrases, sample_topic
from ml.words import count_background, find_keywords, is_empty, terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder
    from ml.naming.name_choice import Offers
    from ml.naming.topic_sample import TopicSample
    from ml.words import Background

log = logging.getLogger(__name__)

_MAX_CANDIDATES: Final = 24
_MAX_TEXTS_READ: Final = 300
_MIN_KEYWORD_SHARE: Final = 0.02
_KEYWORDS_SHOWN: Final = 3
_PARTS_SHOWN: Final = 6
_QUOTED: Final = 2
_NEARLY_ALL: Final = 0.95
_FEW: Final = 0.25
_MAX_DENOMINATOR: Final = 50


@dataclass(frozen=True)
class _Choice:
    """The name of a topic, the share of its messages that it holds, and what else people say there."""

    name: str
    coverage: float | None = None
    others: tuple[str, ...] = ()

    @property
    def is_mixed(self) -> bool:
        return self.coverage is not None and self.coverage < MIN_COVERAGE


class MessageLabeller:
    """Names each topic by what people say there: the beginning of no message but a whole short one, cleaned.

    A name was said in nearly these words by three users or more, where there are as many; it holds no names of people,
    addresses and numbers. Where the best one holds less of the topic than `MIN_COVERAGE`, the topic is called mixed.

    Args:
        embedder: the one that gave the topics' vectors; without it names are chosen by counting words alone.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Where two want one name, it goes to whom it fits better."""
        samples = [sample_topic(topic) for topic in (*topics, *siblings)]
        usage = FieldUsage(samples)
        background = count_background([sample.shares for sample in samples])
        keywords = [_keywords(sample, usage, background) for sample in samples[: len(topics)]]
        used = {_identity(name) for name in taken}
        edges = EdgePhrases([sample.texts[:_MAX_TEXTS_READ] for sample in samples])
        names = [
            [] if topic.parts else _find_candidates(sample, usage, edges, background)
            for topic, sample in zip(topics, samples, strict=False)
        ]
        offers = self._score(names, samples, background)
        chosen = _choose(offers, used)
        order = sorted(range(len(topics)), key=lambda place: -sum(topics[place].n_messages))
        for place in order:
            if place not in chosen:
                words = _area_words(topics[place], samples[place], background) if topics[place].parts else ()
                chosen[place] = _Choice(_free_name([*words, *_joined(keywords[place])], used))
        return [_make_label(topic, chosen[place], keywords[place]) for place, topic in enumerate(topics)]

    def _score(
        self, names: Sequence[list[str]], samples: Sequence[TopicSample], background: Background
    ) -> list[Offers]:
        vectors = self._embed([name for few in names for name in few], samples)
        if vectors is None:
            return score_by_words(names, samples, background)
        ends = np.cumsum([len(few) for few in names])[:-1]
        return score_by_vectors(names, np.split(vectors, ends), samples)

    def _embed(self, names: list[str], samples: Sequence[TopicSample]) -> NDArray[np.float32] | None:
        """One vector a name; None where they cannot be compared with the topics."""
        if self._embedder is None or not names or any(sample.vectors is None for sample in samples):
            return None
        try:
            return self._embedder.embed(names)
        except (EmbedderUnavailableError, EmbeddingFailedError) as error:
            log.warning("Topics are named without the embedder: %s", error)
            return None


def _find_candidates(sample: TopicSample, usage: FieldUsage, edges: EdgePhrases, background: Background) -> list[str]:
    """Find names that the topic's most typical messages offer, else phrases that several users' messages share.

    Each comes in one spelling. "Why is it there?" says nothing and is none.
    """

    def collect(names: Iterable[str], min_users: int) -> list[str]:
        found: dict[frozenset[str], str] = {}
        for name in names:
            says_something = not all(is_empty(term, background) for term in terms_of(name))
            if says_something and _identity(name) not in found and usage.may_name(name, sample, min_users):
                found[_identity(name)] = usage.spell(name)
            if len(found) == _MAX_CANDIDATES:
                break
        return list(found.values())

    typical = sample.most_typical(_MAX_TEXTS_READ)
    names = (name for text in typical for name in candidates_of(text, edges.strip_edges))
    if found := collect(names, sample.min_users):
        return found
    for min_users in range(sample.min_users, 1, -1):
        if found := collect(map(clean_name, find_phrases(sample, min_users, background)), min_users):
            return found
    return []


def _identity(name: str) -> frozenset[str]:
    """What makes one name another: its words, whatever their order and case."""
    return frozenset(terms_of(name)) or frozenset({name.casefold()})


def _choose(offers: Sequence[Offers], used: set[frozenset[str]]) -> dict[int, _Choice]:
    """Give each topic its best name that is free, the best match of all first; what was given is used."""
    chosen: dict[int, _Choice] = {}
    ranked = [
        (rank, -offer.scores[place], topic, int(place))
        for topic, offer in enumerate(offers)
        for rank, place in enumerate(offer.order())
    ]
    for _, _, topic, place in sorted(ranked):
        name = offers[topic].names[place]
        if topic not in chosen and _identity(name) not in used:
            chosen[topic] = _as_choice(offers[topic], place)
            used.add(_identity(name))
    return chosen


def _as_choice(offer: Offers, place: int) -> _Choice:
    coverage = float(offer.coverage[place])
    if coverage != coverage:  # noqa: PLR0124  # NaN differs from itself
        return _Choice(offer.names[place], others=_other_wordings(offer, place))
    if coverage >= MIN_COVERAGE:
        return _Choice(offer.names[place], coverage, _other_wordings(offer, place))
    return _Choice(offer.names[place], coverage, tuple(_what_else(offer, place)))


def _what_else(offer: Offers, place: int) -> list[str]:
    """What a mixed topic holds besides: names for most of the texts that those before them do not reach."""
    if offer.held is None:
        return []
    names: list[str] = []
    is_open = ~offer.held[place]
    while len(names) < _QUOTED:
        gains = (offer.held & is_open).sum(axis=1)
        best = int(np.argmax(gains))
        if not gains[best]:
            break
        names.append(offer.names[best])
        is_open &= ~offer.held[best]
    return names


def _other_wordings(offer: Offers, place: int) -> tuple[str, ...]:
    """The best other names: how else people say it."""
    best = [int(other) for other in offer.order() if other != place][:_QUOTED]
    return tuple(offer.names[other] for other in best)


def _keywords(sample: TopicSample, usage: FieldUsage, background: Background) -> list[str]:
    """Find words that set the topic apart, said by three of its users or, where there is none such, by fewer.

    A word that one of them says is taken only if three users of the field say it: a name or a street is not.
    """
    for min_users in range(sample.min_users, 0, -1):
        shares = {term: share for term, share in sample.shares.items() if usage.is_said_by(min_users, term, sample)}
        found = find_keywords(sample.texts, shares, background, _MIN_KEYWORD_SHARE)
        if found:
            return found
    return []


def _area_words(area: TopicTexts, sample: TopicSample, background: Background) -> Iterator[str]:
    return area_names(sample.texts, area.parts, sample.shares, background)


def _joined(keywords: Sequence[str]) -> Iterator[str]:
    """Names of a topic none of whose messages may name it, of its keywords."""
    for size in range(min(_KEYWORDS_SHOWN, len(keywords)), len(keywords) + 1) if keywords else ():
        name = ", ".join(keywords[:size])
        yield name[:1].upper() + name[1:]


def _free_name(names: Sequence[str], used: set[frozenset[str]]) -> str:
    """The first name that is free; a numbered one where none is."""
    fitting = [name for name in names if len(name) <= MAX_LABEL_CHARACTERS]
    base = fitting[0] if fitting and len(fitting[0]) <= MAX_CHARACTERS // 2 else "Topic"
    name = next(name for name in chain(fitting, [base], _numbered(base)) if _identity(name) not in used)
    used.add(_identity(name))
    return name


def _numbered(name: str) -> Iterator[str]:
    return (f"{name} {number}" for number in count(2))


def _make_label(topic: TopicTexts, choice: _Choice, keywords: list[str]) -> TopicLabel:
    description = _describe_area(topic) if topic.parts else _describe(choice, keywords)
    return TopicLabel(topic.topic_id, choice.name, description, keywords, "messages", choice.coverage, choice.is_mixed)


def _describe(choice: _Choice, keywords: Sequence[str]) -> str:
    """One sentence that stays true while messages come in: shares, no counts, and nothing that one user said alone."""
    quoted = _listed([f"\u201c{name}\u201d" for name in choice.others], "and")
    if choice.coverage is not None:
        close = f"{_in_words(choice.coverage)} messages are close to the name in meaning"
        if choice.is_mixed:
            return f"Several things{f', such as {quoted}' if quoted else ''}; only {close}."
        return f"People also say {quoted}; {close}." if quoted else f"{close[:1].upper()}{close[1:]}."
    if quoted:
        return f"People also say {quoted}."
    if keywords:
        return f"Said in too many ways for one name; some mention {_listed(list(keywords[:_KEYWORDS_SHOWN]), 'or')}."
    return "Messages without words in common."


def _describe_area(area: TopicTexts) -> str:
    shown = list(area.parts[:_PARTS_SHOWN])
    n_more = len(area.parts) - len(shown)
    return f"{len(area.parts)} topics: {_listed([*shown, f'{n_more} more'] if n_more else shown, 'and')}."


def _in_words(share: float) -> str:
    """A share as people say it: `1 in 7`, `half`, `6 in 10`."""
    if share >= _NEARLY_ALL:
        return "nearly all"
    if share < _FEW:
        return f"1 in {round(1 / max(share, 1 / _MAX_DENOMINATOR))}"
    return "half" if round(10 * share) == 5 else f"{round(10 * share)} in 10"  # noqa: PLR2004  # 5 in 10


def _listed(words: list[str], word_before_last: str) -> str:
    return f"{', '.join(words[:-1])} {word_before_last} {words[-1]}" if len(words) > 1 else "".join(words)
