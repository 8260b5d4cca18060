"""Name topics by a language model behind any OpenAI-compatible endpoint, falling back to names from messages."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ml.errors import LabelFailedError, ModelGaveUpError
from ml.naming.naming_prompt import Name, build_messages, read_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ml.llm.chat_model import ChatModel
    from ml.naming.topic_label import Labeller, TopicLabel, TopicTexts

SIBLINGS_PER_CALL = (15, 5)
"""Topics of one request, in the first round and in the second, which repeats unusable names."""

log = logging.getLogger(__name__)


class LlmLabeller:
    """Asks a model for names, siblings together so that it can tell them apart.

    It never fails: topics without a usable name get the fallback's, whose `source` says so. E-mail addresses, numbers,
    keys and the like are masked before they are sent.

    Args:
        model: answers requests, within its budget.
        fallback: names the rest, and gives every topic's keywords.
    """

    def __init__(self, model: ChatModel, fallback: Labeller) -> None:
        self._model = model
        self._fallback = fallback

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Only the fallback compares with siblings: the model gets their names."""
        hints = self._fallback.label(topics, taken, siblings)
        names = self._collect_names(topics, hints, taken)
        used = [*taken, *(name.label for name in names.values())]
        rest = [place for place in range(len(topics)) if place not in names]
        if _collide((hints[place] for place in rest), used):
            # All topics again, not only the rest: what distinguishes a topic shows only beside its siblings.
            hints = self._fallback.label(topics, used, siblings)
        return [_as_label(hint, names[place]) if place in names else hint for place, hint in enumerate(hints)]

    def _collect_names(
        self, topics: Sequence[TopicTexts], hints: Sequence[TopicLabel], taken: Collection[str]
    ) -> dict[int, Name]:
        """Return the usable, distinct names by topic index."""
        names: dict[int, Name] = {}
        used = {name.casefold(): name for name in taken}
        try:
            for size in SIBLINGS_PER_CALL:
                for places in _chunks([place for place in range(len(topics)) if place not in names], size):
                    asked = [topics[place] for place in places]
                    for row, name in self._ask(asked, [hints[place] for place in places], used.values()).items():
                        if name.label.casefold() not in used:
                            used[name.label.casefold()] = name.label
                            names[places[row]] = name
        except ModelGaveUpError as error:
            log.warning("%d of %d topics are named by their messages: %s", len(topics) - len(names), len(topics), error)
        return names

    def _ask(
        self, topics: Sequence[TopicTexts], hints: Sequence[TopicLabel], taken: Collection[str]
    ) -> dict[int, Name]:
        """Send one request; an unreadable answer gives no names.

        Raises:
            ModelGaveUpError: the model cannot be used in this run.
        """
        messages = build_messages(topics, hints, taken)
        try:
            answer = self._model.answer(messages)
            names = read_names(answer, len(topics))
        except LabelFailedError as error:
            log.warning("The model that names topics gave no names for %d topics: %s", len(topics), error)
            return {}
        if names:
            self._model.keep(messages, answer)
        return names


def _chunks(places: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _collide(hints: Iterable[TopicLabel], used: Collection[str]) -> bool:
    taken = {name.casefold() for name in used}
    return any(hint.label.casefold() in taken for hint in hints)


def _as_label(hint: TopicLabel, name: Name) -> TopicLabel:
    description = name.description or hint.description
    return replace(hint, label=name.label, description=description, source="llm", coverage=None)
