"""Find filler, which has no topic of its own ("ok", "thanks", "2"): by courtesy, and by length and repetition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesyClassifier

_REPEATED: Final = 1.25
"""A group is repeated if its texts recur this many times as often as the texts of the corpus on average."""
_SHORT: Final = 0.7
"""A group is short if its median message has at most this share of the characters of the median distinct text."""
_MIN_MARGIN: Final = 0.2
"""Mean margin between courtesy and requests that a filler group needs: `soda` and `login`, said often, have less."""
_HYSTERESIS: Final = 1.25
"""Filler stays filler while it misses a limit by no more than this factor."""


def wordless(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts hold no letter of any script: numbers, punctuation, emoji.

    Returns:
        bool (n,).
    """
    return np.array([not any(character.isalpha() for character in text) for text in texts], dtype=np.bool_)


def empty_texts(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts are empty without their boilerplate: bool (n,)."""
    return np.array([not text for text in texts], dtype=np.bool_)


def wordless_groups(corpus: Corpus, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
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
        return np.zeros(len(corpus), dtype=np.bool_)
    return seeds.find(corpus.texts, corpus.vectors)


def repeated_texts(corpus: Corpus) -> NDArray[np.bool_]:
    """Say which texts are themselves short and repeated, by the limits of `filler_groups`: bool (n,)."""
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    is_repeated: NDArray[np.bool_] = (lengths <= _HYSTERESIS * _SHORT * np.median(lengths)) & (corpus.n_messages > 1)
    return is_repeated


def filler_groups(
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
    margin = np.full(len(corpus), np.inf) if seeds is None else seeds.margins(corpus.vectors)
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
