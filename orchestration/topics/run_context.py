"""What holds for every field whose topics one pipeline run finds and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ml.topic_model import FitLimits

if TYPE_CHECKING:
    from ml.messages.courtesy import CourtesyClassifier


@dataclass(frozen=True)
class TopicRun:
    """What holds for every field of one run.

    Args:
        run_id: The run; lineage is recorded under it.
        model_id: Embedding model whose vectors are used.
        seed: Of everything random.
        uses_llm: Whether a model is there that may better names made of messages.
        limits: How many texts may be noise, and how many may change topic in a refit.
        seeds: Tell courtesy, in the space of the vectors; None where no embedder of that space is at hand.
        pinned: Topics, of any field, that neither die nor merge in a refit.
    """

    run_id: str
    model_id: str
    seed: int
    uses_llm: bool
    limits: FitLimits = field(default_factory=FitLimits)
    seeds: CourtesyClassifier | None = None
    pinned: frozenset[str] = frozenset()
