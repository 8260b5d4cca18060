"""Classify the texts of a fit: topic, filler ("ok", "thanks", "2") or noise, with the reason for having no topic.

Filler is found by courtesy, by length and repetition, and by having no letter. Noise is far from all other texts, or
too few texts are like it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from contracts.masking.masker import blank_masks
from ml.clustering.fit_state import Classes
from ml.clustering.neighbours import NO_GROUP, majority_vote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.clustering.fit_state import FitState
    from ml.clustering.neighbours import Neighbours
    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier

COURTESY: Final = "politeness or assent alone"
REPEATED: Final = "short and said over and over"
LIKE_REPEATED: Final = "like what is short and said over and over"
WORDLESS: Final = "little but numbers and signs"
AUTOMATED: Final = "sent by machine"
BOILERPLATE: Final = "nothing but what nearly all messages share"
OUTLIER: Final = "far from everything"
TOO_FEW: Final = "too few alike"

_REPEATED: Final = 1.25
"""A group is repeated if its texts recur this many times as often as the texts of the corpus on average."""
_SHORT: Final = 0.7
"""A group is short if its median message has at most this share of the characters of the median distinct text."""
_MIN_MARGIN: Final = 0.2
"""Mean margin between courtesy and requests that a filler group needs: `soda` and `login`, said often, have less."""
_HYSTERESIS: Final = 1.25
"""Filler stays filler while it misses a limit by no more than this factor."""
_MIN_REPEATS: Final = 10
"""A text of this many messages is not an outlier: it is its own neighbour."""
_NEAR_DUPLICATE: Final = 0.85
"""Texts of random letters do not reach this cosine: the maximum among 300 is 0.83."""
_OUTLIER_DEVIATIONS: Final = 4.0
"""Robust standard deviations below the median nearest-neighbour similarity from which a text is an outlier."""
_MIN_THRESHOLD: Final = 0.25
"""Bounds of the threshold: this similarity and twice this, whatever the corpus is like."""
_MIN_SUPPORT: Final = 3
"""Messages a topic needs. One text counts at most as often as this, so that a single repeated text can be a topic."""


def classify(state: FitState) -> FitState:
    """Say which groups are topics, and which texts are filler or noise.

    Beyond `max_noise_share` of noise, the texts nearest to a topic join it.
    """
    corpus, neighbours, parts, seeds = state.corpus, state.neighbours, state.parts, state.seeds
    if not len(parts):
        return state
    threshold = _outlier_threshold(neighbours)
    is_garbled = np.zeros(len(parts), dtype=np.bool_) if seeds is None else seeds.find_unstructured(corpus.vectors)
    is_garbled &= ~_has_near_duplicate(neighbours)
    is_outlier = (_find_outliers(neighbours, threshold) & (corpus.n_messages < _MIN_REPEATS)) | is_garbled
    is_empty = empty_texts(corpus.texts)
    is_wordless = wordless(corpus.texts) | _wordless_groups(corpus, parts)[parts]
    is_courtesy = find_courtesy(corpus, seeds)
    is_like_repeated = _filler_groups(corpus, parts, state.was_filler, is_courtesy | is_empty, seeds)[parts]
    is_filler = is_like_repeated | is_wordless | is_courtesy
    is_candidate = ~is_outlier & ~is_filler
    is_topic = _supported_groups(parts, is_candidate, corpus.n_messages)[parts] & is_candidate
    groups = np.where(is_topic, parts, NO_GROUP)
    groups = np.where(is_candidate & ~is_topic, majority_vote(neighbours, groups), groups)
    groups = _without_gaps(cap_noise(groups, ~is_filler & ~is_garbled, neighbours, state.limits.max_noise_share))
    is_repeated = _repeated_texts(corpus)
    classes = Classes(groups, is_filler, is_courtesy, is_repeated, is_wordless, is_empty, is_outlier)
    return replace(state, classes=classes, outlier_threshold=threshold)


def reasons(classes: Classes) -> list[str | None]:
    """Return why each of n texts has no topic; None for a text with a topic."""
    return [_reason(classes, row) for row in range(len(classes.groups))]


def _reason(classes: Classes, row: int) -> str | None:
    if classes.groups[row] != NO_GROUP:
        return None
    if classes.is_filler[row]:
        return filler_reason(
            is_automated=False,
            is_empty=bool(classes.is_empty[row]),
            is_wordless=bool(classes.is_wordless[row]),
            is_courtesy=bool(classes.is_courtesy[row]),
            is_repeated=bool(classes.is_repeated[row]),
        )
    return OUTLIER if classes.is_outlier[row] else TOO_FEW


def filler_reason(
    *, is_automated: bool, is_empty: bool, is_wordless: bool, is_courtesy: bool, is_repeated: bool = False
) -> str:
    """Return why a text is filler. The reason holds for the text itself, not only for its group."""
    if is_automated:
        return AUTOMATED
    if is_empty:
        return BOILERPLATE
    if is_courtesy:
        return COURTESY
    if is_wordless:
        return WORDLESS
    return REPEATED if is_repeated else LIKE_REPEATED


def _without_gaps(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    _, numbers = np.unique(groups[groups != NO_GROUP], return_inverse=True)
    renumbered = groups.copy()
    renumbered[groups != NO_GROUP] = numbers
    return renumbered


def wordless(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts hold no letter of any script: numbers, punctuation, emoji, masks of data.

    Returns:
        bool (n,).
    """
    return np.array([not any(map(str.isalpha, blank_masks(text))) for text in texts], dtype=np.bool_)


def empty_texts(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts are empty without their boilerplate: bool (n,)."""
    return np.array([not text for text in texts], dtype=np.bool_)


def _wordless_groups(corpus: Corpus, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which groups are mostly wordless: their other texts are more of the same ("phone 030 123456").

    Empty texts do not count.

    Args:
        corpus: n texts.
        groups: int64 (n,), 0, 1, …

    Returns:
        bool (number of groups,).
    """
    n_messages = corpus.n_messages * ~empty_texts(corpus.texts)
    n_wordless = np.bincount(groups, n_messages * wordless(corpus.texts))
    mostly: NDArray[np.bool_] = 2 * n_wordless > np.bincount(groups, n_messages)
    return mostly


def find_courtesy(corpus: Corpus, seeds: CourtesyClassifier | None) -> NDArray[np.bool_]:
    """Say which texts are courtesy alone: bool (n,); none without a classifier."""
    if seeds is None:
        return np.zeros(len(corpus.texts), dtype=np.bool_)
    return seeds.find(corpus.texts, corpus.vectors)


def _repeated_texts(corpus: Corpus) -> NDArray[np.bool_]:
    """Say which texts are themselves short and repeated, by the limits of `_filler_groups`: bool (n,)."""
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    is_repeated: NDArray[np.bool_] = (lengths <= _HYSTERESIS * _SHORT * np.median(lengths)) & (corpus.n_messages > 1)
    return is_repeated


def _filler_groups(
    corpus: Corpus,
    groups: NDArray[np.int64],
    was_filler: NDArray[np.bool_],
    is_courtesy: NDArray[np.bool_],
    seeds: CourtesyClassifier | None = None,
) -> NDArray[np.bool_]:
    """Say which groups are filler: short and repeated, relative to the corpus, and nearer to courtesy than to requests.

    All three are needed: a short text said once may be an order for tea, a long one said often is a popular question,
    and `cancel` is short and said often among long messages, but a request. Courtesy does not count for its group.

    Args:
        corpus: n texts.
        groups: int64 (n,), 0, 1, …
        was_filler: bool (n,), texts that were filler at the last fit.
        is_courtesy: bool (n,), texts that are filler by themselves.
        seeds: recognises requests; without it none is known.

    Returns:
        bool (number of groups,).
    """
    margin = np.full(len(corpus.texts), np.inf) if seeds is None else seeds.margins(corpus.vectors)
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    usual_length = np.median(lengths)
    usual_repetition = corpus.n_messages.mean()
    verdicts = np.zeros(int(groups.max()) + 1, dtype=np.bool_)
    for group in range(len(verdicts)):
        rows = (groups == group) & ~is_courtesy
        if not rows.any():
            continue
        said = corpus.n_messages[rows]
        hysteresis = _HYSTERESIS if 2 * was_filler[rows].sum() > len(said) else 1.0
        verdicts[group] = (
            hysteresis * said.mean() >= _REPEATED * usual_repetition
            and _weighted_median(lengths[rows], said) <= hysteresis * _SHORT * usual_length
            and np.average(margin[rows], weights=said) >= _MIN_MARGIN
        )
    return verdicts


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _outlier_threshold(neighbours: Neighbours) -> float:
    """Return the nearest-neighbour similarity below which a text of this corpus is an outlier; -1 for a single text."""
    if not neighbours.rows.size:
        return -1.0
    similarities = neighbours.similarities[:, 0]
    median = np.median(similarities)
    deviation = 1.4826 * np.median(np.abs(similarities - median))  # 1.4826 makes it a standard deviation for a normal
    return float(np.clip(median - _OUTLIER_DEVIATIONS * deviation, _MIN_THRESHOLD, 2 * _MIN_THRESHOLD))


def _find_outliers(neighbours: Neighbours, threshold: float) -> NDArray[np.bool_]:
    """Find texts whose nearest neighbour is much farther away than usual in this corpus.

    Returns:
        bool (n,).
    """
    outliers: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] < threshold, axis=1)
    return outliers


def _has_near_duplicate(neighbours: Neighbours) -> NDArray[np.bool_]:
    """Find texts with a near duplicate: bool (n,)."""
    near_duplicate: NDArray[np.bool_] = np.any(neighbours.similarities[:, :1] >= _NEAR_DUPLICATE, axis=1)
    return near_duplicate


def _supported_groups(
    groups: NDArray[np.int64], counted: NDArray[np.bool_], n_messages: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Find the groups (0, 1, …) that are large enough for a topic.

    Args:
        groups: int64 (n,).
        counted: bool (n,), texts that count for their group.
        n_messages: int64 (n,).

    Returns:
        bool (number of groups,).
    """
    each = np.where(counted, np.minimum(n_messages, _MIN_SUPPORT), 0)
    support = np.bincount(groups, weights=each, minlength=int(groups.max()) + 1)
    enough: NDArray[np.bool_] = support >= _MIN_SUPPORT
    return enough


def cap_noise(
    groups: NDArray[np.int64], is_noise_allowed: NDArray[np.bool_], neighbours: Neighbours, max_noise_share: float
) -> NDArray[np.int64]:
    """Cap the share of noise: surplus texts join the group that their neighbours vote for, the nearest texts first.

    Args:
        groups: int64 (n,), `NO_GROUP` for none.
        is_noise_allowed: bool (n,), whether a text without a group counts as noise; if not, it stays as it is.
        neighbours: of the n texts.
        max_noise_share: of the texts, 0 to 1. Texts without a neighbour in a group stay noise even beyond it.

    Returns:
        int64 (n,).
    """
    placed = groups.copy()
    while True:
        noise = np.flatnonzero((placed == NO_GROUP) & is_noise_allowed)
        surplus = len(noise) - int(max_noise_share * len(groups))
        voted = majority_vote(neighbours, placed)[noise]
        similarities = np.where(voted == NO_GROUP, -np.inf, neighbours.similarities[noise].max(axis=1, initial=-np.inf))
        nearest = np.argsort(-similarities, kind="stable")[: max(surplus, 0)]
        nearest = nearest[voted[nearest] != NO_GROUP]
        if not len(nearest):
            return placed
        placed[noise[nearest]] = voted[nearest]
