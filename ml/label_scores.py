"""How well a phrase names its topic: near its centre, far from its siblings', said often, and whole.

The nearness of a phrase to the centre is KeyBERT's idea (Grootendorst 2020); the contrast to the siblings, the
counting and the shape were added. What each part brings stands in docs/topics.md.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.errors import MlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedders import Embedder
    from ml.label_candidates import Candidate

MAX_CANDIDATES: Final = 40
"""Phrases of one topic that are embedded: bounds the cost."""
_CONTRAST: Final = 1.5
_COVERAGE: Final = 0.01
_TOGETHER: Final = 0.02
_BARE_VERB: Final = 0.08
_WHOLENESS: Final = 0.1
_NOUN: Final = 0.1
_STRENGTH: Final = 0.2
_STRENGTH_ALONE: Final = 0.3
"""The same where no vectors tell what a phrase means."""
_RARE: Final = 0.02

log = logging.getLogger(__name__)

Scored = tuple[float, "Candidate"]


def score_candidates(
    candidates: Sequence[Sequence[Candidate]],
    centres: Sequence[NDArray[np.float32] | None],
    embedder: Embedder | None,
) -> list[list[Scored]]:
    """Score the most promising candidates of each topic, best first; topics are siblings.

    Args:
        candidates: for each topic that wants a name its phrases.
        centres: for each of these topics, and then for topics to compare with, the mean of its texts' vectors, of the
            same embedder.
        embedder: None chooses by counting alone, and so does one that fails.
    """
    counted = [_best_first([(_count_score(phrase, _STRENGTH_ALONE), phrase) for phrase in few]) for few in candidates]
    counted = [scored[:MAX_CANDIDATES] for scored in counted]
    known = [centre for centre in centres if centre is not None]
    if embedder is None or not known or len(known) < len(centres):
        return counted
    try:
        return _score_by_meaning(counted, _unit(np.stack(known)), embedder)
    except MlError as error:  # A name chosen by counting is better than none.
        log.warning("Names are chosen without the embedder: %s", error)
        return counted


def _score_by_meaning(
    counted: list[list[Scored]], centres: NDArray[np.float32], embedder: Embedder
) -> list[list[Scored]]:
    surfaces = sorted({phrase.surface for scored in counted for _, phrase in scored})
    row = {surface: place for place, surface in enumerate(surfaces)}
    nearness = embedder.embed(surfaces) @ centres.T if surfaces else np.empty((0, len(centres)))
    return [
        _best_first(
            [
                (_count_score(phrase, _STRENGTH) + _meaning_score(nearness[row[phrase.surface]], topic), phrase)
                for _, phrase in scored
            ]
        )
        for topic, scored in enumerate(counted)
    ]


def _meaning_score(nearness: NDArray[np.float32], topic: int) -> float:
    """Nearness to the topic's centre, and how much nearer that is than any sibling's."""
    others = np.delete(nearness, topic)
    contrast = float(nearness[topic] - others.max()) if len(others) else 0.0
    return float(nearness[topic]) + _CONTRAST * contrast


def _count_score(phrase: Candidate, strength: float) -> float:
    return (
        _COVERAGE * math.log(phrase.coverage + _RARE)
        + _TOGETHER * math.log(phrase.together + _RARE)
        - _BARE_VERB * phrase.n_bare_verbs
        + _WHOLENESS * math.log(phrase.wholeness)
        + _NOUN * phrase.noun_share
        + strength * phrase.strength
    )


def _best_first(scored: list[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda item: (-round(item[0], 5), item[1].key))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
