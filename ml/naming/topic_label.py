"""The input and output of labellers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

LabelSource = Literal["llm", "messages", "keyphrases"]
"""Source of a name; `keyphrases` marks names from before version 2, which the next run replaces."""


MAX_LABEL_CHARACTERS: Final = 60


@dataclass(frozen=True)
class TopicTexts:
    """The texts of one topic.

    Attributes:
        topic_id: the topic.
        texts: examples, the most typical first and unlike one another, about 20 at most.
        all_texts: every distinct text.
        n_messages: how often each of `all_texts` was said.
        centre: float32 (d,), mean of the texts' unit vectors; None without vectors.
        parts: for an area, the names of its topics, the largest first; else empty.
        vectors: float32 (n, d), unit rows of `all_texts`; None without vectors.
        users: for each of `all_texts` up to three of the users who said it; None if unknown.
        noun: what descriptions call the texts, in the plural.
    """

    topic_id: str
    texts: list[str]
    all_texts: list[str]
    n_messages: list[int]
    centre: NDArray[np.float32] | None = field(default=None, compare=False)
    parts: tuple[str, ...] = ()
    vectors: NDArray[np.float32] | None = field(default=None, compare=False)
    users: Sequence[Sequence[str]] | None = None
    noun: str = "messages"


@dataclass(frozen=True)
class TopicLabel:
    """The name of one topic.

    Attributes:
        topic_id: the topic.
        label: at most `MAX_LABEL_CHARACTERS`, different from its siblings'.
        description: one sentence about what is inside.
        keywords: words and phrases that set it apart, strongest first.
        source: source of label and description; keywords always come from the topic's texts.
        coverage: share of the topic's messages that are close to the label in meaning, 0 to 1, or None.
        is_mixed: whether the topic holds several subjects, none of which names it.
    """

    topic_id: str
    label: str
    description: str
    keywords: list[str]
    source: LabelSource
    coverage: float | None = None
    is_mixed: bool = False


class Labeller(Protocol):
    """Names topics."""

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name sibling topics.

        Args:
            topics: the topics to name; they are compared to find what sets each apart.
            taken: names of other topics, which none of these may get, compared regardless of case.
            siblings: topics with names, for comparison.

        Returns:
            One label for each topic, in the same order, no two alike.
        """
        ...
