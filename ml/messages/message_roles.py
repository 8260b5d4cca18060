"""Which topics state a want of their own, and which only answer, choose or add: a message of these continues a step.

Two things must speak for it, since either alone is wrong too often. Conversations hardly ever begin with the topic,
which is true of "talk to a human" as well; and its messages read like answers, which is true of "salads" in a
restaurant as well. What was tried, and where it fails, stands in docs/journeys.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from ml.phrases.want_phrases import DETAILS, WANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder

Role = Literal["opens", "continues"]

_LIMITS: Final = ((0.08, 0.4), (0.15, 0.5), (0.3, 0.7))
"""A topic continues if, for one of these pairs, it opens sessions at most so often, where 1 is what chance would give,
and its messages state no want with at least so high a mean probability: the oftener it opens, the surer they must be.
"""
_PRIOR: Final = 0.5
"""Sessions added to those that a topic opened and to those that chance would let it open: few tell little."""
_LENIENCE: Final = 1.25
"""A topic that continued goes on while it misses a limit by no more than this factor: a role must not flap."""
_REGULARISATION: Final = 10.0
"""Of the classifier, as scikit-learn's `C`: the best of 0.1 to 1,000 on seeds left out, within the error."""


class WantSeeds:
    """A classifier of messages: do they state a want? Trained on seeds, embedded by the model of the messages.

    It is logistic regression (scikit-learn's) in the space of the embedder, so seeds of any language serve all that
    the embedder knows.

    Args:
        embedder: of the messages' vectors.

    Raises:
        EmbedderUnavailableError: the embedder cannot be used at all.
        EmbeddingFailedError: it gave no vectors for the seeds.
    """

    def __init__(self, embedder: Embedder) -> None:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # a second to import

        states_want = np.repeat([1, 0], [len(WANTS), len(DETAILS)])
        classifier = LogisticRegression(C=_REGULARISATION, max_iter=1_000)
        classifier.fit(embedder.embed([*WANTS, *DETAILS]), states_want)
        self._weights = classifier.coef_[0].astype(np.float32)
        self._bias = float(classifier.intercept_[0])

    def probability(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability that messages state a want: float64 (n,), 0 to 1, of float32 (n, d) unit rows."""
        log_odds = (vectors @ self._weights).astype(np.float64) + self._bias
        probability: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-log_odds))
        return probability


@dataclass(frozen=True)
class TopicUse:
    """How the topics of one field are used in its sessions.

    Attributes:
        n_sessions: int64 (topics,), sessions that hold a message of the topic.
        n_opened: int64 (topics,), sessions whose first message with any topic has this one.
        want: float64 (topics,), mean probability that a message of the topic states a want (`WantSeeds`).
    """

    n_sessions: NDArray[np.int64]
    n_opened: NDArray[np.int64]
    want: NDArray[np.float64]

    @property
    def n_expected(self) -> NDArray[np.float64]:
        """Sessions that each topic would open by chance: float64 (topics,).

        A session counts once for a topic, however often it says it: sessions, not messages, are independent.
        """
        expected: NDArray[np.float64] = self.n_sessions * (self.n_opened.sum() / max(1, self.n_sessions.sum()))
        return expected

    @property
    def opening_ratio(self) -> NDArray[np.float64]:
        """How often each topic opens sessions, where 1 is what chance would give: float64 (topics,).

        It is the mean of a Poisson rate with the prior Gamma(0.5, 0.5), so few sessions leave it near 1: a topic that
        opens none is at the limit once chance would let it open three, which happens to 1 in 20 by chance.
        """
        ratio: NDArray[np.float64] = (self.n_opened + _PRIOR) / (self.n_expected + _PRIOR)
        return ratio


def find_continuing(use: TopicUse, continued: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which topics continue what was begun before them.

    Where each session has one message every topic's ratio is 1, so none continues.

    Args:
        use: of the topics.
        continued: bool (topics,), those that did at the last look.

    Returns:
        bool (topics,).
    """
    lenience = np.where(continued, _LENIENCE, 1.0)
    found = np.zeros(len(use.want), dtype=np.bool_)
    for max_opening_ratio, min_detail in _LIMITS:
        seldom_opens = use.opening_ratio <= lenience * max_opening_ratio
        found |= seldom_opens & (lenience * (1.0 - use.want) >= min_detail)
    return found


def role_of_messages(topics: Iterable[str | None], continuing: frozenset[str]) -> list[Role | None]:
    """The role of each message of one session, in order: the first with a topic opens, whatever its topic.

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


def measure_use(sessions: Iterable[Sequence[str]], topic_ids: Sequence[str], want: NDArray[np.float64]) -> TopicUse:
    """Count how topics are used.

    Args:
        sessions: topics of each session's messages, in order of time, messages without one left out.
        topic_ids: all topics that occur.
        want: of these, see `TopicUse`.
    """
    place = {topic_id: number for number, topic_id in enumerate(topic_ids)}
    n_sessions, n_opened = (np.zeros(len(topic_ids), dtype=np.int64) for _ in range(2))
    for topics in sessions:
        if topics:
            n_opened[place[topics[0]]] += 1
            n_sessions[[place[topic] for topic in set(topics)]] += 1
    return TopicUse(n_sessions, n_opened, want)
