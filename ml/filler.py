"""What carries no topic of its own ("ok", "thanks", "2"): found by how it is said, not by a list of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.corpus import Corpus

_REPEATED: Final = 1.25
"""A group is said over and over if its texts recur this many times as often as the corpus's texts do on average."""
_SHORT: Final = 0.7
"""A group is short if its typical message has at most this share of the characters of a typical distinct text."""
_LENIENCE: Final = 1.25
"""What was filler before stays it while it misses either by no more than this factor: a verdict must not flap."""


def wordless(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Say which texts hold no letter of any script: numbers, signs, emoji. They answer something, and raise nothing.

    Returns:
        bool (n,).
    """
    return np.array([not any(character.isalpha() for character in text) for text in texts], dtype=np.bool_)


def wordless_groups(corpus: Corpus, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which groups are mostly wordless; what has a word there is more of the same ("phone 030 123456").

    Args:
        corpus: n texts.
        groups: int64 (n,), 0, 1, …

    Returns:
        bool (number of groups,).
    """
    n_wordless = np.bincount(groups, corpus.n_messages * wordless(corpus.texts))
    mostly: NDArray[np.bool_] = 2 * n_wordless > np.bincount(groups, corpus.n_messages)
    return mostly


def filler_groups(corpus: Corpus, groups: NDArray[np.int64], was_filler: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Judge each group: filler is both short and said over and over, by the corpus's own measure.

    Both are needed: a short text said once is an order for tea, a long one said often is a popular question.

    Args:
        corpus: n texts.
        groups: int64 (n,), 0, 1, …
        was_filler: bool (n,), texts that were filler at the last fit.

    Returns:
        bool (number of groups,).
    """
    lengths = np.array([len(text.strip()) for text in corpus.texts], dtype=np.float64)
    usual_length = np.median(lengths)
    usual_repetition = corpus.n_messages.mean()
    verdicts = np.zeros(int(groups.max()) + 1, dtype=np.bool_)
    for group in range(len(verdicts)):
        said = corpus.n_messages[groups == group]
        length = _weighted_median(lengths[groups == group], said)
        lenience = _LENIENCE if 2 * was_filler[groups == group].sum() > len(said) else 1.0
        verdicts[group] = (
            lenience * said.mean() >= _REPEATED * usual_repetition and length <= lenience * _SHORT * usual_length
        )
    return verdicts


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
