"""The context that all fields of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ml.topic_model import FitLimits

if TYPE_CHECKING:
    from ml.messages.courtesy import CourtesyClassifier
    from orchestration.spark.session import SparkRun


@dataclass(frozen=True)
class TopicRun:
    """The context of a run for the topics of all fields.

    Args:
        run_id: the run, under which lineage is recorded.
        model_id: embedding model whose vectors are used.
        seed: random seed.
        uses_llm: whether a language model may improve names.
        limits: maximum share of noise, and of texts that may change topic in a refit.
        seeds: vectors that detect courtesy, in the current space; None without an embedder of that space.
        pinned: topics of any field that neither die nor merge in a refit.
        spark: Spark, if it is the engine: it compares many new texts with the old ones.
    """

    run_id: str
    model_id: str
    seed: int
    uses_llm: bool
    limits: FitLimits = field(default_factory=FitLimits)
    seeds: CourtesyClassifier | None = None
    pinned: frozenset[str] = frozenset()
    spark: SparkRun | None = None
