"""What carries no topic of its own ("ok", "thanks", "2"): found by seeds of courtesy, and by how it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.messages.courtesy import CourtesySeeds

_REPEATED: Final = 1.25
"""A group is said over and over if its texts recur this many times as often as the corpus's texts do on average."""
_SHORT: Final = 0.7
"""A group is short if its typical message has at most this share of the characters of a typical distinct text."""
_MIN_LEAN: Final = 0.2
"""A group must lean so far from requests to courtesy (`CourtesySeeds.lean`): `soda` and `login`, said often, do not."""
_LENIENCE: Final = 1.25
"""What was filler before stays it while it misses either by no more than this factor: a verdict must not flap."""


def wordless(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts hold no letter of any script: numbers, signs, emoji. They answer something, and raise nothing.

    Returns:
        bool (n,).
    """
    return np.array([not any(character.isalpha() for character in text) for text in texts], dtype=np.bool_)


def empty_texts(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts are empty: nothing was left of them without what nearly all texts share: bool (n,)."""
    return np.array([not text for text in texts], dtype=np.bool_)


def wordless_groups(corpus: Corpus, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which groups are mostly wordless; what has a word there is more of the same ("phone 030 123456").

    Empty texts say nothing of their group.

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


def find_courtesy(corpus: Corpus, seeds: CourtesySeeds | None) -> NDArray[np.bool_]:
    """Say which texts are polite, agree or decline, and say nothing else: bool (n,); none without seeds."""
    if seeds is None:
        return np.zeros(len(corpus), dtype=np.bool_)
    return seeds.find(corpus.texts, corpus.vectors)


def repeated_texts(corpus: Corpus) -> NDArray[np.bool_]:
    """Say which texts are themselves short and said more than once, by the measure of `filler_groups`: bool (n,)."""
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    is_repeated: NDArray[np.bool_] = (lengths <= _LENIENCE * _SHORT * np.median(lengths)) & (corpus.n_messages > 1)
    return is_repeated


def filler_groups(
    corpus: Corpus,
    groups: NDArray[np.int64],
    was_filler: NDArray[np.bool_],
    is_courtesy: NDArray[np.bool_],
    seeds: CourtesySeeds | None = None,
) -> NDArray[np.bool_]:
    """Judge each group: filler is both short and said over and over, by the corpus's own measure, and wants nothing.

    All are needed: a short text said once is an order for tea, a long one said often is a popular question, and where
    other messages are long, `cancel` is short and said often, and yet a request. Courtesy does not speak for its group.

    Args:
        corpus: n texts.
        groups: int64 (n,), 0, 1, …
        was_filler: bool (n,), texts that were filler at the last fit.
        is_courtesy: bool (n,), texts that are filler by themselves.
        seeds: tell requests from the rest; without them nothing is known to be one.

    Returns:
        bool (number of groups,).
    """
    leaning = np.full(len(corpus), np.inf) if seeds is None else seeds.lean(corpus.vectors)
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    usual_length = np.median(lengths)
    usual_repetition = corpus.n_messages.mean()
    verdicts = np.zeros(int(groups.max()) + 1, dtype=np.bool_)
    for group in range(len(verdicts)):
        rows = (groups == group) & ~is_courtesy
        if not rows.any():
            continue
        said = corpus.n_messages[rows]
        lenience = _LENIENCE if 2 * was_filler[rows].sum() > len(said) else 1.0
        verdicts[group] = (
            lenience * said.mean() >= _REPEATED * usual_repetition
            and _weighted_median(lengths[rows], said) <= lenience * _SHORT * usual_length
            and np.average(leaning[rows], weights=said) >= _MIN_LEAN
        )
    return verdicts


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
