"""Vectors of seeds are computed once for a model and a list of texts, and are those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.messages.courtesy import CourtesyClassifier
from ml.messages.kept_vectors import KeptVectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray

    from ml.embedding.minilm_embedder import MiniLMEmbedder


def test_embed_the_same_list_again_reads_what_was_kept_unless_it_is_damaged(
    tmp_path: Path, local_embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Sequence[str]] = []
    embed = local_embedder.embed

    def count(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.append(texts)
        return embed(texts)

    monkeypatch.setattr(local_embedder, "embed", count)
    first = KeptVectors(local_embedder, tmp_path / "models").embed(["refund", "thanks"])
    again = KeptVectors(local_embedder, tmp_path / "models").embed(["refund", "thanks"])
    np.testing.assert_array_equal(first, again)
    assert len(asked) == 1
    KeptVectors(local_embedder, tmp_path / "models").embed(["thanks", "refund"])
    assert len(asked) == 2
    for kept in (tmp_path / "models").iterdir():
        kept.write_bytes(kept.read_bytes()[:-4])
    np.testing.assert_array_equal(KeptVectors(local_embedder, tmp_path / "models").embed(["refund", "thanks"]), first)
    assert len(asked) == 3


def test_courtesy_seeds_of_kept_vectors_judge_as_those_of_the_model(tmp_path: Path, local_embedder: MiniLMEmbedder):
    messages = ["thank you so much", "where is my refund?", "bye then", "Spanish"]
    vectors = local_embedder.embed(messages)
    CourtesyClassifier(KeptVectors(local_embedder, tmp_path))
    kept, fresh = CourtesyClassifier(KeptVectors(local_embedder, tmp_path)), CourtesyClassifier(local_embedder)
    np.testing.assert_array_equal(kept.margins(vectors), fresh.margins(vectors))
    np.testing.assert_array_equal(kept.find(messages, vectors), fresh.find(messages, vectors))
