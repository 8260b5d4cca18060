"""The labeller that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ml.llm.budget import Budget
from ml.naming.llm_labeller import LlmLabeller
from ml.naming.message_labeller import MessageLabeller
from ml.naming.topic_label import Labeller, LabelSource, TopicLabel, TopicTexts

if TYPE_CHECKING:
    from contracts.settings import Settings
    from ml.embedding.embedders import Embedder
    from ml.llm.response_cache import ResponseCache

__all__ = [
    "LabelSource",
    "Labeller",
    "LlmLabeller",
    "MessageLabeller",
    "TopicLabel",
    "TopicTexts",
    "make_budget",
    "make_labeller",
]

_MAX_RETRIES: Final = 2
_TIMEOUT_S: Final = 30.0
"""Timeout of one request."""


def make_budget(settings: Settings) -> Budget:
    """Make the budget of one run for the model that names topics."""
    return Budget(settings.llm_max_calls, settings.llm_max_tokens)


def make_labeller(
    settings: Settings,
    embedder: Embedder | None = None,
    budget: Budget | None = None,
    cache: ResponseCache | None = None,
) -> Labeller:
    """Build the labeller that the settings name: a model if an address or a key is set, else names from messages.

    Args:
        settings: name the model, if any.
        embedder: the one that embedded the topics; without it names are chosen by counting words.
        budget: of this run; by default a new one from the settings.
        cache: keeps the model's answers; by default as long as the labeller lives.
    """
    by_messages = MessageLabeller(embedder)
    if not settings.has_llm:
        return by_messages
    from ml.llm.chat_model import ChatModel  # noqa: PLC0415  # openai takes half a second to import
    from ml.llm.openai_client import make_client  # noqa: PLC0415  # the same

    key = settings.llm_api_key.get_secret_value()
    client = make_client(settings.llm_base_url, key, _TIMEOUT_S, _MAX_RETRIES)
    model = ChatModel(client, settings.llm_model, budget or make_budget(settings), cache)
    return LlmLabeller(model, by_messages)
