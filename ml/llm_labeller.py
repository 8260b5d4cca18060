"""Names from a language model behind any OpenAI-compatible endpoint, with keyphrases wherever it fails."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from openai import APIConnectionError, APIStatusError, BadRequestError, OpenAI, OpenAIError

from ml.errors import LabelFailedError
from ml.naming_request import Name, build_messages, read_names
from ml.topic_label import TopicLabel, TopicTexts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

    from ml.topic_label import Labeller

_SIBLINGS_PER_CALL: Final = 15
_ROUNDS: Final = 2
"""The first asks for all names; the second once more for those that came back unusable or twice."""
_MAX_ANSWER_TOKENS: Final = 2_500

log = logging.getLogger(__name__)


class LlmLabeller:
    """Asks a model for names, siblings together so that it can tell them apart.

    It never fails for want of a model: topics without a usable name get the fallback's, whose `source` says so.
    E-mail addresses, numbers, keys and the like are masked before anything is sent.

    Args:
        client: knows address, key and number of retries.
        model: name of the model at the endpoint.
        fallback: names the rest, and gives every topic's keywords.
        timeout: seconds to wait for one answer.
    """

    def __init__(self, client: OpenAI, model: str, fallback: Labeller, timeout: float) -> None:
        self._client = client.with_options(timeout=timeout)
        self._model = model
        self._fallback = fallback
        self._takes_json_mode = True

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        """Name topics; see `Labeller.label`. Only the keyphrases compare with siblings: the model gets their names."""
        hints = self._fallback.label(topics, taken, siblings)
        names = self._collect_names(topics, hints, taken)
        used = [*taken, *(name.label for name in names.values())]
        rest = [place for place in range(len(topics)) if place not in names]
        if _collide((hints[place] for place in rest), used):
            # All topics again, not the rest alone: what sets a topic apart shows only beside its siblings.
            hints = self._fallback.label(topics, used, siblings)
        return [_as_label(hint, names[place]) if place in names else hint for place, hint in enumerate(hints)]

    def _collect_names(
        self, topics: Sequence[TopicTexts], hints: Sequence[TopicLabel], taken: Collection[str]
    ) -> dict[int, Name]:
        """Usable, distinct names by place; what is missing the model did not give."""
        names: dict[int, Name] = {}
        used = {name.casefold(): name for name in taken}
        try:
            for _ in range(_ROUNDS):
                open_places = [place for place in range(len(topics)) if place not in names]
                for start in range(0, len(open_places), _SIBLINGS_PER_CALL):
                    places = open_places[start : start + _SIBLINGS_PER_CALL]
                    asked = [topics[place] for place in places]
                    for row, name in self._ask(asked, [hints[place] for place in places], used.values()).items():
                        if name.label.casefold() not in used:
                            used[name.label.casefold()] = name.label
                            names[places[row]] = name
        except OpenAIError as error:  # After the client's own retries: the other chunks would fare no better.
            log.warning("The model that names topics cannot be used (%s); keyphrases stand in.", _reason(error))
        return names

    def _ask(
        self, topics: Sequence[TopicTexts], hints: Sequence[TopicLabel], taken: Collection[str]
    ) -> dict[int, Name]:
        """One call; an answer that cannot be read counts as no names.

        Raises:
            OpenAIError: the endpoint cannot be reached or refuses.
        """
        try:
            answer = self._complete(build_messages(topics, hints, taken))
            return read_names(_content(answer), len(topics))
        except (LabelFailedError, ValueError) as error:  # ValueError: the body itself was cut off or no JSON
            reason = str(error) if isinstance(error, LabelFailedError) else "The answer's body cannot be read."
            log.warning("The model that names topics gave no names for %d topics: %s", len(topics), reason)
            return {}

    def _complete(self, messages: list[ChatCompletionMessageParam]) -> ChatCompletion:
        create = self._client.chat.completions.create
        if self._takes_json_mode:
            try:
                return create(
                    model=self._model,
                    messages=messages,
                    max_tokens=_MAX_ANSWER_TOKENS,
                    temperature=0,
                    response_format={"type": "json_object"},
                )
            except BadRequestError:  # Not every server and model knows these options; the orders alone often do.
                self._takes_json_mode = False
        return create(model=self._model, messages=messages)


def _content(answer: ChatCompletion) -> str | None:
    choices = getattr(answer, "choices", None)
    message = choices[0].message if choices else None
    return message.content if message is not None else None


def _collide(hints: Iterable[TopicLabel], used: Collection[str]) -> bool:
    taken = {name.casefold() for name in used}
    return any(hint.label.casefold() in taken for hint in hints)


def _as_label(hint: TopicLabel, name: Name) -> TopicLabel:
    description = name.description or hint.description
    return TopicLabel(hint.topic_id, name.label, description, hint.keywords, "llm")


def _reason(error: OpenAIError) -> str:
    """What went wrong, without the endpoint's own words: they may quote the texts."""
    if isinstance(error, APIStatusError):
        return f"status {error.status_code}"
    return "no connection" if type(error) is APIConnectionError else type(error).__name__
