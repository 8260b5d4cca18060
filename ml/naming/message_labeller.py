"""Name topics without a language model: by a short message that is typical of the topic."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.errors import EmbedderUnavailableError, EmbeddingFailedError
from ml.naming.area_names import area_names
from ml.naming.edge_phrases import EdgePhrases
from ml.naming.name_candidates import MAX_CHARACTERS, candidates_of, clean_name, is_word_list, list_words
from ml.naming.name_choice import MIN_COVERAGE, score_by_vectors, score_by_words
from ml.naming.topic_label import MAX_LABEL_CHARACTERS, TopicLabel, TopicTexts
from ml.naming.topic_sample import FieldUsage, find_phrases, sample_topic
from ml.words import count_background, find_keywords, is_stop_word, terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder
    from ml.naming.name_choice import ScoredNames
    from ml.naming.topic_sample import TopicSample
    from ml.words import Background

log = logging.getLogger(__name__)

_MAX_CANDIDATES: Final = 24
_MAX_TEXTS_READ: Final = 300
_MIN_KEYWORD_SHARE: Final = 0.02
_MIN_LISTED_SHARE: Final = 0.05
"""Share of the texts that hold each word of a list: rarer ones do not describe the topic."""
_KEYWORDS_SHOWN: Final = 3
_PARTS_SHOWN: Final = 6
_N_QUOTED: Final = 2
_NEARLY_ALL: Final = 0.95
_MIN_TENTHS_SHARE: Final = 0.25
_MAX_DENOMINATOR: Final = 50


@dataclass(frozen=True)
class _Choice:
    """The name of a topic, the share of its messages that it covers, and other names."""

    name: str
    coverage: float | None = None
    others: tuple[str, ...] = ()

    @property
    def is_mixed(self) -> bool:
        return self.coverage is not None and self.coverage < MIN_COVERAGE


class MessageLabeller:
    """Names each topic by a whole short message or sentence, cleaned.

    At least three users, if there are as many, said a name in nearly these words. It holds no names of people,
    addresses or numbers. If the best name covers less of the topic than `MIN_COVERAGE`, the topic is called mixed.

    Args:
        embedder: the one that embedded the topics; without it names are chosen by counting words.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. A name that two topics could have goes to the better match."""
        samples = [sample_topic(topic) for topic in (*topics, *siblings)]
        usage = FieldUsage(samples)
        background = count_background([sample.shares for sample in samples])
        keywords = [_keywords(sample, usage, background) for sample in samples[: len(topics)]]
        used = {_name_key(name) for name in taken}
        edges = EdgePhrases([sample.texts[:_MAX_TEXTS_READ] for sample in samples])
        names = [
            [] if topic.parts else _find_candidates(sample, usage, edges, background)
            for topic, sample in zip(topics, samples, strict=False)
        ]
        scored = self._score(names, samples, background)
        chosen = _choose(scored, used)
        order = sorted(range(len(topics)), key=lambda place: -sum(topics[place].n_messages))
        for place in order:
            if place not in chosen:
                words = _area_words(topics[place], samples[place], background) if topics[place].parts else ()
                chosen[place] = _Choice(_first_free_name([*words, *_joined(keywords[place])], used))
        return [_make_label(topic, chosen[place], keywords[place]) for place, topic in enumerate(topics)]

    def _score(
        self, names: Sequence[list[str]], samples: Sequence[TopicSample], background: Background
    ) -> list[ScoredNames]:
        vectors = self._embed([name for few in names for name in few], samples)
        if vectors is None:
            return score_by_words(names, samples, background)
        ends = np.cumsum([len(few) for few in names])[:-1]
        return score_by_vectors(names, np.split(vectors, ends), samples)

    def _embed(self, names: list[str], samples: Sequence[TopicSample]) -> NDArray[np.float32] | None:
        """Embed the names; None if they cannot be compared with the topics."""
        if self._embedder is None or not names or any(sample.vectors is None for sample in samples):
            return None
        try:
            return self._embedder.embed(names)
        except (EmbedderUnavailableError, EmbeddingFailedError) as error:
            log.warning("Topics are named without the embedder: %s", error)
            return None


def _find_candidates(sample: TopicSample, usage: FieldUsage, edges: EdgePhrases, background: Background) -> list[str]:
    """Find names in the topic's most typical messages, else phrases and lists of words that several users share.

    If there are none, messages of nothing but stop words are names, such as "Go on", and then single words.
    """
    collect = partial(_collect, sample, usage, background)

    def sentences() -> Iterator[str]:
        for text in sample.most_typical(_MAX_TEXTS_READ):
            yield from candidates_of(text, edges.strip_edges)

    def phrases(*, are_words: bool) -> list[str]:
        for min_users in range(sample.min_users, 1, -1):
            shared = find_phrases(sample, min_users, background)
            some = (clean_name(phrase) for phrase in shared if (len(terms_of(phrase)) == 1) is are_words)
            if found := collect(some, min_users):
                return found
        return []

    return (
        collect(sentences(), sample.min_users)
        or [*phrases(are_words=False), *_word_lists(sample, usage, background)]
        or collect(sentences(), sample.min_users, are_stop_words=True)
        or phrases(are_words=True)
    )


def _collect(  # noqa: PLR0913  # bound for one topic
    sample: TopicSample,
    usage: FieldUsage,
    background: Background,
    names: Iterable[str],
    min_users: int,
    *,
    are_stop_words: bool = False,
) -> list[str]:
    """Collect those that may be names, each in one spelling: not of nothing but stop words, or several of these."""
    found: dict[frozenset[str], str] = {}
    for name in names:
        terms = terms_of(name)
        is_wanted = are_stop_words is all(is_stop_word(term, background) for term in terms)
        if is_wanted and len(terms) > are_stop_words and usage.may_name(name, sample, min_users):
            found.setdefault(_name_key(name), usage.spell(name))
        if len(found) == _MAX_CANDIDATES:
            break
    return list(found.values())


def _word_lists(sample: TopicSample, usage: FieldUsage, background: Background) -> Iterator[str]:
    """Yield a list of the topic's strongest keywords, those of most texts first; nothing for a single keyword."""
    for min_users in range(sample.min_users, 1, -1):
        words: list[str] = []
        shares: list[float] = []
        for keyword in _keywords_of(min_users, sample, usage, background):
            # Joined, two Thai terms can be divided in another way, into terms that no text holds.
            share = max(sample.shares.get(term, 0.0) for term in terms_of(keyword))
            if share >= _MIN_LISTED_SHARE and set(terms_of(keyword)).isdisjoint(terms_of(" ".join(words))):
                words.append(keyword)
                shares.append(share)
        if len(words) > 1:
            shares = shares[:_KEYWORDS_SHOWN]
            yield list_words([words[place] for place in np.argsort(np.negative(shares), kind="stable")])
            return


def _name_key(name: str) -> frozenset[str]:
    """Return the words of a name, by which names are compared regardless of order and case."""
    return frozenset(terms_of(name)) or frozenset({name.casefold()})


def _choose(scored: Sequence[ScoredNames], used: set[frozenset[str]]) -> dict[int, _Choice]:
    """Give each topic its best unused name, starting with the best match of all."""
    chosen: dict[int, _Choice] = {}
    ranked = [
        (rank, -names_of_topic.scores[place], topic, int(place))
        for topic, names_of_topic in enumerate(scored)
        for rank, place in enumerate(names_of_topic.order())
    ]
    for _, _, topic, place in sorted(ranked):
        name = scored[topic].names[place]
        if topic not in chosen and _name_key(name) not in used:
            chosen[topic] = _as_choice(scored[topic], place)
            used.add(_name_key(name))
    return chosen


def _as_choice(names_of_topic: ScoredNames, place: int) -> _Choice:
    coverage = float(names_of_topic.coverage[place])
    if coverage != coverage:  # noqa: PLR0124  # NaN differs from itself
        return _Choice(names_of_topic.names[place], others=_other_wordings(names_of_topic, place))
    if coverage >= MIN_COVERAGE:
        return _Choice(names_of_topic.names[place], coverage, _other_wordings(names_of_topic, place))
    return _Choice(names_of_topic.names[place], coverage, tuple(_other_themes(names_of_topic, place)))


def _other_themes(names_of_topic: ScoredNames, place: int) -> list[str]:
    """Choose names for the rest of a mixed topic, each for the most texts that no name before it matches."""
    if names_of_topic.is_match is None:
        return []
    names: list[str] = []
    is_uncovered = ~names_of_topic.is_match[place]
    is_said = np.array([not is_word_list(name) for name in names_of_topic.names])
    while len(names) < _N_QUOTED:
        gains = (names_of_topic.is_match & is_uncovered).sum(axis=1) * is_said
        best = int(np.argmax(gains))
        if not gains[best]:
            break
        names.append(names_of_topic.names[best])
        is_uncovered &= ~names_of_topic.is_match[best]
    return names


def _other_wordings(names_of_topic: ScoredNames, place: int) -> tuple[str, ...]:
    """Return the next best names that somebody said: other wordings of the same."""
    names = [names_of_topic.names[other] for other in names_of_topic.order() if other != place]
    return tuple([name for name in names if not is_word_list(name)][:_N_QUOTED])


def _keywords(sample: TopicSample, usage: FieldUsage, background: Background) -> list[str]:
    """Find words that set the topic apart, said by three of its users or, if there are none, by fewer.

    A word that fewer users of the topic say must be said by three users of the field: a name or a street is not.
    """
    for min_users in range(sample.min_users, 0, -1):
        if found := _keywords_of(min_users, sample, usage, background):
            return found
    return []


def _keywords_of(min_users: int, sample: TopicSample, usage: FieldUsage, background: Background) -> list[str]:
    """Find words that set the topic apart, said by enough of its users."""
    shares = {term: share for term, share in sample.shares.items() if usage.is_said_by(min_users, term, sample)}
    return find_keywords(sample.texts, shares, background, _MIN_KEYWORD_SHARE)


def _area_words(area: TopicTexts, sample: TopicSample, background: Background) -> Iterator[str]:
    return area_names(sample.texts, sample.n_messages.tolist(), area.parts, sample.shares, background)


def _joined(keywords: Sequence[str]) -> Iterator[str]:
    """Yield names made of keywords, for a topic without a candidate name."""
    for size in range(min(_KEYWORDS_SHOWN, len(keywords)), len(keywords) + 1) if keywords else ():
        yield list_words(keywords[:size])


def _first_free_name(names: Sequence[str], used: set[frozenset[str]]) -> str:
    """Return the first unused name, or a numbered one."""
    fitting = [name for name in names if len(name) <= MAX_LABEL_CHARACTERS]
    base = fitting[0] if fitting and len(fitting[0]) <= MAX_CHARACTERS // 2 else "Topic"
    name = next(name for name in chain(fitting, [base], _numbered(base)) if _name_key(name) not in used)
    used.add(_name_key(name))
    return name


def _numbered(name: str) -> Iterator[str]:
    return (f"{name} {number}" for number in count(2))


def _make_label(topic: TopicTexts, choice: _Choice, keywords: list[str]) -> TopicLabel:
    description = _describe_area(topic) if topic.parts else _describe(choice, keywords, topic.noun)
    return TopicLabel(topic.topic_id, choice.name, description, keywords, "messages", choice.coverage, choice.is_mixed)


def _describe(choice: _Choice, keywords: Sequence[str], noun: str) -> str:
    """Describe a topic by shares, not counts, so that the sentence stays true while messages come in."""
    quoted = _listed([f"\u201c{name}\u201d" for name in choice.others], "and")
    if choice.coverage is not None:
        close = f"{_share_in_words(choice.coverage)} {noun} are close to the name in meaning"
        if choice.is_mixed:
            return f"Several things{f', such as {quoted}' if quoted else ''}; only {close}."
        return f"People also say {quoted}; {close}." if quoted else f"{close[:1].upper()}{close[1:]}."
    if quoted:
        return f"People also say {quoted}."
    if keywords:
        return f"Said in too many ways for one name; some mention {_listed(list(keywords[:_KEYWORDS_SHOWN]), 'or')}."
    return f"{noun.capitalize()} without words in common."


def _describe_area(area: TopicTexts) -> str:
    shown = list(area.parts[:_PARTS_SHOWN])
    n_more = len(area.parts) - len(shown)
    return f"{len(area.parts)} topics: {_listed([*shown, f'{n_more} more'] if n_more else shown, 'and')}."


def _share_in_words(share: float) -> str:
    """Write a share in words: `1 in 7`, `half the`, `6 in 10`."""
    if share >= _NEARLY_ALL:
        return "nearly all"
    if share < _MIN_TENTHS_SHARE:
        return f"1 in {round(1 / max(share, 1 / _MAX_DENOMINATOR))}"
    return "half the" if round(10 * share) == 5 else f"{round(10 * share)} in 10"  # noqa: PLR2004  # 5 in 10


def _listed(words: list[str], word_before_last: str) -> str:
    return f"{', '.join(words[:-1])} {word_before_last} {words[-1]}" if len(words) > 1 else "".join(words)
