"""Names from the topics' own words: class-based TF-IDF (Grootendorst 2022) over runs of content words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ml.phrases import join_words, phrases_of
from ml.topic_label import TopicLabel, TopicTexts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_MAX_TEXTS: Final = 1_000
"""Texts read of one topic, spread evenly over all: enough to know its words."""
_MAX_KEYWORDS: Final = 8
_LENGTH_BONUS: Final = 0.6
"""What each further content word is worth: a phrase says more than a word that is a little more common."""
_USUAL_SURFACE: Final = 0.3
"""Least share of a phrase's occurrences that its commonest wording must have to be shown as it is."""
_MAX_EXAMPLE_CHARACTERS: Final = 100
_LEAST_WORDS: Final = 2

Key = tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    key: Key
    surface: str
    coverage: float
    score: float


class KeyphraseLabeller:
    """Names topics by the phrases that many of their texts have and other topics' texts lack."""

    def label(self, topics: Sequence[TopicTexts], taken: Collection[str] = ()) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Larger topics choose first."""
        counts = [_count_phrases(topic) for topic in topics]
        background = _mean_coverage([coverage for coverage, _ in counts])
        used = {name.casefold() for name in taken}
        labels: dict[int, TopicLabel] = {}
        for place in sorted(range(len(topics)), key=lambda place: -sum(topics[place].n_messages)):
            candidates = _rank(*counts[place], background)
            labels[place] = _make_label(topics[place], candidates, used)
            used.add(labels[place].label.casefold())
        return [labels[place] for place in range(len(topics))]


def _count_phrases(topic: TopicTexts) -> tuple[dict[Key, float], dict[Key, Counter[str]]]:
    """Share of a topic's texts that have each phrase, and in which wordings."""
    step = max(1, math.ceil(len(topic.all_texts) / _MAX_TEXTS))
    weights: dict[Key, float] = defaultdict(float)
    surfaces: dict[Key, Counter[str]] = defaultdict(Counter)
    total = 0.0
    for text, said in zip(topic.all_texts[::step], topic.n_messages[::step], strict=True):
        weight = math.log2(1 + said)  # A text said a thousand times is no thousand witnesses.
        total += weight
        found = {phrase.key: phrase.surface for phrase in phrases_of(text)}
        for key, surface in found.items():
            weights[key] += weight
            surfaces[key][surface] += 1
    return {key: weight / total for key, weight in weights.items()}, surfaces


def _mean_coverage(coverages: Sequence[dict[Key, float]]) -> dict[Key, float]:
    sums: dict[Key, float] = defaultdict(float)
    for coverage in coverages:
        for key, share in coverage.items():
            sums[key] += share / len(coverages)
    return sums


def _rank(
    coverage: dict[Key, float], surfaces: dict[Key, Counter[str]], background: dict[Key, float]
) -> list[_Candidate]:
    """Order a topic's phrases by how common they are in it and how rare elsewhere, best first."""
    floor = 0.02
    candidates = [
        _Candidate(
            key,
            _usual_surface(key, surfaces[key]),
            share,
            share * math.log(1 + (share + floor) / (background[key] + floor)) * (1 + _LENGTH_BONUS * (len(key) - 1)),
        )
        for key, share in coverage.items()
        if len(set(key)) == len(key)
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.key))


def _usual_surface(key: Key, surfaces: Counter[str]) -> str:
    surface, count = min(surfaces.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    return surface if count >= _USUAL_SURFACE * surfaces.total() else join_words(list(key))


def _make_label(topic: TopicTexts, candidates: list[_Candidate], used: set[str]) -> TopicLabel:
    keywords = _distinct_surfaces(candidates)
    names = (name for name in _names(candidates, keywords) if name.casefold() not in used)
    fallback = (keywords or ["Topic"])[0]
    numbered = (_capitalised(f"{fallback} {number}") for number in range(2, len(used) + 3))
    label = next(names, None) or next(name for name in numbered if name.casefold() not in used)
    return TopicLabel(topic.topic_id, label, _describe(topic, keywords), keywords, "keyphrases")


def _names(candidates: list[_Candidate], keywords: list[str]) -> Iterable[str]:
    """Possible names, best first: a phrase of several words, or a strong word joined to what it comes with."""
    best = candidates[:1]
    for candidate in candidates[:20]:
        if " " in candidate.surface or len(candidate.key) >= _LEAST_WORDS:
            yield _capitalised(candidate.surface)
        else:
            partners = [other for other in keywords if candidate.surface not in other.split()]
            yield from (_capitalised(f"{candidate.surface} {other}") for other in partners[:3])
    for candidate in best:
        yield _capitalised(candidate.surface)


def _distinct_surfaces(candidates: list[_Candidate]) -> list[str]:
    """The strongest phrases, leaving out those that only repeat a part of a stronger one."""
    chosen: list[_Candidate] = []
    for candidate in candidates:
        if not any(set(candidate.key) <= set(other.key) for other in chosen):
            chosen.append(candidate)
        if len(chosen) == _MAX_KEYWORDS:
            break
    return [candidate.surface for candidate in chosen]


def _describe(topic: TopicTexts, keywords: list[str]) -> str:
    examples = topic.texts or topic.all_texts
    example = " ".join(examples[0].split())[:_MAX_EXAMPLE_CHARACTERS].rstrip(" .?!") if examples else ""
    about = _listed(keywords[:3])
    if not about:
        return f"Messages such as \u201c{example}\u201d."
    return f"Messages about {about}, such as \u201c{example}\u201d."


def _listed(words: list[str]) -> str:
    if len(words) < _LEAST_WORDS:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
