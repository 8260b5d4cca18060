"""Names from the topics' own words, for when no model is asked or none answers."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from ml.function_words import CLAUSE_WORDS
from ml.phrases import is_unspaced, join_words
from ml.topic_label import TopicLabel, TopicTexts
from ml.topic_words import Keyphrase, count_words, mean_coverage, rank_keyphrases

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_MAX_KEYWORDS: Final = 8
_NAMES_TRIED: Final = 40
_LEAST_WORDS: Final = 2
_MOST_WORDS: Final = 5
_TYPICAL: Final = 0.12
"""Least share of a topic's texts that a phrase must occur in to stand for all of them."""
_WORDS_JOINED: Final = 4
_SAME_START: Final = 4
_MAX_EXAMPLE_CHARACTERS: Final = 100


class KeyphraseLabeller:
    """Names topics by the phrases that many of their texts have and other topics' texts lack."""

    def label(self, topics: Sequence[TopicTexts], taken: Collection[str] = ()) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Larger topics choose first."""
        counted = [count_words(topic) for topic in topics]
        background = mean_coverage(counted)
        used = {name.casefold() for name in taken}
        labels: dict[int, TopicLabel] = {}
        for place in sorted(range(len(topics)), key=lambda place: -sum(topics[place].n_messages)):
            labels[place] = _make_label(topics[place], rank_keyphrases(counted[place], background), used)
            used.add(labels[place].label.casefold())
        return [labels[place] for place in range(len(topics))]


def _make_label(topic: TopicTexts, phrases: list[Keyphrase], used: set[str]) -> TopicLabel:
    keywords = _keywords(phrases)
    label = next(name for name in _names(phrases, len(used) + 1) if name.casefold() not in used)
    return TopicLabel(topic.topic_id, label, _describe(topic, keywords), keywords, "keyphrases")


def _names(phrases: list[Keyphrase], n_numbered: int) -> Iterator[str]:
    """Possible names, best first; the last are numbered, and enough that one of them is free."""
    several = [phrase for phrase in phrases if _is_name(phrase)][:_NAMES_TRIED]
    typical = [phrase for phrase in several if phrase.coverage >= _TYPICAL]
    for phrase in typical:
        yield _capitalised(phrase.surface)
    words = [phrase for phrase in phrases if len(phrase.key) == 1][:_WORDS_JOINED]
    for first, second in combinations(words, 2):  # No phrase is typical: two words say more than one rare phrase.
        if min(first.coverage, second.coverage) >= _TYPICAL / 2 and not _share_start(first, second):
            yield _capitalised(f"{first.surface} & {second.surface}")
    for phrase in several:
        yield _capitalised(phrase.surface)
    for count in range(_LEAST_WORDS, len(words) + 1):
        yield _capitalised(join_words([word.surface for word in words[:count]]))
    base = _capitalised((several[:1] or phrases[:1])[0].surface) if phrases else "Topic"
    yield base
    for number in range(2, n_numbered + 2):
        yield f"{base} {number}"


def _is_name(phrase: Keyphrase) -> bool:
    if is_unspaced(phrase.surface[:1]):
        return len(phrase.surface) >= _LEAST_WORDS
    words = phrase.surface.split()
    return _LEAST_WORDS <= len(words) <= _MOST_WORDS and CLAUSE_WORDS.isdisjoint(words)


def _share_start(first: Keyphrase, second: Keyphrase) -> bool:
    """Whether two words look like forms of one, as `track` and `tracking` do."""
    return first.surface[:_SAME_START] == second.surface[:_SAME_START]


def _keywords(phrases: list[Keyphrase]) -> list[str]:
    """The strongest phrases, each of which brings a word that those before it lack."""
    chosen: list[str] = []
    seen: set[str] = set()
    for phrase in phrases:
        if not seen.issuperset(phrase.key):
            chosen.append(phrase.surface)
            seen.update(phrase.key)
        if len(chosen) == _MAX_KEYWORDS:
            break
    return list(dict.fromkeys(chosen))


def _describe(topic: TopicTexts, keywords: list[str]) -> str:
    examples = topic.texts or topic.all_texts
    example = " ".join(examples[0].split())[:_MAX_EXAMPLE_CHARACTERS].rstrip(" .?!") if examples else ""
    about = f" about {_listed(keywords[:3])}," if keywords else ""
    return f"Messages{about} such as \u201c{example}\u201d."


def _listed(words: list[str]) -> str:
    if len(words) < _LEAST_WORDS:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
