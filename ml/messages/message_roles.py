"""Decide which topics open a step of a journey, and which continue it because they only answer, choose or add.

Two signals must agree, since either alone is wrong too often. Conversations hardly ever begin with a continuing topic,
but the same is true of "talk to a human". Its messages read like answers, but so does "salads" in a restaurant.
docs/journeys.md has the alternatives, and where the rule fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from ml.kept_arrays import kept_arrays
from ml.phrases.request_phrases import DETAIL_PHRASES, REQUEST_PHRASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder

Role = Literal["opens", "continues"]

_LIMITS: Final = ((0.08, 0.4), (0.15, 0.5), (0.3, 0.7))
"""Pairs of a maximum opening ratio and a minimum mean probability of no request; a topic that is within one pair
continues. The more often a topic opens sessions, the surer its messages must be no requests.
"""
_PRIOR: Final = 0.5
"""Pseudo-count of sessions, added to the observed and to the expected number."""
_HYSTERESIS: Final = 1.25
"""A continuing topic keeps its role while it misses a limit by no more than this factor."""
_REGULARISATION: Final = 10.0
"""scikit-learn's `C`: the best of 0.1 to 1,000 on held-out seeds, within the error."""


class RequestClassifier:
    """Logistic regression on embeddings: does a message state a request? Trained on seed phrases.

    Seeds of one language serve all languages of the embedder.

    Args:
        embedder: of the messages' vectors.
        kept_in: folder that keeps the coefficients, so that they are fitted once; None to fit them each time.

    Raises:
        EmbedderUnavailableError: the embedder cannot be used at all.
        EmbeddingFailedError: it gave no vectors for the seeds.
    """

    def __init__(self, embedder: Embedder, kept_in: Path | None = None) -> None:
        seeds = [*REQUEST_PHRASES, *DETAIL_PHRASES]
        asked = "\0".join([embedder.model_id, str(_REGULARISATION), str(len(REQUEST_PHRASES)), *seeds])
        digest = blake2b(asked.encode(), digest_size=16).hexdigest()
        fitted = kept_arrays(kept_in and kept_in / f"requests-{digest}.npz", lambda: _fit(embedder.embed(seeds)))
        self._weights = fitted["weights"]
        self._bias = float(fitted["bias"])

    def probability(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability that messages state a request: float64 (n,), 0 to 1, of float32 (n, d) unit rows."""
        log_odds = (vectors @ self._weights).astype(np.float64) + self._bias
        probability: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-log_odds))
        return probability


def _fit(vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # a second to import

    is_request = np.repeat([1, 0], [len(REQUEST_PHRASES), len(DETAIL_PHRASES)])
    classifier = LogisticRegression(C=_REGULARISATION, max_iter=1_000).fit(vectors, is_request)
    return {"weights": classifier.coef_[0].astype(np.float32), "bias": classifier.intercept_[0]}


@dataclass(frozen=True)
class TopicUsage:
    """How the sessions of one field use its topics.

    Attributes:
        n_sessions: int64 (topics,), sessions that hold a message of the topic.
        n_opened: int64 (topics,), sessions whose first message with any topic has this one.
        request_probability: float64 (topics,), mean probability that a message of the topic states a request.
    """

    n_sessions: NDArray[np.int64]
    n_opened: NDArray[np.int64]
    request_probability: NDArray[np.float64]

    @property
    def n_expected(self) -> NDArray[np.float64]:
        """The number of sessions that each topic would open by chance: float64 (topics,).

        A session counts once for a topic, however many messages it has: sessions, not messages, are independent.
        """
        expected: NDArray[np.float64] = self.n_sessions * (self.n_opened.sum() / max(1, self.n_sessions.sum()))
        return expected

    @property
    def opening_ratio(self) -> NDArray[np.float64]:
        """The ratio of opened to expected sessions, 1 by chance: float64 (topics,).

        It is the posterior mean of a Poisson rate with the prior Gamma(0.5, 0.5), so few sessions leave it near 1. A
        topic that opens no session reaches the limit once three are expected, which happens to 1 in 20 by chance.
        """
        ratio: NDArray[np.float64] = (self.n_opened + _PRIOR) / (self.n_expected + _PRIOR)
        return ratio


def find_continuing(use: TopicUsage, continued: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which topics continue a step.

    If each session has one message, every topic's ratio is 1, so none continues.

    Args:
        use: of the topics.
        continued: bool (topics,), topics that continued before.

    Returns:
        bool (topics,).
    """
    hysteresis = np.where(continued, _HYSTERESIS, 1.0)
    found = np.zeros(len(use.request_probability), dtype=np.bool_)
    for max_opening_ratio, min_detail in _LIMITS:
        rarely_opens = use.opening_ratio <= hysteresis * max_opening_ratio
        found |= rarely_opens & (hysteresis * (1.0 - use.request_probability) >= min_detail)
    return found


def role_of_messages(topics: Iterable[str | None], continuing: frozenset[str]) -> list[Role | None]:
    """Return the role of each message of one session, in order. The first one with a topic opens a step.

    Args:
        topics: topic of each message, or None.
        continuing: topics that continue.

    Returns:
        One role per message; None for a message without a topic.
    """
    roles: list[Role | None] = []
    has_begun = False
    for topic in topics:
        roles.append(None if topic is None else "continues" if has_begun and topic in continuing else "opens")
        has_begun = has_begun or topic is not None
    return roles


def measure_usage(
    sessions: Iterable[Sequence[str]], topic_ids: Sequence[str], request_probability: NDArray[np.float64]
) -> TopicUsage:
    """Count how sessions use topics.

    Args:
        sessions: topics of each session's messages, in order of time, without messages that have none.
        topic_ids: all topics that occur.
        request_probability: of these, see `TopicUsage`.
    """
    place = {topic_id: number for number, topic_id in enumerate(topic_ids)}
    n_sessions, n_opened = (np.zeros(len(topic_ids), dtype=np.int64) for _ in range(2))
    for topics in sessions:
        if topics:
            n_opened[place[topics[0]]] += 1
            n_sessions[[place[topic] for topic in set(topics)]] += 1
    return TopicUsage(n_sessions, n_opened, request_probability)
