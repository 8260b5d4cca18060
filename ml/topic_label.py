"""A topic as a labeller sees it, and what a labeller gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

LabelSource = Literal["llm", "keyphrases"]


@dataclass(frozen=True)
class TopicTexts:
    """The texts of one topic.

    Attributes:
        topic_id: the topic.
        texts: examples, the most typical first and unlike one another, about 20 at most.
        all_texts: every distinct text.
        n_messages: how often each of `all_texts` was said.
        centre: float32 (d,), mean of the texts' unit vectors; None where no vectors are at hand.
        parts: names of the topics inside, the largest first, where this is an area over topics; else empty.
    """

    topic_id: str
    texts: list[str]
    all_texts: list[str]
    n_messages: list[int]
    centre: NDArray[np.float32] | None = field(default=None, compare=False)
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class TopicLabel:
    """The name of one topic.

    Attributes:
        topic_id: the topic.
        label: two to five words, different from its siblings'.
        description: one sentence about what is inside.
        keywords: words and phrases that set it apart, strongest first.
        source: who made label and description; keywords are always the topic's own.
    """

    topic_id: str
    label: str
    description: str
    keywords: list[str]
    source: LabelSource


class Labeller(Protocol):
    """Names topics."""

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics that stand beside one another.

        Args:
            topics: those to name; what sets them apart is found by comparing them.
            taken: names that other topics have and none of these may get, compared without regard to case.
            siblings: topics that have their names already, to compare with.

        Returns:
            One label for each topic, in the same order, no two alike.
        """
        ...
