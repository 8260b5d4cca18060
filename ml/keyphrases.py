"""Names from the topics' own words, for when no model is asked or none answers."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from ml.area_names import area_names
from ml.function_words import DETERMINERS, PREPOSITIONS
from ml.label_candidates import find_candidates
from ml.label_scores import score_candidates
from ml.phrases import clauses_of, is_content, is_unspaced, join_words
from ml.stems import stem
from ml.topic_label import TopicLabel, TopicTexts
from ml.topic_words import Keyphrase, count_words, mean_coverage, rank_keyphrases, sample_texts
from ml.word_roles import count_roles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ml.embedders import Embedder
    from ml.label_scores import Scored
    from ml.phrases import Key
    from ml.topic_words import TopicWords
    from ml.word_roles import WordRoles

_MAX_KEYWORDS: Final = 8
_LEAST_WORDS: Final = 2
_MOST_WORDS: Final = 5
_MOST_CHARACTERS: Final = 60
_TYPICAL: Final = 0.06
"""Least share of a topic's texts that each of two words must occur in to name it together."""
_LEAST_SAID: Final = 0.025
"""Least share of a topic's texts that must hold the words of its best phrase for the phrase to name it."""
_WORDS_JOINED: Final = 4
_SAME_START: Final = 4
_MAX_QUOTE: Final = 100
_EXAMPLES_SHOWN: Final = 2
_KEYWORDS_SHOWN: Final = 3
_PARTS_SHOWN: Final = 6
_NEARLY_ALL: Final = 0.95
_FEW: Final = 0.25
_MAX_DENOMINATOR: Final = 50


class KeyphraseLabeller:
    """Names topics by phrases of their own texts that are near to what all of the topic's texts say.

    Args:
        embedder: the one that gave the topics' centres; without it phrases are chosen by counting alone.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Where two want one name, it goes to whom it fits better."""
        everybody = [*topics, *siblings]
        counted = [count_words(topic) for topic in everybody]
        background = mean_coverage(counted)
        roles = count_roles(text for topic in everybody for text, _ in sample_texts(topic))
        candidates = [find_candidates(*pair, background, roles) for pair in zip(topics, counted, strict=False)]
        scored = score_candidates(candidates, [topic.centre for topic in everybody], self._embedder)
        ranked = [rank_keyphrases(words, background) for words in counted[: len(topics)]]
        used = {_identity(name) for name in taken}
        broad = [place for place, topic in enumerate(topics) if topic.parts or _has_many_wordings(scored[place])]
        names = _name_by_things(broad, topics, counted, (background, roles), used)
        names |= _choose_phrases([[] if place in names else few for place, few in enumerate(scored)], used)
        for place in sorted(set(range(len(topics))) - set(names), key=lambda place: -sum(topics[place].n_messages)):
            names[place] = _fallback_name(topics[place], ranked[place], used)
        return [_make_label(topic, names[place], ranked[place]) for place, topic in enumerate(topics)]


def _has_many_wordings(scored: Sequence[Scored]) -> bool:
    """Whether even the best phrase is said by so few that it is a detail of the topic."""
    return bool(scored) and scored[0][1].together < _LEAST_SAID


def _name_by_things(
    places: Sequence[int],
    topics: Sequence[TopicTexts],
    counted: Sequence[TopicWords],
    usage: tuple[Mapping[Key, float], WordRoles],
    used: set[frozenset[str]],
) -> dict[int, str]:
    """Give each area, and each topic like one, its best name that is free, the largest first; what was given is used.

    A topic is no area: it is left to its phrases where no few things name it.
    """
    names: dict[int, str] = {}
    for place in sorted(places, key=lambda place: (-sum(topics[place].n_messages), topics[place].topic_id)):
        offers = area_names(counted[place], *usage)
        if not topics[place].parts:
            offers = (name for name in offers if _names_few_things(name))
        if name := next((name for name in offers if _identity(name) not in used), None):
            names[place] = _capitalised(name)
            used.add(_identity(name))
    return names


def _names_few_things(name: str) -> bool:
    """Whether a name lists things and reads like a label: `Invoice & receipt`."""
    words = name.replace(" & ", " ").split()
    return " & " in name and words[-1] != "more" and len(words) < _MOST_WORDS


def _choose_phrases(scored: Sequence[Sequence[Scored]], used: set[frozenset[str]]) -> dict[int, str]:
    """Give each topic its best phrase that is still free, the best match of all first; what was given is used."""
    names: dict[int, str] = {}
    offers = [(-score, place, phrase) for place, phrases in enumerate(scored) for score, phrase in phrases]
    for _, place, phrase in sorted(offers, key=lambda offer: (offer[0], offer[1], offer[2].key)):
        identity = _identity(phrase.surface)
        if place not in names and identity not in used:
            names[place] = _capitalised(phrase.surface)
            used.add(identity)
    return names


def _fallback_name(topic: TopicTexts, ranked: list[Keyphrase], used: set[frozenset[str]]) -> str:
    name = next(name for name in _poorer_names(topic, ranked, len(used) + 1) if _identity(name) not in used)
    used.add(_identity(name))
    return name


def _poorer_names(topic: TopicTexts, ranked: list[Keyphrase], n_numbered: int) -> Iterator[str]:
    """Names of a topic without a telling phrase, best first; the last are numbered, enough that one is free."""
    words = [phrase for phrase in ranked if len(phrase.key) == 1][:_WORDS_JOINED]
    for first, second in combinations(words, 2):
        if min(first.coverage, second.coverage) >= _TYPICAL and not _share_start(first, second):
            yield _capitalised(f"{first.surface} & {second.surface}")
    beginnings = [_beginning(text) for text in (topic.texts or topic.all_texts)]
    yield from (_capitalised(text) for text in beginnings if text)
    for count in range(_LEAST_WORDS, len(words) + 1):
        yield _capitalised(join_words([word.surface for word in words[:count]]))
    base = _capitalised(words[0].surface) if words else "Topic"
    yield base
    for number in range(2, n_numbered + 2):
        yield f"{base} {number}"


def _beginning(text: str) -> str:
    """The first words of a text that says something; empty where it says nothing."""
    words = next(clauses_of(text), [])
    few = join_words(words[:_MOST_WORDS])
    says_something = len(words) >= _LEAST_WORDS and any(is_content(word.lower()) for word in words[:_MOST_WORDS])
    return few if says_something and not is_unspaced(few) and len(few) <= _MOST_CHARACTERS else ""


def _identity(name: str) -> frozenset[str]:
    """What makes one name another: `Top-up failed` and `Failed top up` are the same."""
    words = name.casefold().replace("-", " ").split()
    telling = [word for word in words if word not in DETERMINERS and word not in PREPOSITIONS]
    return frozenset(stem(word) for word in telling or words)


def _share_start(first: Keyphrase, second: Keyphrase) -> bool:
    """Whether two words look like forms of one, as `track` and `tracking` do."""
    return first.surface[:_SAME_START] == second.surface[:_SAME_START]


def _make_label(topic: TopicTexts, name: str, ranked: list[Keyphrase]) -> TopicLabel:
    keywords = _keywords(ranked)
    shown = [phrase.surface for phrase in keywords]
    description = _describe_area(topic) if topic.parts else _describe(topic, keywords)
    return TopicLabel(topic.topic_id, name, description, shown, "keyphrases")


def _keywords(phrases: list[Keyphrase]) -> list[Keyphrase]:
    """The strongest phrases, each of which brings a word that those before it lack."""
    chosen: dict[str, Keyphrase] = {}
    seen: set[str] = set()
    for phrase in phrases:
        if not seen.issuperset(phrase.key):
            chosen.setdefault(phrase.surface, phrase)
            seen.update(phrase.key)
        if len(chosen) == _MAX_KEYWORDS:
            break
    return list(chosen.values())


def _describe(topic: TopicTexts, keywords: list[Keyphrase]) -> str:
    """One sentence that stays true while messages come in, and beside any name: shares, no counts, and no label."""
    examples = [f"\u201c{example}\u201d" for example in _quotable(topic)]
    such_as = f"such as {' and '.join(examples)}" if examples else "without words"
    if not keywords:
        return f"Messages {such_as}."
    first, *others = [phrase.surface for phrase in keywords[:_KEYWORDS_SHOWN]]
    besides = f", others {_listed(others, 'or')}" if others else ""
    return f"Messages {such_as}; {_in_words(keywords[0].coverage)} mention {first}{besides}."


def _describe_area(area: TopicTexts) -> str:
    shown = list(area.parts[:_PARTS_SHOWN])
    n_more = len(area.parts) - len(shown)
    return f"{len(area.parts)} topics: {_listed([*shown, f'{n_more} more'] if n_more else shown)}."


def _quotable(topic: TopicTexts) -> list[str]:
    """The most typical texts, those first that are short enough to be quoted whole."""
    texts = [" ".join(text.split()).rstrip(" .?!") for text in topic.texts or topic.all_texts]
    whole_first = sorted(dict.fromkeys(text for text in texts if text), key=lambda text: len(text) > _MAX_QUOTE)
    return [text if len(text) <= _MAX_QUOTE else f"{text[:_MAX_QUOTE].rstrip()}\u2026" for text in whole_first][
        :_EXAMPLES_SHOWN
    ]


def _in_words(share: float) -> str:
    """A share as people say it: `1 in 7`, `half`, `6 in 10`."""
    if share >= _NEARLY_ALL:
        return "nearly all"
    if share < _FEW:
        return f"1 in {round(1 / max(share, 1 / _MAX_DENOMINATOR))}"
    return "half" if round(10 * share) == 5 else f"{round(10 * share)} in 10"  # noqa: PLR2004  # 5 in 10


def _listed(words: list[str], word_before_last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {word_before_last} {words[-1]}" if len(words) > 1 else "".join(words)


def _capitalised(name: str) -> str:
    """With a capital, unless the first word has its own, as `iPhone` has."""
    first, *_ = name.split(maxsplit=1) or [""]
    return name[:1].upper() + name[1:] if first.islower() else name
